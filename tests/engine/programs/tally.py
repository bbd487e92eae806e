"""Counts what came of programs, by construct, and says where that is too little."""

from collections import Counter

from tests.engine.programs.compare import EQUAL, FAILED, REFUSED, WRONG

AT_LEAST = {
    "join over a nullable key": 0.3,
    "exclude over many": 0.1,
    "prefetch": 0.1,
    "arithmetic over groups": 0.1,
    "write": 0.1,
}
"""The share of programs that must hold a construct. Tame programs would prove nothing."""
EQUAL_AT_LEAST = 0.9
FAILED_AT_MOST = 0.05
KINDS = (EQUAL, REFUSED, FAILED, WRONG)


class Tally:
    """The verdicts on programs."""

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()
        self.by_construct: Counter[tuple[str, str]] = Counter()
        self.reasons: Counter[str] = Counter()

    def add(self, other: "Tally") -> None:
        self.verdicts += other.verdicts
        self.by_construct += other.by_construct
        self.reasons += other.reasons

    def count(self, constructs: frozenset[str], kind: str, reason: str = "") -> None:
        self.verdicts[kind] += 1
        self.by_construct.update((construct, kind) for construct in constructs)
        if kind == REFUSED:
            self.reasons[reason] += 1

    @property
    def total(self) -> int:
        return self.verdicts.total()

    def of(self, construct: str) -> int:
        """The number of programs that hold a construct."""
        return sum(self.by_construct[construct, kind] for kind in KINDS)

    def shortfalls(self) -> list[str]:
        """What the run fails for."""
        said = [f"{self.verdicts[WRONG]} wrong"] if self.verdicts[WRONG] else []
        if self.verdicts[EQUAL] < EQUAL_AT_LEAST * self.total:
            said.append(f"less than {EQUAL_AT_LEAST:.0%} equal")
        if self.verdicts[FAILED] > FAILED_AT_MOST * self.total:
            said.append(f"more than {FAILED_AT_MOST:.0%} end in an exception on both")
        return said + [
            f"less than {share:.0%} hold: {construct}"
            for construct, share in AT_LEAST.items()
            if self.of(construct) < share * self.total
        ]

    def line(self) -> str:
        """The verdicts in one line."""
        share = 100 * self.verdicts[EQUAL] / (self.total or 1)
        counts = ", ".join(f"{self.verdicts[kind]} {kind}" for kind in KINDS)
        return f"{self.total} programs: {counts} ({share:.1f} % equal)"

    def table(self) -> str:
        """The verdicts by construct, and why programs were refused."""
        names = sorted({name for name, _ in self.by_construct}, key=self.of, reverse=True)
        lines = [f"{'construct':28} {'share':>7} " + "".join(f"{kind:>9}" for kind in KINDS)]
        for name in names:
            counts = "".join(f"{self.by_construct[name, kind]:9}" for kind in KINDS)
            lines.append(f"{name:28} {self.of(name) / self.total:7.1%} {counts}")
        lines += [f"refused {count:5} x {reason}" for reason, count in self.reasons.most_common()]
        return "\n".join(lines)
