"""The customers board in Streamlit, in the style of its documentation: `streamlit run board_streamlit.py -- SNAPSHOT`."""

import sys

import duckdb
import plotly.express as px
import streamlit as st


@st.cache_data
def read_customers(snapshot):
    return duckdb.connect(snapshot, read_only=True).sql("from customer_list select * exclude bought order by rank").df()


customers = read_customers(sys.argv[1])
st.set_page_config(layout="wide")
st.title("Customers")
figures = st.columns(3)
segment = st.selectbox("Segment", customers["segment"].unique(), index=None, placeholder="All segments")
rows = customers[customers["segment"] == segment] if segment else customers
figures[0].metric("Customers", f"{len(rows):,}")
figures[1].metric("Spent", f"{rows['monetary'].sum():,.0f}")
figures[2].metric("Expected", f"{rows['expected_revenue'].sum():,.0f}")
st.plotly_chart(px.pie(customers.groupby("segment", as_index=False).size(), names="segment", values="size"))
st.dataframe(rows)
