"""A SELECT as one MongoDB command: a `find` where that says it all, else a pipeline."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models.aggregates import Aggregate
from django.db.models.expressions import OrderBy, Value
from django.db.models.sql.constants import INNER
from django.db.models.sql.datastructures import BaseTable, Join
from pymongo.collection import Collection

from djongo_engine.errors import refuse
from djongo_engine.query.accumulators import Accumulators
from djongo_engine.query.conditions import Conditions
from djongo_engine.query.datatypes import REFERENCES, refuse_order_of_binary
from djongo_engine.query.expressions import JOINED, Document, Translator, is_null, walk
from djongo_engine.query.filters import EVERYTHING

Row = tuple[Any, ...]

COMPUTED = "__computed_"
"""Prefix of the field that holds a computed expression."""


@dataclass(frozen=True)
class Constant:
    """A selected value that no document holds."""

    value: Any


@dataclass
class Plan:
    """What to send to one collection, and how a document becomes a row.

    A filter, a sort, a skip and a limit suit both commands; `stages` stand between the filter
    and the sort, and make it a pipeline. `empty_row` is the row of an aggregate over nothing.
    """

    collection: str
    filter: Document
    columns: list[str | Constant]
    stages: list[Document] = field(default_factory=list)
    sort: dict[str, int] = field(default_factory=dict)
    skip: int = 0
    limit: int = 0
    empty_row: Row | None = None

    def pipeline(self) -> list[Document]:
        """Return the whole plan as an aggregation pipeline."""
        stages = [*_match(self.filter), *self.stages]
        if self.sort:
            stages.append({"$sort": self.sort})
        if self.skip:
            stages.append({"$skip": self.skip})
        if self.limit:
            stages.append({"$limit": self.limit})
        return stages

    def documents(self, collection: Collection[Document]) -> Iterator[Document]:
        """Run the plan; yield the documents."""
        if self.stages:
            return iter(collection.aggregate(self.pipeline()))
        return collection.find(
            self.filter,
            self._projection(),
            sort=list(self.sort.items()) or None,
            skip=self.skip,
            limit=self.limit,
            # All in the first answer: MongoDB sends 101 documents of a larger page otherwise.
            batch_size=min(self.limit, 1000),
        )

    def _projection(self) -> Document:
        names = [column for column in self.columns if isinstance(column, str)]
        return {"_id": "_id" in names, **dict.fromkeys(names, True)}

    def row(self) -> Callable[[Document], Row]:
        """Return the function that makes a row of a document; what is missing is NULL."""
        if all(isinstance(column, str) and "." not in column for column in self.columns):
            # Nearly every query, and this runs once a document.
            return lambda document: tuple(map(document.get, self.columns))
        getters = [_getter(column) for column in self.columns]
        return lambda document: tuple([get(document) for get in getters])


def _match(filter_: Document) -> list[Document]:
    return [{"$match": filter_}] if filter_ != EVERYTHING else []


def _getter(column: str | Constant) -> Callable[[Document], Any]:
    if isinstance(column, Constant):
        return lambda document: column.value
    outer, _, inner = column.partition(".")
    if inner:
        return lambda document: (document.get(outer) or {}).get(inner)
    return lambda document: document.get(outer)


class Planner:
    """Builds the plan of one SELECT from a compiler after its `pre_sql_setup()`.

    Raises EmptyResultSet when nothing can match, NotSupportedError for what has no proven
    translation.
    """

    def __init__(self, compiler: Any, order_by: list[Any], extra_select: list[Any]) -> None:
        """Take the compiler, and the order and extra columns that it set up."""
        self.compiler = compiler
        self.query = compiler.query
        self.order_by = order_by
        self.selected = [expression for expression, _, _ in [*compiler.select, *extra_select]]
        self.joins = self._joins()
        self.translator = Translator(
            compiler, self.query.base_table, [join.table_alias for join in self.joins]
        )
        self.conditions = Conditions(compiler, self.translator)
        self.stages: list[Document] = []
        self.computed: Document = {}
        self.pending: dict[Any, str] = {}

    def plan(self) -> Plan:
        """Return the plan."""
        self._refuse_unknown()
        empty = None
        filter_ = self.conditions.filter(self.compiler.where)
        if self.joins:
            # The filter may read joined documents.
            self.stages = [stage for join in self.joins for stage in self._join_stages(join)]
            self.stages += _match(filter_)
            filter_ = EVERYTHING
        if self._is_grouped():
            empty = self._group()
        having = self.conditions.filter(self.compiler.having)
        if having != EVERYTHING:
            self.stages += _match(having)
            empty = None
        columns = [self._column(expression) for expression in self.selected]
        self._add_computed()
        if self.query.distinct:
            columns = self._distinct(columns)
        sort = self._sort()
        self._add_computed()
        return Plan(
            collection=self.query.get_meta().db_table,
            filter=filter_,
            columns=columns[: self.compiler.col_count],
            stages=self.stages,
            sort=sort,
            skip=self.query.low_mark,
            limit=self._limit(),
            empty_row=empty,
        )

    def _refuse_unknown(self) -> None:
        query = self.query
        if query.combinator:
            refuse(f"{query.combinator}()")
        if query.extra or query.extra_tables or query.extra_order_by:
            refuse("extra()")
        if query.explain_info:
            refuse("explain()")
        if query.distinct_fields:
            refuse("distinct() on fields")
        if self.compiler.qualify is not None:
            refuse("a window function")

    def _limit(self) -> int:
        if self.query.high_mark is None:
            return 0
        limit: int = self.query.high_mark - self.query.low_mark
        if limit <= 0:
            raise EmptyResultSet
        return limit

    # Joins

    def _joins(self) -> list[Join]:
        joins = []
        for alias, table in self.query.alias_map.items():
            if not self.query.alias_refcount[alias]:
                continue
            if isinstance(table, Join):
                joins.append(table)
            elif not isinstance(table, BaseTable) or alias != self.query.base_table:
                refuse("a second base table")
        return joins

    def _join_stages(self, join: Join) -> list[Document]:
        if join.filtered_relation is not None:
            refuse("a FilteredRelation")
        if join.join_field.get_extra_restriction(join.table_alias, join.parent_alias):
            refuse("a join with an extra condition")
        if len(join.join_fields) != 1:
            refuse("a join on several columns")
        ((local, foreign),) = join.join_fields
        if not (local.primary_key or foreign.primary_key):
            # Null would equal null: $lookup joins them, SQL does not.
            refuse("a join on two columns that may be NULL")
        prefix = f"{JOINED}{join.parent_alias}."
        if join.parent_alias == self.query.base_table:
            prefix = ""
        name = f"{JOINED}{join.table_alias}"
        lookup = {
            "from": join.table_name,
            "localField": prefix + local.column,
            "foreignField": foreign.column,
            "as": name,
        }
        unwind = {"path": f"${name}", "preserveNullAndEmptyArrays": join.join_type != INNER}
        return [{"$lookup": lookup}, {"$unwind": unwind}]

    # Groups

    def _is_grouped(self) -> bool:
        return self.query.group_by is not None or any(
            expression.contains_aggregate for expression in self.selected
        )

    def _group_columns(self) -> list[Any]:
        columns: list[Any] = []
        if self.query.group_by is None:
            return columns
        named: set[Any] = set()
        if isinstance(self.query.group_by, tuple):
            named = {e.source for e in self.query.group_by if type(e) in REFERENCES}
            columns += [e.source if type(e) in REFERENCES else e for e in self.query.group_by]
        for expression in self.selected:
            # A subquery gives the columns that it reads: those would split its groups.
            if expression not in named:
                columns += expression.get_group_by_cols()
        for order, (_, _, is_ref) in self.order_by:
            columns += [] if is_ref else order.get_group_by_cols()
        if self.compiler.having is not None:
            columns += self.compiler.having.get_group_by_cols()
        return list(dict.fromkeys(columns))

    def _group(self) -> Row | None:
        keys, names = {}, {}
        for position, column in enumerate(self._group_columns()):
            # A missing field and null are the same NULL, so they are one group.
            keys[f"g{position}"] = {"$ifNull": [self.translator.value(column), None]}
            names[column] = f"g{position}"
        accumulators = Accumulators(self.translator)
        for aggregate in self._aggregates():
            names[aggregate] = accumulators.add(aggregate)
        self.stages.append({"$group": {"_id": keys or None, **accumulators.group}})
        shown = {name: f"$_id.{name}" for name in keys}
        self.stages.append({"$project": {"_id": False, **shown, **accumulators.final}})
        self.translator.fields = names
        self.translator.grouped = True
        return None if keys else empty_row(self.selected)

    def _aggregates(self) -> list[Aggregate]:
        places = [*self.selected, *(order for order, _ in self.order_by)]
        if self.compiler.having is not None:
            places += self.compiler.having.get_source_expressions()
        found = (e for place in places for e in walk(place) if isinstance(e, Aggregate))
        return list(dict.fromkeys(found))

    # Columns and order

    def _column(self, expression: Any) -> str | Constant:
        if type(expression) is Value:
            return Constant(self.translator.constant(expression))
        return self._field(expression)

    def _field(self, expression: Any) -> str:
        """Return the path of the field that holds an expression, computed if need be."""
        if path := self.translator.path(expression):
            return path
        if expression not in self.pending:
            name = f"{COMPUTED}{len(self.translator.fields) + len(self.pending)}"
            self.computed[name] = self.translator.value(expression)
            self.pending[expression] = name
        return self.pending[expression]

    def _add_computed(self) -> None:
        # Only the stages behind it see what a stage adds.
        if self.computed:
            self.stages.append({"$addFields": self.computed})
            self.translator.fields |= self.pending
            self.computed, self.pending = {}, {}

    def _distinct(self, columns: list[str | Constant]) -> list[str | Constant]:
        keys = {
            f"d{position}": {"$ifNull": [f"${column}", None]}
            for position, column in enumerate(columns)
            if isinstance(column, str)
        }
        self.stages += [{"$group": {"_id": keys}}, {"$replaceRoot": {"newRoot": "$_id"}}]
        names = {
            expression: f"d{position}"
            for position, expression in enumerate(self.selected)
            if f"d{position}" in keys
        }
        self.translator.fields = names
        self.translator.grouped = True
        return [
            column if isinstance(column, Constant) else f"d{position}"
            for position, column in enumerate(columns)
        ]

    def _sort(self) -> dict[str, int]:
        sort: dict[str, int] = {}
        for order, _ in self.order_by:
            if type(order) is not OrderBy:
                refuse(f"the order {type(order).__name__}")
            source = order.expression
            while type(source) in REFERENCES:
                source = source.source
            if type(source) is Value:
                continue
            refuse_order_of_binary(source)
            # MongoDB sorts null first, and last in descending order; so does SQLite.
            if order.nulls_first if order.descending else order.nulls_last:
                null = f"{COMPUTED}null_{len(sort)}"
                self.computed[null] = is_null(self.translator.value(source))
                sort[null] = -1 if order.nulls_first else 1
            sort.setdefault(self._field(source), -1 if order.descending else 1)
        return sort


def empty_row(expressions: Iterable[Any]) -> Row:
    """Return what aggregates of no document are. Raises NotSupportedError if Django cannot tell."""
    values = [expression.empty_result_set_value for expression in expressions]
    if NotImplemented in values:
        refuse("an expression of an aggregate that may have nothing to aggregate")
    return tuple(values)
