"""Builds the plan of a SELECT from Django's query tree."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models.expressions import OrderBy, Ref, Value

from djongo_engine.errors import refuse
from djongo_engine.query.accumulators import Accumulators, empty_row
from djongo_engine.query.datatypes import refuse_order_of_binary
from djongo_engine.query.documents import COMPUTED, Document, is_null
from djongo_engine.query.filters import EVERYTHING
from djongo_engine.query.groups import aggregates_of, columns_of, is_grouped
from djongo_engine.query.joins import joins_of, stages_of
from djongo_engine.query.plan import Constant, Plan, Row, match
from djongo_engine.query.translator import Translator


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
        self.joins = joins_of(self.query)
        self.translator = Translator(
            compiler, self.query.base_table, [join.table_alias for join in self.joins]
        )
        self.stages: list[Document] = []
        self.computed: Document = {}
        self.pending: dict[Any, str] = {}

    def plan(self) -> Plan:
        """Return the plan."""
        self._refuse_unknown()
        empty = None
        filter_ = self.translator.filter(self.compiler.where)
        if self.joins:
            # The filter may read joined documents.
            base = self.query.base_table
            self.stages = [stage for join in self.joins for stage in stages_of(join, base)]
            self.stages += match(filter_)
            filter_ = EVERYTHING
        if is_grouped(self.query, self.selected):
            empty = self._group()
        having = self.translator.filter(self.compiler.having)
        if having != EVERYTHING:
            self.stages += match(having)
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

    def _group(self) -> Row | None:
        """Group the documents; return the row of no document, if there is to be one."""
        places = [*self.selected, *(order for order, _ in self.order_by)]
        columns = columns_of(self.query, self.selected, self.order_by, self.compiler.having)
        keys, names = {}, {}
        for position, column in enumerate(columns):
            # A missing field and null are the same NULL, so they are one group.
            keys[f"g{position}"] = {"$ifNull": [self.translator.value(column), None]}
            names[column] = f"g{position}"
        accumulators = Accumulators(self.translator)
        for aggregate in aggregates_of(places, self.compiler.having):
            names[aggregate] = accumulators.add(aggregate)
        self.stages.append({"$group": {"_id": keys or None, **accumulators.group}})
        shown = {name: f"$_id.{name}" for name in keys}
        self.stages.append({"$project": {"_id": False, **shown, **accumulators.final}})
        self.translator.regroup(names)
        return None if keys else empty_row(self.selected)

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
        self.translator.regroup(names)
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
            while isinstance(source, Ref):
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
