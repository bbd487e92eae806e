"""The table of djongo_engine/README.md: what each cell promises, and a probe that shows it.

A row's probes are its group in `probes_read` and `probes_write`; those of the schema are the
operations of `test_schema`.
"""

PARTS = [
    *["year", "iso_year", "quarter", "month", "week", "day", "week_day", "iso_week_day", "date"],
    *["hour", "minute", "second"],
]
TEXTS = [
    *["exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith"],
    *["iendswith", "regex", "iregex"],
]

Cell = dict[str, str]

TRANSLATED: dict[str, Cell] = {
    "text lookups": {
        **{f"`{lookup}`": f"filter(text__{lookup}=" for lookup in TEXTS},
        "on a field": "filter(text__contains=",
    },
    "other lookups": {
        **{
            f"`{lookup}`": f"filter(number__{lookup}="
            for lookup in ["exact", "in", "gt", "gte", "lt", "lte", "range", "isnull"]
        },
        "with expressions": "filter(number__exact=",
        **{f"`{part}`": f"__{part}__exact=" for part in PARTS},
    },
    "conditions": {
        "AND": "filter(a&b)",
        "OR": "filter(a|b)",
        "XOR": "filter(a^b)",
        "NOT": "filter(~a)",
        "nested": "filter(~(~a&(b|~c)))",
        "NULL": "exclude(a&b)",
        "a column against an expression": "filter(number__lt=F('ratio'))",
        "`IN (subquery)`": "filter(pk__in=number of few)",
    },
    "expressions": {
        "`F()`": "annotate number+pk",
        "`Value()`": "annotate constant",
        "`+`": "annotate number+1",
        "`-`": "annotate number-1",
        "`*`": "annotate number*2",
        "`Coalesce()`": "annotate coalesce number",
        "`Case()`": "annotate case default",
        "`Abs()`": "annotate numberabs",
        "`Length()`": "annotate length",
        "`Concat()`": "annotate concat",
        "`Extract…()`": "annotate extract year",
        "`Trunc…()`": "annotate trunc month",
        "conditions as values": "annotate condition",
    },
    "aggregates": {
        **{f"`{name}`": f"{name}(number)" for name in ["Count", "Sum", "Avg", "Min", "Max"]},
        "distinct": "Sum(number) distinct",
        "with a default": "sum with default",
        "`filter=`": "Sum(number) filtered",
        "arithmetic": "difference of aggregates",
        "of nothing": "Sum(number) of nothing",
        "groups": "group by number and flag",
        "HAVING": "having or",
        "aggregates over groups": "aggregate over groups by number",
    },
    "rows": {
        "ordering": "order_by(text, number)",
        "`nulls_first`": "order_by(note.asc(nulls_first))",
        "`nulls_last`": "order_by(note.asc(nulls_last))",
        "slices": "order_by(pk)[2:7]",
        "`values()`": "values text",
        "`distinct()`": "distinct text",
        "`dates()`": "dates",
        "`datetimes()`": "datetimes",
        "`in_bulk()`": "in bulk",
        "`iterator()`": "iterator",
    },
    "relations": {
        "`filter()`": "records.filter(tags__word)",
        "`exclude()`": "records.exclude(tags__word)",
        "order": "order across",
        "`values()`": "values across",
        "groups": "group across",
        "aggregates over foreign keys": "aggregate across",
        "many-to-many": "users of a group",
        "`select_related()`": "select related",
        "`prefetch_related()`": "prefetch",
        "`Exists()`": "exists subquery",
        "columns equal outer columns": "exists of two",
    },
    "writes": {
        "`create`": "create",
        "`bulk_create`": "bulk create",
        "`ignore_conflicts`": "bulk create, conflicts ignored",
        "`bulk_update`": "bulk update",
        "`update`": "update one: text",
        "with expressions": "update some: plus one",
        "`delete`": "delete one",
        "`get_or_create`": "get or create, new",
        "`update_or_create`": "update or create, new",
    },
    "schema": {
        "collections": "create",
        "fields": "add field",
        "many-to-many": "add relations",
        "indexes": "add index",
        "compound": "index together",
        "descending": "add index",
        "collation": "add collation index",
        "unique constraints": "add constraint",
        "renames": "rename model with relations",
        "like type": "wider integer",
    },
}
REFUSED: dict[str, Cell] = {
    "text lookups": {
        "on what is no text": "contains of a number",
        "a column as the pattern": "contains of a column",
    },
    "other lookups": {
        "`time`": "time of a moment",
        "custom lookups": "custom lookup",
        "custom transforms": "custom transform",
    },
    "conditions": {"a comparison with a subquery": "queryset as value"},
    "expressions": {
        "`/`": "annotate number/2",
        "`%`": "annotate number%2",
        "`^`": "annotate number**2",
        "`Lower()`": "annotate lower",
        "`Upper()`": "annotate upper",
        "`Cast()`": "annotate cast",
        "all other functions": "annotate round",
        "subqueries as values": "scalar subquery",
        "window functions": "window",
    },
    "aggregates": {"variance": "variance", "deviation": "deviation"},
    "rows": {
        "`distinct(*fields)`": "distinct on",
        "random order": "random order",
        "`union()`": "union",
        "its kin": "intersection",
        "`extra()`": "extra",
        "`raw()`": "raw",
    },
    "relations": {
        "other use of outer columns": "exists greater",
        "`Exists()`": "exists grouped",
        "a slice": "exists sliced",
    },
    "writes": {
        "`update_conflicts`": "bulk create, conflicts updated",
        "subqueries as values": "update with a subquery",
    },
    "schema": {
        "checks": "check",
        "conditions": "conditional unique",
        "expressions": "expression index",
        "generated fields": "generated",
        "`db_default`": "db_default",
        "collations": "collation",
        "comments": "comment",
        "tablespaces": "index tablespace",
        "composite": "composite key",
        "changed primary keys": "other key",
        "other changes of a column's type": "text from integer",
        "`RunSQL`": "sql",
    },
}
ALWAYS_REFUSED = {
    "a comparison": "filter(number__lt=F('text'))",
    "a mix": "annotate mixed",
    "an assignment": "update some: number to text",
    "an order of bytes": "order_by(raw)",
    "NaN": "not a number",
    "a document": "document as a value",
    "parts of a datetime": "hour in another time zone",
}
"""What the list below the table promises."""
