"""In which order a query filters, and looks its joined documents up."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from djongo_engine.counters import SCHEMA
from djongo_engine.query.documents import JOINED, Document
from djongo_engine.query.filters import EVERYTHING, all_of
from djongo_engine.query.joins import is_inner, is_single, looked_back, looked_up, tables_of
from djongo_engine.query.plan import match
from djongo_engine.query.roots import chain_to_root

Aliases = set[str | None]


class Step(NamedTuple):
    """One lookup: the alias that it brings, and the one whose columns it needs."""

    alias: str
    source: str
    inner: bool
    single: bool
    stages: Callable[[bool], list[Document]]

    @property
    def field(self) -> str:
        """The field that the documents come into."""
        return f"{JOINED}{self.alias}"


class JoinOrder:
    """From which collection a query starts, what it filters there, and when it looks up others."""

    @classmethod
    def of(cls, query: Any, where: Any) -> "JoinOrder":
        """Return the order of a query and its WHERE tree, that of one row if it has no table.

        Raises NotSupportedError as `tables_of` does.
        """
        return cls(query, where) if any(query.alias_refcount.values()) else OneRow()

    def __init__(self, query: Any, where: Any) -> None:
        """Take a query of one table at least, and its WHERE tree."""
        base, joins = tables_of(query)
        limited = query.high_mark is not None
        chain = chain_to_root(base.table_alias, joins, where, limited=limited)
        root: Any = chain[0] if chain else base
        self.root: str = root.table_alias
        self.collection: str = root.table_name
        self.steps = [self._back(join, query) for join in chain]
        turned = {join.table_alias for join in chain}
        self.steps += [self._forth(join) for join in joins if join.table_alias not in turned]
        self._first: list[Document] = []
        self._later: list[tuple[Aliases, Document]] = []

    def _back(self, join: Any, query: Any) -> Step:
        table = query.alias_map[join.parent_alias].table_name
        stages = looked_back(join, table, self._prefix(join.table_alias))
        return Step(join.parent_alias, join.table_alias, True, False, lambda keep: stages)

    def _forth(self, join: Any) -> Step:
        parent = self._prefix(join.parent_alias)
        return Step(
            join.table_alias,
            join.parent_alias,
            is_inner(join),
            is_single(join),
            lambda keep: looked_up(join, parent, keep=keep),
        )

    def _prefix(self, alias: str) -> str:
        return "" if alias == self.root else f"{JOINED}{alias}."

    def narrow(self, filter_: Document, read: Aliases) -> None:
        """Add a filter that reads columns of these aliases."""
        if read <= {self.root}:
            self._first.append(filter_)
        else:
            self._later.append((read, filter_))

    @property
    def filter(self) -> Document:
        """The filter of the collection that the query starts from."""
        return all_of(self._first)

    def before_page(self, read: Aliases, *, shortcut: bool) -> list[Step]:
        """Return the steps that must come before a slice of rows whose order reads these aliases.

        The others neither lose nor add a row. A `shortcut` expects that no reference dangles, so
        that an INNER JOIN to one row does neither.
        """
        needed = read.union(*(aliases for aliases, _ in self._later))
        steps = []
        for step in reversed(self.steps):
            if step.alias in needed or not step.single or (step.inner and not shortcut):
                steps.append(step)
                needed.add(step.source)
        return steps[::-1]

    def stages(self, steps: Iterable[Step], *, keep: bool = False) -> Iterator[Document]:
        """Yield the stages of these steps, each filter as soon as what it reads is there.

        Rows without a partner stay where the join is a LEFT JOIN, and everywhere if `keep`. No
        filter waits for a step behind a page: what a filter reads comes before it.
        """
        present: Aliases = {self.root}
        waiting = self._later
        for step in steps:
            yield from step.stages(keep or not step.inner)
            present.add(step.alias)
            ready = [filter_ for read, filter_ in waiting if read <= present]
            waiting = [(read, filter_) for read, filter_ in waiting if not read <= present]
            yield from match(all_of(ready))


class OneRow(JoinOrder):
    """A query of no table: one row, where its condition holds. `Q.check()` asks so."""

    def __init__(self) -> None:
        """Start from any collection: nothing of it is read."""
        self.root = ""
        self.collection = SCHEMA
        self.steps = []
        self._first = []
        self._later = []

    @property
    def filter(self) -> Document:
        """Nothing: the one row does not exist yet."""
        return EVERYTHING

    def stages(self, steps: Iterable[Step], *, keep: bool = False) -> Iterator[Document]:
        """Yield the stages that make the row, and filter it."""
        # Gives one document even of an empty collection. `$documents` needs MongoDB 5.1.
        yield {"$facet": {"none": [{"$limit": 1}]}}
        yield from match(all_of(self._first))
