"""The random choices of one program."""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

Option = TypeVar("Option")


class Draw:
    """Chooses at random, and notes the constructs that the program came to hold."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.constructs: set[str] = set()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def up_to(self, most: int) -> int:
        return self.random.randint(0, most)

    def one(self, options: Sequence[Option]) -> Option:
        return self.random.choice(options)

    def some(self, options: Sequence[Option], most: int) -> list[Option]:
        """One or more different options."""
        count = self.random.randint(1, min(most, len(options)))
        return self.random.sample(options, count)

    def by_weight(self, options: Mapping[Option, float]) -> Option:
        return self.random.choices(list(options), list(options.values()))[0]

    def note(self, construct: str) -> None:
        self.constructs.add(construct)
