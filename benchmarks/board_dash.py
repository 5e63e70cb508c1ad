"""The customers board in Dash, in the style of its documentation: `board_dash.py SNAPSHOT PORT`."""

import sys

import dash_ag_grid as dag
import duckdb
import plotly.express as px
from dash import Dash, Input, Output, callback, dcc, html

snapshot, port = sys.argv[1:]
customers = (
    duckdb.connect(snapshot, read_only=True).sql("from customer_list select * exclude bought order by rank").df()
)
segments = customers.groupby("segment", as_index=False).size()

app = Dash(compress=True)
app.layout = html.Div(
    [
        html.H1("Customers"),
        html.Div(id="figures"),
        dcc.Dropdown(segments["segment"], id="segment", placeholder="All segments"),
        dcc.Graph(figure=px.pie(segments, names="segment", values="size")),
        dag.AgGrid(
            id="table", columnDefs=[{"field": name} for name in customers.columns if name not in ("rank", "reasons")]
        ),
    ]
)


@callback(Output("table", "rowData"), Output("figures", "children"), Input("segment", "value"))
def filter_rows(segment):
    rows = customers[customers["segment"] == segment] if segment else customers
    figures = (
        f"{len(rows):,} customers, {rows['monetary'].sum():,.0f} spent, {rows['expected_revenue'].sum():,.0f} expected"
    )
    return rows.to_dict("records"), figures


app.run(port=port)
