"""What may be stored, by what clients were told.

A write that was acknowledged has been made. One that was answered with 503 has been made or not, so
that its item is in one of two states from then on, until an answer tells which.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Stored(NamedTuple):
    """An item as it is stored, with what was done for its idempotency keys."""

    id: str
    name: str
    category: str
    count: int
    price: float
    keys: frozenset[tuple[str, int, bool, "Stored"]] = frozenset()

    @property
    def item(self) -> dict[str, Any]:
        """The item as the API shows it."""
        return {field: value for field, value in self._asdict().items() if field != "keys"}


State = Stored | None
"""None: there is no item of the id."""


class Outcome(NamedTuple):
    """The status of an answer, the item in it if it has one, and what is stored afterwards."""

    status: int
    item: dict[str, Any] | None
    state: State


Operation = Callable[[State], Outcome]
MISSING = Outcome(404, None, None)


def create(item: dict[str, Any]) -> Operation:
    """POST an item."""
    new = Stored(**item)
    return lambda state: Outcome(409, None, state) if state else Outcome(201, item, new)


def change(values: dict[str, Any], only: dict[str, Any] | None = None) -> Operation:
    """PUT or PATCH some values; with `only`, if the item still is this one."""

    def operation(state: State) -> Outcome:
        if state is None:
            return MISSING
        if only is not None and state.item != only:
            return Outcome(412, None, state)
        changed = state._replace(**values)
        return Outcome(200, changed.item, changed)

    return operation


def delete(state: State) -> Outcome:
    """DELETE the item."""
    return Outcome(204, None, None) if state else MISSING


def adjust(delta: int, key: str | None = None) -> Operation:
    """POST an adjustment, with an idempotency key or without."""

    def operation(state: State) -> Outcome:
        if state is None:
            return MISSING
        for used, of, allowed, then in state.keys:
            if used == key:
                if of != delta:
                    return Outcome(422, None, state)
                return Outcome(200, then.item, state) if allowed else Outcome(409, None, state)
        allowed = state.count + delta >= 0
        after = state._replace(count=state.count + delta) if allowed else state
        if key is not None:
            entry = key, delta, allowed, after._replace(keys=frozenset())
            after = after._replace(keys=after.keys | {entry})
        return Outcome(200, after.item, after) if allowed else Outcome(409, None, after)

    return operation


def read(state: State) -> Outcome:
    """GET the item."""
    return Outcome(200, state.item, state) if state else MISSING


class Ledger:
    """The states that each item may be in. An answer that fits none of them is an error."""

    def __init__(self, ids: Iterable[str]) -> None:
        """Begin with no item."""
        self.possible: dict[str, set[State]] = {item_id: {None} for item_id in ids}

    def enter(self, item_id: str, operation: Operation, status: int, body: Any = None) -> None:
        """Take note of an answer, with the item in it if it has one."""
        possible: set[State] = set()
        for state in self.possible[item_id]:
            outcome = operation(state)
            if status == 503:
                possible |= {state, outcome.state}
            elif status == outcome.status and (outcome.item is None or body == outcome.item):
                possible.add(outcome.state)
        assert possible, f"{status} {body} fits none of {self.possible[item_id]}"
        self.possible[item_id] = possible

    def check(self, items: Iterable[dict[str, Any]]) -> None:
        """Compare with all the items that there are."""
        found = {item["id"]: item for item in items}
        for item_id in self.possible:
            item = found.get(item_id)
            self.enter(item_id, read, 200 if item else 404, item)
