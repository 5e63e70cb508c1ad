"""A package for SQL Server Integration Services that loads an exported CSV file into a table: file, staging table, merge procedure.

Generated and checked against the published format ([MS-DTSX2]); never executed by us. It holds no password, and the same columns
give the same file, byte by byte.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from foresell.errors import UsageError

NEVER_RUN = "Generated and checked against the published format; never executed by us."
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "ssis.foresell.example")
_DTS, _SQL_TASK = "www.microsoft.com/SqlServer/Dts", "www.microsoft.com/sqlserver/dts/tasks/sqltask"
#: Cells are text of this many characters in the staging table; SQL Server converts what the target wants otherwise.
CELL_LENGTH = 1_000
_MOST_COLUMNS, _LONGEST_NAME = 500, 100
_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_WSTR, _STRING = "130", "8"
_EMPTY_STAGING, _LOAD, _MERGE = "Empty staging table", "Load file", "Merge into table"
_FILE, _DATABASE = "Exported file", "Target database"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the rows go: schema.table, whose `key` columns identify a row, by the columns of the file in their order."""

    name: str  # of the package
    schema: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def staging(self) -> str:
        """The staging table, quoted."""
        return f"{quote(self.schema)}.{quote(f'{self.table}_staging')}"

    @property
    def procedure(self) -> str:
        """The merge procedure, quoted."""
        return f"{quote(self.schema)}.{quote(f'merge_{self.table}')}"


@dataclass
class Node:
    """An element of the package: attributes in order, then children or a text."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def walk(self) -> Iterator[Node]:
        """This element and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def write(self, indent: str = "") -> str:
        """As XML, one element a line."""
        attributes = "".join(f"\n{indent}  {name}={quoteattr(value)}" for name, value in self.attributes.items())
        if not self.children:
            return f"{indent}<{self.tag}{attributes}>{escape(self.text)}</{self.tag}>\n"
        return f"{indent}<{self.tag}{attributes}>\n{''.join(c.write(indent + '  ') for c in self.children)}{indent}</{self.tag}>\n"


def make_target(name: str, table: str, columns: Sequence[str], key: Sequence[str]) -> Target:
    """A target by its table (`schema.table`, or one in dbo). Raises UsageError naming what cannot be."""
    schema, _, plain = table.rpartition(".")
    if not _TABLE.fullmatch(plain) or not _TABLE.fullmatch(schema or "dbo"):
        raise UsageError(f"{table!r} cannot be the name of a table.", remedy="Give it as dbo.customers.")
    if not _TABLE.fullmatch(name.replace("-", "_").replace(" ", "_")):
        raise UsageError(f"{name!r} cannot be the name of a package.", remedy="Use letters, digits, _ and -.")
    doubled = [each for each, count in Counter(column.casefold() for column in columns).items() if count > 1]
    if not columns or len(columns) > _MOST_COLUMNS or doubled:
        why = f"two are named {doubled[0]!r}" if doubled else f"there are {len(columns)}"
        raise UsageError(f"The file's columns cannot be loaded: {why}.", remedy="Give each column a name of its own.")
    for column in columns:
        if not column.strip() or len(column) > _LONGEST_NAME or re.search(r"[\[\]\\\x00-\x1f]", column):
            raise UsageError(f"{column[:60]!r} cannot be the name of a column.", remedy="Rename it in the file.")
    if missing := [column for column in key if column not in columns]:
        raise UsageError(f"The file has no column {missing[0]!r}.", remedy=f"Its columns are {', '.join(columns)}.")
    if not key:
        raise UsageError("A key is missing.", remedy="Name the columns that identify a row: --key customer_id")
    return Target(name, schema or "dbo", plain, tuple(columns), tuple(dict.fromkeys(key)))


def build_package(target: Target) -> Node:
    """The package. Its file, server and database are parameters; it signs in to the database as the user who runs it."""
    tasks = [
        _sql_task(target, _EMPTY_STAGING, f"truncate table {target.staging};"),
        _data_flow(target),
        _sql_task(target, _MERGE, f"execute {target.procedure};"),
    ]
    order = [(_EMPTY_STAGING, _LOAD), (_LOAD, _MERGE)]
    return Node(
        "DTS:Executable",
        {
            "xmlns:DTS": _DTS,
            "DTS:refId": "Package",
            "DTS:CreationName": "Microsoft.Package",
            "DTS:Description": NEVER_RUN,
            "DTS:DTSID": make_guid(target, "package"),
            "DTS:ExecutableType": "Microsoft.Package",
            "DTS:LocaleID": "1033",
            "DTS:ObjectName": target.name,
            "DTS:PackageType": "5",
            "DTS:ProtectionLevel": "0",
            "DTS:VersionBuild": "1",
            "DTS:VersionGUID": make_guid(target, "version"),
        },
        [
            Node("DTS:Property", {"DTS:Name": "PackageFormatVersion"}, text="8"),
            Node("DTS:ConnectionManagers", {}, [_database_connection(target), _file_connection(target)]),
            Node("DTS:PackageParameters", {}, [_parameter(target, name, value) for name, value in PARAMETERS.items()]),
            Node("DTS:Variables"),
            Node("DTS:Executables", {}, tasks),
            Node("DTS:PrecedenceConstraints", {}, [_then(target, *each, number) for number, each in enumerate(order)]),
        ],
    )


#: The parameters of the package, and what they are until someone sets them.
PARAMETERS = {"FilePath": r"C:\foresell\export.csv", "Server": ".", "Database": "Sales"}


def write_package(root: Node) -> str:
    """The text of the .dtsx file."""
    return '<?xml version="1.0"?>\n' + root.write()


def write_sql(target: Target) -> str:
    """T-SQL for the staging table, the target table and the merge procedure, to be run once before the package is.

    Rows of the target that the file does not have are kept.
    """
    cells = [f"    {quote(column)} nvarchar({CELL_LENGTH}) null" for column in target.columns]
    keyed = [
        f"    {quote(column)} nvarchar({200 if column in target.key else CELL_LENGTH}) {'not null' if column in target.key else 'null'}"
        for column in target.columns
    ]
    table = f"{quote(target.schema)}.{quote(target.table)}"
    others = [column for column in target.columns if column not in target.key]
    on = " and ".join(f"t.{quote(column)} = s.{quote(column)}" for column in target.key)
    named = ", ".join(quote(column) for column in target.columns)
    staged = ", ".join(f"s.{quote(column)}" for column in target.columns)
    changed = (
        f"    when matched and exists (select {', '.join(f's.{quote(c)}' for c in others)}"
        f" except select {', '.join(f't.{quote(c)}' for c in others)})\n"
        f"        then update set {', '.join(f't.{quote(c)} = s.{quote(c)}' for c in others)}\n"
        if others
        else ""
    )
    return f"""-- Run once, before the package. {NEVER_RUN}
if object_id(N'{target.staging}') is null
create table {target.staging} (
{f",{chr(10)}".join(cells)}
);
go
if object_id(N'{table}') is null
create table {table} (
{f",{chr(10)}".join(keyed)},
    constraint {quote(f"pk_{target.table}")} primary key ({", ".join(map(quote, target.key))})
);
go
create or alter procedure {target.procedure} as
begin
    set nocount on;
    set xact_abort on;
    begin transaction;
    merge {table} with (holdlock) as t
    using {target.staging} as s on {on}
{changed}    when not matched by target
        then insert ({named}) values ({staged});
    commit transaction;
end;
go
"""


def check_package(root: Node) -> list[str]:
    """What is wrong with a package: ids that are not unique, and references that lead nowhere. Empty where nothing is."""
    nodes = list(root.walk())
    faults = [*_find_doubled(nodes, "refId"), *_find_doubled(nodes, "DTS:refId"), *_find_doubled(nodes, "DTS:DTSID")]
    columns = {node.attributes.get("lineageId", "") for node in nodes if node.tag == "outputColumn"}
    external = {node.attributes["refId"] for node in nodes if node.tag == "externalMetadataColumn"}
    connections = [node for node in nodes if node.tag == "DTS:ConnectionManager" and "DTS:refId" in node.attributes]
    guids = {node.attributes["DTS:DTSID"] for node in connections}
    references = {node.attributes["DTS:refId"] for node in connections}
    ends = {kind: {node.attributes["refId"] for node in nodes if node.tag == kind} for kind in ("input", "output")}
    executables = {node.attributes["DTS:refId"] for node in nodes if node.tag == "DTS:Executable"}
    wanted: list[tuple[str, str, set[str]]] = [
        ("inputColumn", "lineageId", columns),
        ("inputColumn", "externalMetadataColumnId", external),
        ("outputColumn", "externalMetadataColumnId", external),
        ("path", "startId", ends["output"]),
        ("path", "endId", ends["input"]),
        ("connection", "connectionManagerRefId", references),
        ("SQLTask:SqlTaskData", "SQLTask:Connection", guids),
        ("DTS:PrecedenceConstraint", "DTS:From", executables),
        ("DTS:PrecedenceConstraint", "DTS:To", executables),
    ]
    for tag, name, known in wanted:
        for node in nodes:
            value = node.attributes.get(name)
            needed = not (tag == "outputColumn" and "specialFlags" in node.attributes)
            if node.tag == tag and value not in known and (value is not None or needed):
                faults.append(f"{_name(node)}: {name} {value!r} leads nowhere")
    return faults + _find_types(nodes)


def make_guid(target: Target, what: str) -> str:
    """The GUID of a part of a package: always the same for the same name."""
    return f"{{{str(uuid.uuid5(_NAMESPACE, f'{target.name}/{target.schema}.{target.table}/{what}')).upper()}}}"


def quote(name: str) -> str:
    """A name as T-SQL writes it."""
    return "[" + name.replace("]", "]]") + "]"


def _find_doubled(nodes: Sequence[Node], name: str) -> list[str]:
    counts = Counter(node.attributes[name] for node in nodes if name in node.attributes)
    return [f"{name} {value!r} is there {count} times" for value, count in counts.items() if count > 1]


def _find_types(nodes: Sequence[Node]) -> list[str]:
    """Columns whose type or length is not that of the column they come from: such a package does not validate."""
    produced = {node.attributes["lineageId"]: node.attributes for node in nodes if node.tag == "outputColumn"}
    faults = []
    for node in nodes:
        source = produced.get(node.attributes.get("lineageId", ""), {}) if node.tag == "inputColumn" else {}
        for mine, theirs in (("cachedDataType", "dataType"), ("cachedLength", "length")) if source else ():
            if node.attributes.get(mine) != source.get(theirs):
                faults.append(
                    f"{_name(node)}: {mine} is {node.attributes.get(mine)}, its source has {source.get(theirs)}"
                )
    return faults


def _name(node: Node) -> str:
    return node.attributes.get("refId") or node.attributes.get("DTS:refId") or node.tag


def _parameter(target: Target, name: str, value: str) -> Node:
    return Node(
        "DTS:PackageParameter",
        {
            "DTS:CreationName": "",
            "DTS:DataType": _STRING,
            "DTS:DTSID": make_guid(target, f"parameter {name}"),
            "DTS:ObjectName": name,
        },
        [Node("DTS:Property", {"DTS:DataType": _STRING, "DTS:Name": "ParameterValue"}, text=value)],
    )


def _database_connection(target: Target) -> Node:
    text = "Data Source={};Initial Catalog={};Provider=MSOLEDBSQL19.1;Integrated Security=SSPI;"
    expression = '"Data Source=" + @[$Package::Server] + ";Initial Catalog=" + @[$Package::Database] + "'
    expression += ';Provider=MSOLEDBSQL19.1;Integrated Security=SSPI;"'
    known = text.format(PARAMETERS["Server"], PARAMETERS["Database"])
    return _connection(target, _DATABASE, "OLEDB", expression, {"DTS:ConnectionString": known}, [])


def _file_connection(target: Target) -> Node:
    ends = {",": "_x002C_", "\r\n": "_x000D__x000A_"}
    columns = [
        Node(
            "DTS:FlatFileColumn",
            {
                "DTS:ColumnType": "Delimited",
                "DTS:ColumnDelimiter": ends["\r\n" if column == target.columns[-1] else ","],
                "DTS:MaximumWidth": str(CELL_LENGTH),
                "DTS:DataType": _WSTR,
                "DTS:TextQualified": "True",
                "DTS:ObjectName": column,
                "DTS:DTSID": make_guid(target, f"file column {column}"),
                "DTS:CreationName": "",
            },
        )
        for column in target.columns
    ]
    how = {
        "DTS:Format": "Delimited",
        "DTS:LocaleID": "1033",
        "DTS:HeaderRowDelimiter": ends["\r\n"],
        "DTS:ColumnNamesInFirstDataRow": "True",
        "DTS:RowDelimiter": "",
        "DTS:TextQualifier": "_x0022_",
        "DTS:CodePage": "65001",
        "DTS:ConnectionString": PARAMETERS["FilePath"],
    }
    return _connection(
        target, _FILE, "FLATFILE", "@[$Package::FilePath]", how, [Node("DTS:FlatFileColumns", {}, columns)]
    )


def _connection(
    target: Target, name: str, kind: str, expression: str, how: Mapping[str, str], parts: Sequence[Node]
) -> Node:
    return Node(
        "DTS:ConnectionManager",
        {
            "DTS:refId": f"Package.ConnectionManagers[{name}]",
            "DTS:CreationName": kind,
            "DTS:DTSID": make_guid(target, f"connection {name}"),
            "DTS:ObjectName": name,
        },
        [
            Node("DTS:PropertyExpression", {"DTS:Name": "ConnectionString"}, text=expression),
            Node("DTS:ObjectData", {}, [Node("DTS:ConnectionManager", dict(how), list(parts))]),
        ],
    )


def _task(target: Target, name: str, kind: str, content: Node) -> Node:
    return Node(
        "DTS:Executable",
        {
            "DTS:refId": f"Package\\{name}",
            "DTS:CreationName": kind,
            "DTS:DTSID": make_guid(target, f"task {name}"),
            "DTS:ExecutableType": kind,
            "DTS:LocaleID": "-1",
            "DTS:ObjectName": name,
        },
        [Node("DTS:Variables"), Node("DTS:ObjectData", {}, [content])],
    )


def _sql_task(target: Target, name: str, statement: str) -> Node:
    content = {
        "xmlns:SQLTask": _SQL_TASK,
        "SQLTask:Connection": make_guid(target, f"connection {_DATABASE}"),
        "SQLTask:SqlStatementSource": statement,
    }
    return _task(target, name, "Microsoft.ExecuteSQLTask", Node("SQLTask:SqlTaskData", content))


def _then(target: Target, before: str, after: str, number: int) -> Node:
    name = f"Constraint {number}" if number else "Constraint"
    return Node(
        "DTS:PrecedenceConstraint",
        {
            "DTS:refId": f"Package.PrecedenceConstraints[{name}]",
            "DTS:CreationName": "",
            "DTS:DTSID": make_guid(target, name),
            "DTS:From": f"Package\\{before}",
            "DTS:LogicalAnd": "True",
            "DTS:ObjectName": name,
            "DTS:To": f"Package\\{after}",
        },
    )


def _data_flow(target: Target) -> Node:
    """The pipeline: each column of the file to the column of the staging table with its name."""
    base = f"Package\\{_LOAD}"
    source, sink = f"{base}\\Read file", f"{base}\\Write staging table"
    read, rows = f"{source}.Outputs[Flat File Source Output]", f"{sink}.Inputs[OLE DB Destination Input]"
    path = Node(
        "path",
        {
            "refId": f"{base}.Paths[Flat File Source Output]",
            "endId": rows,
            "name": "Flat File Source Output",
            "startId": read,
        },
    )
    components = [_read_component(target, source, read), _write_component(target, sink, rows, read)]
    pipeline = [Node("components", {}, components), Node("paths", {}, [path])]
    return _task(target, _LOAD, "Microsoft.Pipeline", Node("pipeline", {"version": "1"}, pipeline))


def _read_component(target: Target, source: str, read: str) -> Node:
    columns = [
        Node(
            "outputColumn",
            {
                "refId": f"{read}.Columns[{column}]",
                "dataType": "wstr",
                "errorOrTruncationOperation": "Conversion",
                "errorRowDisposition": "FailComponent",
                "externalMetadataColumnId": f"{read}.ExternalColumns[{column}]",
                "length": str(CELL_LENGTH),
                "lineageId": f"{read}.Columns[{column}]",
                "name": column,
                "truncationRowDisposition": "FailComponent",
            },
        )
        for column in target.columns
    ]
    output = Node(
        "output",
        {"refId": read, "name": "Flat File Source Output"},
        [Node("outputColumns", {}, columns), _external_columns(target, read)],
    )
    errors = _error_output(f"{source}.Outputs[Flat File Source Error Output]", "Flat File Source Error Output")
    properties = [
        _property("RetainNulls", "System.Boolean", "true"),
        _property("FileNameColumnName", "System.String", ""),
    ]
    return _component(
        source, "Microsoft.FlatFileSource", "1", properties, ("FlatFileConnection", _FILE),
        [Node("outputs", {}, [output, errors])],
    )  # fmt: skip


def _write_component(target: Target, sink: str, rows: str, read: str) -> Node:
    columns = [
        Node(
            "inputColumn",
            {
                "refId": f"{rows}.Columns[{column}]",
                "cachedDataType": "wstr",
                "cachedLength": str(CELL_LENGTH),
                "cachedName": column,
                "externalMetadataColumnId": f"{rows}.ExternalColumns[{column}]",
                "lineageId": f"{read}.Columns[{column}]",
            },
        )
        for column in target.columns
    ]
    arriving = Node(
        "input",
        {
            "refId": rows,
            "errorOrTruncationOperation": "Insert",
            "errorRowDisposition": "FailComponent",
            "hasSideEffects": "true",
            "name": "OLE DB Destination Input",
        },
        [Node("inputColumns", {}, columns), _external_columns(target, rows)],
    )
    errors = _error_output(f"{sink}.Outputs[OLE DB Destination Error Output]", "OLE DB Destination Error Output", rows)
    properties = [
        _property("CommandTimeout", "System.Int32", "0"),
        _property("OpenRowset", "System.String", target.staging),
        _property("AccessMode", "System.Int32", "3"),
        _property("FastLoadKeepIdentity", "System.Boolean", "false"),
        _property("FastLoadKeepNulls", "System.Boolean", "true"),
        _property("FastLoadOptions", "System.String", "TABLOCK,CHECK_CONSTRAINTS"),
        _property("FastLoadMaxInsertCommitSize", "System.Int32", "2147483647"),
    ]
    return _component(
        sink, "Microsoft.OLEDBDestination", "4", properties, ("OleDbConnection", _DATABASE),
        [Node("inputs", {}, [arriving]), Node("outputs", {}, [errors])],
    )  # fmt: skip


def _component(
    place: str, kind: str, version: str, properties: list[Node], connection: tuple[str, str], rest: list[Node]
) -> Node:
    role, manager = connection
    reference = f"Package.ConnectionManagers[{manager}]"
    joined = Node(
        "connection",
        {
            "refId": f"{place}.Connections[{role}]",
            "connectionManagerID": reference,
            "connectionManagerRefId": reference,
            "name": role,
        },
    )
    attributes = {
        "refId": place,
        "componentClassID": kind,
        "name": place.rpartition("\\")[2],
        "usesDispositions": "true",
        "version": version,
    }
    return Node("component", attributes, [Node("properties", {}, properties), Node("connections", {}, [joined]), *rest])


def _property(name: str, kind: str, value: str) -> Node:
    return Node("property", {"dataType": kind, "name": name}, text=value)


def _external_columns(target: Target, place: str) -> Node:
    columns = [
        Node(
            "externalMetadataColumn",
            {
                "refId": f"{place}.ExternalColumns[{column}]",
                "dataType": "wstr",
                "length": str(CELL_LENGTH),
                "name": column,
            },
        )
        for column in target.columns
    ]
    return Node("externalMetadataColumns", {"isUsed": "True"}, columns)


def _error_output(place: str, name: str, synchronous: str | None = None) -> Node:
    columns = [
        Node(
            "outputColumn",
            {
                "refId": f"{place}.Columns[{column}]",
                "dataType": "i4",
                "lineageId": f"{place}.Columns[{column}]",
                "name": column,
                "specialFlags": str(flag),
            },
        )
        for flag, column in enumerate(("ErrorCode", "ErrorColumn"), 1)
    ]
    attributes = {"refId": place, "isErrorOut": "true", "name": name}
    if synchronous:
        attributes["synchronousInputId"] = synchronous
    return Node("output", attributes, [Node("outputColumns", {}, columns), Node("externalMetadataColumns")])
