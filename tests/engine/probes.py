"""Questions and changes for the ORM on two databases: the engine answers the same, or refuses.

SQLite is the judge. Its `contains` and similar lookups are made to do what Django documents: the
plain ones regard case, those with an `i` disregard it in every alphabet.
"""

import datetime
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.db import NotSupportedError, connection, connections, models
from django.db.models import QuerySet

from accounts.models import User
from tests.engine.engine_models.models import Record, Tag

UTC = datetime.UTC
TEXTS = [
    *["", " ", "a", "abc", "ABC", "a.c", ".*", "^", "$", "(", "[a", "a]", "\\", "\\d", "%", "_"],
    *["a%c", "a_c", "{}", '{"a": 1}', "'", '"', "a'b", "\n", "abc\n", "a\nc", "\0", "a\0c", "|"],
    *["$where", "$text", "%s", "%(a)s", "é", "É", "Éa", "ſ", "K", "k", "Σ", "ς", "ß", "SS", "İ"],
    *["日本", "😀", "#a b", "a-z", "-", "/", "null", "true", "0"],
]
NUMBERS = [0, 1, -1, 2, 3, 7, 2**31, -(2**31), 2**53 + 1, None]
# Beyond 1e-128 and 1e128 SecantusDB sorts wrongly, in part: docs/engine.md, "Two servers".
RATIOS = [0.0, 0.25, -0.25, 1.0, 1.5, 2.75, 1e300, -1e-120, 9007199254740992.0, float("inf")]
AMOUNTS = [Decimal(a) for a in ("0", "0.10", "-0.10", "1", "1.50", "12.34", "9999999.99")]
DAYS = [datetime.date(*d) for d in [(1969, 12, 31), (2024, 2, 29), (2025, 12, 29), (2026, 1, 1)]]
MOMENTS = [
    datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    datetime.datetime(2024, 2, 29, 12, 30, 15, 1000, tzinfo=UTC),
    datetime.datetime(2026, 1, 1, tzinfo=UTC),
    datetime.datetime(2026, 12, 31, 23, 59, 59, 123000, tzinfo=UTC),
]
CLOCKS = [datetime.time(0), datetime.time(12, 30, 15, 1000), datetime.time(23, 59, 59, 999000)]
SPANS = [datetime.timedelta(seconds=s) for s in (0, 1, -1, 90061, 0.000007)]
RAWS = [b"", b"\0", b"b", b"aa", b"\xff\xff"]


def pick(values: list[Any], position: int, hole: int = 0) -> Any:
    """The value for a row: all in turn, with NULL in every `hole`-th row."""
    return None if hole and position % hole == 0 else values[position % len(values)]


def make_records(count: int = len(TEXTS)) -> Iterator[Record]:
    """Records that have every value of the lists above, in combinations that differ."""
    for position in range(1, count + 1):
        text = pick(TEXTS, position)
        yield Record(
            pk=position,
            key=uuid.UUID(int=position * 7919),
            text=text,
            note=pick(TEXTS, position * 5 + 1, 3) if position % 3 else None,
            number=pick(NUMBERS, position * 3 + position // 10),
            ratio=pick(RATIOS, position * 7 + position // 10),
            amount=pick(AMOUNTS, position * 3, 5),
            flag=position % 2 == 0,
            day=pick(DAYS, position, 6),
            moment=pick(MOMENTS, position // 2, 7),
            clock=pick(CLOCKS, position, 8),
            span=pick(SPANS, position, 9),
            raw=pick(RAWS, position, 10),
        )


def make_tags() -> Iterator[Tag]:
    """Tags: several, one or none a record, and some of no record."""
    pairs = [(1, "a"), (1, "b"), (2, "a"), (3, "abc"), (5, "b"), (5, "c"), (None, "a"), (None, "c")]
    for pk, (record, word) in enumerate(pairs, start=1):
        yield Tag(pk=pk, record_id=record, word=word)


@dataclass(frozen=True)
class Tables:
    """The models of one database."""

    alias: str

    @property
    def records(self) -> QuerySet[Record]:
        return Record.objects.using(self.alias)

    @property
    def tags(self) -> QuerySet[Tag]:
        return Tag.objects.using(self.alias)

    @property
    def users(self) -> QuerySet[User]:
        return User.objects.using(self.alias)

    @property
    def groups(self) -> QuerySet[Group]:
        return Group.objects.using(self.alias)


ENGINE, JUDGE = Tables("default"), Tables("sqlite")
Probe = Callable[[Tables], Any]


def store(records: Iterable[Record], tags: Iterable[Tag]) -> None:
    """Store the same rows in both databases; the engine's in part without their NULL fields."""
    for tables, rows, words in [(ENGINE, records, tags), (JUDGE, list(records), list(tags))]:
        tables.records.bulk_create(rows)
        tables.tags.bulk_create(words)
    for model in (Record, Tag):
        collection = connection.database[model._meta.db_table]
        for field in model._meta.fields:
            if field.null:
                missing = {field.column: None, "id": {"$mod": [2, 0]}}
                collection.update_many(missing, {"$unset": {field.column: ""}})


def plain(value: Any) -> Any:
    """Return a result as values that compare by type too, and do not name the database.

    Twelve equal digits make equal floats and decimals: SQLite has no decimals, and a sum depends
    on its order.
    """
    if isinstance(value, models.Model):
        return type(value).__name__, [
            plain(item) for name, item in sorted(vars(value).items()) if not name.startswith("_")
        ]
    if isinstance(value, QuerySet):
        rows = [plain(row) for row in value]
        return rows if value.ordered else sorted(rows, key=repr)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, map, Iterator)):
        return [plain(item) for item in value]
    if isinstance(value, (float, Decimal)):
        return type(value).__name__, f"{float(value) + 0.0:.12g}"
    if isinstance(value, memoryview):
        return plain(bytes(value))
    if isinstance(value, int) and not isinstance(value, bool):
        # bson gives one of 64 bits as its subclass Int64.
        return "int", int(value)
    return type(value).__name__, value


def outcome(probe: Probe, tables: Tables) -> tuple[str, Any]:
    """What a probe gives: an answer, a refusal or an error."""
    try:
        return "answer", plain(probe(tables))
    except NotSupportedError as error:
        return "refused", str(error)
    except Exception as error:
        return "error", type(error).__name__


def difference(ours: Any, right: Any) -> tuple[Any, Any]:
    """The first part in which two answers differ."""
    if type(ours) is type(right) and isinstance(ours, (list, tuple)) and len(ours) == len(right):
        for one, other in zip(ours, right, strict=True):
            if one != other:
                return difference(one, other)
    if isinstance(ours, dict) and isinstance(right, dict) and ours.keys() == right.keys():
        return difference(sorted(ours.items()), sorted(right.items()))
    return ours, right


class Tally:
    """Counts probes as equal, refused or wrong, and keeps what was wrong."""

    def __init__(self, record_property: Callable[[str, object], None], kind: str) -> None:
        self.kind = kind
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.refused: list[str] = []
        self._record_property = record_property

    def ask(self, name: str, probe: Probe) -> str:
        """Put the question to both databases; return `equal`, `refused` or `wrong`."""
        return self.judge(name, outcome(probe, ENGINE), outcome(probe, JUDGE))

    def judge(self, name: str, ours: tuple[str, Any], right: tuple[str, Any]) -> str:
        """Count one pair of outcomes."""
        if ours[0] == "refused":
            verdict = "refused"
            self.refused.append(f"{name}: {ours[1]}")
        elif ours == right:
            verdict = "equal"
        else:
            verdict = "wrong"
            first = difference(ours[1], right[1]) if ours[0] == right[0] else (ours, right)
            self.wrong.append(
                "{}\n  engine: {:.300}\n  judge:  {:.300}".format(name, *map(repr, first))
            )
        self.counts[f"{self.kind} {verdict}"] += 1
        return verdict

    def hold(self, name: str, reason: str | None, ours: tuple[str, Any], right: Any) -> str:
        """Count one pair of outcomes; what is neither equal nor refused for the reason is wrong."""
        verdict = self.judge(name, ours, right)
        if reason is None and verdict == "refused":
            self.wrong.append(f"{name}\n  was translated, and is refused: {ours[1]}")
        elif reason is not None and (verdict != "refused" or reason not in ours[1]):
            self.wrong.append(f"{name}\n  is to be refused because of {reason!r}: {ours!r:.300}")
        return verdict

    def close(self) -> None:
        """Report the counts for the summary; fail when an answer was wrong."""
        self._record_property("probes", dict(self.counts))
        if self.wrong:
            raise AssertionError("\n".join([f"{len(self.wrong)} wrong answers", *self.wrong]))

    def share(self) -> float:
        """The share of probes that were answered."""
        return self.counts[f"{self.kind} equal"] / self.counts.total()


# The judge's text lookups


def _fold(text: str) -> str:
    """Simple case folding of Unicode: one character for one, as PCRE compares."""

    def simple(char: str) -> str:
        folded = char.casefold()
        if len(folded) > 1:
            folded = char.lower()
        return folded if len(folded) == 1 else char

    return "".join(map(simple, text))


def _like(pattern: str, value: str | None, fold: Callable[[str], str]) -> bool | None:
    """SQL's LIKE with a backslash as the escape, for patterns with `%` only at their ends."""
    if value is None:
        return None
    starts, ends = not pattern.startswith("%"), True
    body = pattern if starts else pattern[1:]
    literal, escaped = [], False
    for char in body:
        if escaped or char not in "\\%":
            literal.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            ends = False
    text, within = fold("".join(literal)), fold(value)
    if starts and ends:
        return text == within
    if starts:
        return within.startswith(text)
    return within.endswith(text) if ends else text in within


def teach_the_judge() -> None:
    """Give SQLite the text lookups that Django documents, by two operators made for it."""
    judge: Any = connections["sqlite"]
    judge.ensure_connection()
    judge.connection.create_function("glob", 2, lambda pattern, v: _like(pattern, v, str))
    judge.connection.create_function("match", 2, lambda pattern, v: _like(pattern, v, _fold))
    # SQLite's own ends at a NUL.
    judge.connection.create_function("length", 1, lambda text: text if text is None else len(text))
    # With it SQLite 3.40 forgets the NULL in `NOT (id IN (SELECT number …))`.
    judge.connection.execute("DROP INDEX IF EXISTS record_number_text")
    judge.operators = {
        **judge.operators,
        **dict.fromkeys(("contains", "startswith", "endswith"), "GLOB %s"),
        **dict.fromkeys(("iexact", "icontains", "istartswith", "iendswith"), "MATCH %s"),
    }


def summary(counts: Counter[str]) -> str:
    """The lines that the run prints: equal and refused for each row of the engine's table."""
    rows = sorted({name.rpartition(" ")[0] for name in counts})
    lines = [
        f"  {row}: {counts[f'{row} equal']} equal, {counts[f'{row} refused']} refused, "
        f"{counts[f'{row} wrong']} wrong"
        for row in rows
    ]
    return "\n".join(["The engine against SQLite", *lines])
