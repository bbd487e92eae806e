"""Services that take turns at an operation, and the figures of each turn."""

import statistics
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from pymongo import MongoClient
from pymongo.collection import Collection

from benchmarks.load import Load, load
from benchmarks.operations import ITEMS, Operation, documents, verify
from benchmarks.processes import cpu_seconds
from benchmarks.server import database_process
from benchmarks.sides import Side
from benchmarks.stock import BATCH

CONNECTIONS = 16


class Turn(NamedTuple):
    """The figures of one turn of a service."""

    load: Load
    cpu: float
    """CPU time of the service for a request, in microseconds."""
    database: float
    """CPU time of the database for a request, in microseconds."""


Turns = dict[str, list[Turn]]


class Contest:
    """The services on one server, and their turns at each operation."""

    def __init__(self, client: MongoClient, sides: list[Side], seconds: float, rounds: int) -> None:
        """Fill the databases; take so many turns of so many seconds each."""
        self.seconds, self.rounds = seconds, rounds
        self.sides = sides
        self.database = database_process(client)
        self.items: dict[str, Collection] = {
            side.database: client[side.database]["items"] for side in sides
        }
        self.fill(ITEMS)

    def fill(self, size: int) -> None:
        """Leave each database with the same items, as many as that."""
        for collection in self.items.values():
            collection.delete_many({})
            rows = documents(size)
            while batch := list(islice(rows, BATCH)):
                collection.insert_many(batch)

    def verify(self) -> None:
        """Raise SystemExit unless all services answer right."""
        for side in self.sides:
            verify(side, self.items[side.database])

    def turns(self, operation: Operation) -> Turns:
        """Let the services take turns at an operation, after one turn each that warms up."""
        turns: Turns = {side.name: [] for side in self.sides}
        for number in range(self.rounds + 1):
            # Each is as often the first.
            first = number % len(self.sides)
            for side in self.sides[first:] + self.sides[:first]:
                turn = self.turn(side, operation, self.seconds if number else self.seconds / 4)
                if number:
                    turns[side.name].append(turn)
        return turns

    def turn(
        self, side: Side, operation: Operation, seconds: float, connections: int = CONNECTIONS
    ) -> Turn:
        """Load one service, and take away what that left in its database."""
        collection = self.items[side.database]
        requests = operation.requests(collection, seconds)
        before, database = cpu_seconds(side.processes), cpu_seconds(self.database)
        result = load(side.port, requests, operation.status, connections, seconds)
        micros = 1e6 / len(result.times)
        turn = Turn(
            result,
            (cpu_seconds(side.processes) - before) * micros,
            (cpu_seconds(self.database) - database) * micros,
        )
        if operation.adds:
            collection.delete_many({"name": "Nail"})
        return turn


def ratios(turns: Turns, one: str, another: str) -> list[float]:
    """Return how many times the rate of another service one has, in each round, lowest first."""
    pairs = zip(turns[one], turns[another], strict=True)
    return sorted(first.load.rate / second.load.rate for first, second in pairs)


def middle(turns: list[Turn], figure: Callable[[Turn], float]) -> float:
    """Return the median of a figure."""
    return statistics.median(map(figure, turns))
