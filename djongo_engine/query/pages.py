"""The plan of a query whose rows are documents: what comes before its page, and what behind it.

A lookup that neither adds nor loses a row may come behind the page, where it looks up only the
partners of the rows that are given.
"""

from dataclasses import dataclass

from djongo_engine.query.documents import Document
from djongo_engine.query.joinorder import Aliases, JoinOrder, Step
from djongo_engine.query.plan import Constant, Plan, Shortcut, page_of

SHORT_PAGE = 1_000
"""Rows of a page that is read whole before the first is given."""


@dataclass(frozen=True)
class Sorting:
    """What rows are sorted by: fields, the stages that compute them, and the aliases these read."""

    fields: dict[str, int]
    stages: list[Document]
    aliases: Aliases


@dataclass(frozen=True)
class Selection:
    """What rows hold: the fields of the columns, and the stages that compute them."""

    columns: list[str | Constant]
    stages: list[Document]


class PagePlanner:
    """Builds the plan of a page of documents."""

    def __init__(self, order: JoinOrder, sorting: Sorting, selection: Selection) -> None:
        """Take the lookups in their order, and what the rows are sorted by and hold."""
        self.order = order
        self.sorting = sorting
        self.selection = selection
        # Then a find can sort them, by an index.
        self.sorts_stored = not sorting.stages and sorting.aliases <= {order.root}

    def plan(self, skip: int, limit: int) -> Plan:
        """Return the plan of `limit` rows behind the first `skip`; a limit of 0 is none."""
        plan = self._plan(skip, limit, self._before_page(shortcut=False))
        if 0 < limit <= SHORT_PAGE - skip:
            plan.shortcut = self._shortcut(skip, limit)
        return plan

    def _shortcut(self, skip: int, limit: int) -> Shortcut | None:
        """Return the plan that leaves INNER JOINs to behind the page; None where it has none."""
        before = self._before_page(shortcut=True)
        partners = [step.field for step in self._behind_page(before) if step.inner]
        if not partners:
            return None
        return Shortcut(self._plan(0, skip + limit, before), partners, skip)

    def _before_page(self, *, shortcut: bool) -> list[Step]:
        sorted_by = set() if self.sorts_stored else self.sorting.aliases
        return self.order.before_page(sorted_by, shortcut=shortcut)

    def _behind_page(self, before: list[Step]) -> list[Step]:
        return [step for step in self.order.steps if step not in before]

    def _plan(self, skip: int, limit: int, before: list[Step]) -> Plan:
        """Return the plan that takes these steps before the page, and the others behind it."""
        lookups = self.order.stages(self._behind_page(before), keep=True)
        behind = [*lookups, *self.selection.stages]
        plan = Plan(self.order.collection, self.order.filter, self.selection.columns)
        if not self.sorts_stored:
            page = page_of(self.sorting.fields, skip, limit)
            plan.stages = [*self.order.stages(before), *self.sorting.stages, *page, *behind]
            return plan
        plan.sort = self.sorting.fields
        if before:
            page = page_of({}, skip, limit)
            plan.stages = [*self.order.stages(before), *page, *behind]
        else:
            plan.skip, plan.limit, plan.stages = skip, limit, behind
        return plan
