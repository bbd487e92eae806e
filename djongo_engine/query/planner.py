"""Builds the plan of a SELECT from Django's query tree."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models.expressions import OrderBy, Ref, Value
from django.db.models.sql.where import WhereNode

from djongo_engine.errors import refuse
from djongo_engine.query.accumulators import Accumulators, empty_row
from djongo_engine.query.computed import ComputedFields
from djongo_engine.query.datatypes import refuse_order_of_binary
from djongo_engine.query.documents import Document, is_null
from djongo_engine.query.filters import NOTHING
from djongo_engine.query.groups import aggregates_of, columns_of, is_grouped
from djongo_engine.query.identity import key
from djongo_engine.query.joinorder import JoinOrder
from djongo_engine.query.pages import PagePlanner, Selection, Sorting
from djongo_engine.query.plan import Constant, Plan, Row, match, page_of
from djongo_engine.query.roots import conjuncts
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
        # DISTINCT selects what it is sorted by too, each as an OrderBy.
        self.selected = [
            expression.expression if isinstance(expression, OrderBy) else expression
            for expression, _, _ in [*compiler.select, *extra_select]
        ]
        self.order = JoinOrder.of(self.query, compiler.where)
        self.translator = Translator(
            compiler, self.order.root, [step.alias for step in self.order.steps]
        )
        self.computed = ComputedFields(self.translator)
        self.stages: list[Document] = []

    def plan(self) -> Plan:
        """Return the plan."""
        self._refuse_unknown()
        for condition in conjuncts(self.compiler.where):
            with self.translator.reads() as aliases:
                filter_ = self._filter(condition)
            self.order.narrow(filter_, aliases)
        if self.query.distinct or is_grouped(self.query, self.selected):
            return self._plan_of_groups()
        return self._plan_of_rows()

    def _plan_of_groups(self) -> Plan:
        """Return the plan of a query whose rows are no documents, but groups or distinct rows."""
        empty = None
        self.stages += self.order.stages(self.order.steps)
        if is_grouped(self.query, self.selected):
            empty = self._group()
        self.stages += match(self._filter(self.compiler.having))
        columns = [self.computed.column(expression) for expression in self.selected]
        self.stages += self.computed.stages()
        if self.query.distinct:
            columns = self._distinct(columns)
        sort = self._sort()
        self.stages += self.computed.stages()
        self.stages += page_of(sort, self.query.low_mark, self._limit())
        return Plan(
            collection=self.order.collection,
            filter=self.order.filter,
            columns=columns[: self.compiler.col_count],
            stages=self.stages,
            empty_row=empty,
        )

    def _plan_of_rows(self) -> Plan:
        """Return the plan of a query whose rows are documents."""
        with self.translator.reads() as aliases:
            fields = self._sort()
        # In stages of their own: a page needs these, and not what is selected.
        sorting = Sorting(fields, self.computed.stages(), aliases)
        columns = [self.computed.column(expression) for expression in self.selected]
        selection = Selection(columns[: self.compiler.col_count], self.computed.stages())
        return PagePlanner(self.order, sorting, selection).plan(self.query.low_mark, self._limit())

    def _refuse_unknown(self) -> None:
        query = self.query
        if query.combinator:
            refuse(f"{query.combinator}()")
        if query.extra_tables or query.extra_order_by:
            refuse("extra()")
        if query.explain_info:
            refuse("explain()")
        if (
            query.select_for_update_nowait
            or query.select_for_update_skip_locked
            or query.select_for_update_of
            or query.select_for_no_key_update
        ):
            # Without them it locks nothing, as with SQLite.
            refuse("select_for_update() with nowait, skip_locked, of or no_key")
        if query.distinct_fields:
            refuse("distinct() on fields")
        if self.compiler.qualify is not None:
            refuse("a window function")

    def _filter(self, where: WhereNode | None) -> Document:
        try:
            return self.translator.filter(where)
        except EmptyResultSet:
            if self.compiler.elide_empty:
                raise
            # Django cannot tell what an aggregate over nothing gives, and asks for the row.
            return NOTHING

    def _limit(self) -> int:
        # Of an empty slice Django makes a condition that nothing fulfils.
        high: int | None = self.query.high_mark
        return 0 if high is None else high - self.query.low_mark

    def _group(self) -> Row | None:
        """Group the documents; return the row of no document, where the stages do not make it."""
        places = [*self.selected, *(order for order, _ in self.order_by)]
        columns = columns_of(self.query, self.selected, self.order_by, self.compiler.having)
        keys, names = {}, {}
        for position, column in enumerate(columns):
            # A missing field and null are the same NULL, so they are one group.
            keys[f"g{position}"] = {"$ifNull": [self.translator.value(column), None]}
            names[key(column)] = f"g{position}"
        accumulators = Accumulators(self.translator)
        for aggregate in aggregates_of(places, self.compiler.having):
            names[key(aggregate)] = accumulators.add(aggregate)
        self.stages += accumulators.stages(keys)
        self.translator.regroup(names)
        if keys:
            return None
        row = empty_row(self.selected) if self.compiler.having is None else None
        self.stages += [] if row else accumulators.stages_of_nothing()
        return row

    def _distinct(self, columns: list[str | Constant]) -> list[str | Constant]:
        keys = {
            f"d{position}": {"$ifNull": [f"${column}", None]}
            for position, column in enumerate(columns)
            if isinstance(column, str)
        }
        self.stages += [{"$group": {"_id": keys}}, {"$replaceRoot": {"newRoot": "$_id"}}]
        names = {
            key(expression): f"d{position}"
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
                null = self.computed.add(is_null(self.translator.value(source)))
                sort[null] = -1 if order.nulls_first else 1
            sort.setdefault(self.computed.field(source), -1 if order.descending else 1)
        return sort
