"""The original's operations: the requests that are timed, and what is the right answer to each."""

import http.client
import json
import random
import socket
import uuid
from collections.abc import Callable, Iterable, Iterator
from itertools import count, repeat
from typing import Any, NamedTuple

from pymongo.collection import Collection

from benchmarks.sides import VERSION, Side
from benchmarks.stock import AUTHORIZATION, CONFIGURATION, item

ITEMS = 100
DELETIONS_A_SECOND = 3000
CATEGORY = "consumables"
Document = dict[str, Any]
Requests = Callable[[Collection, float], Iterable[bytes]]


class Operation(NamedTuple):
    """A kind of request, and the status of its answer.

    `requests` gives enough of them for a collection and so many seconds. `size` says how many items
    there are.
    """

    name: str
    status: int
    requests: Requests
    size: int = ITEMS
    adds: bool = False
    """Whether it leaves new items, or stores some first."""


def documents(number: int) -> Iterator[Document]:
    """Yield items, the same ones every time, with names that the original can read."""
    chance = random.Random(7)
    return ({**item(chance), "name": f"n{index}"} for index in range(number))


ONE = next(documents(1))
PATH = f"/v1/items/{ONE['_id']}"
QUERY = f"/v1/items/?name={ONE['name']}"


def message(method: str, path: str, body: Document | None = None, authorized: bool = True) -> bytes:
    """Return a request as it goes over the wire."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if authorized:
        head += f"Authorization: {AUTHORIZATION}\r\n"
    if content:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return f"{head}\r\n".encode() + content


def get(path: str, authorized: bool = True) -> Requests:
    """Return what gives the same GET each time."""
    return lambda collection, seconds: repeat(message("GET", path, authorized=authorized))


def changes(collection: Collection, seconds: float) -> Iterator[bytes]:
    """Give an item one count after the other."""
    return (message("PUT", f"{PATH}?count={number}") for number in count())


def creations(collection: Collection, seconds: float) -> Iterator[bytes]:
    """Create items."""
    return (message("POST", "/v1/items", new_item(number)) for number in count())


def deletions(collection: Collection, seconds: float) -> list[bytes]:
    """Delete items that are stored first, each once."""
    rows = [new_item(number) for number in range(int(DELETIONS_A_SECOND * seconds))]
    collection.insert_many([as_document(row) for row in rows])
    return [message("DELETE", f"/v1/items/{row['id']}") for row in rows]


def new_item(number: int) -> Document:
    """Return an item with an id of its own."""
    values = {"name": "Nail", "category": CATEGORY, "count": number, "price": 0.05}
    return {"id": str(uuid.uuid4()), **values}


def as_document(row: Document) -> Document:
    """Return the document of an item."""
    return {"_id" if name == "id" else name: value for name, value in row.items()}


def as_item(document: Document) -> Document:
    """Return the item of a document."""
    return {"id" if name == "_id" else name: value for name, value in document.items()}


OPERATIONS = [
    Operation("GET id", 200, get(PATH)),
    Operation("PUT ?count=", 200, changes),
    Operation("POST", 201, creations, adds=True),
    Operation("DELETE", 204, deletions, adds=True),
    Operation("list 100", 200, get("/v1/items")),
    Operation("query", 200, get(QUERY)),
    Operation("health", 200, get("/health")),
    Operation("401", 401, get(PATH, authorized=False)),
]


def verify(side: Side, collection: Collection) -> None:
    """Raise SystemExit unless a service does each operation right on the ITEMS documents."""

    def expect(method: str, path: str, status: int, answer: Any = None, **sent: Any) -> None:
        """Ask, and compare the status, and the answer where one is given."""
        got_status, got = call(side.port, message(method, path, **sent))
        if isinstance(got, list):
            got.sort(key=lambda row: row["id"])
        if got_status != status or (answer is not None and got != answer):
            raise SystemExit(
                f"{side.name} answers {method} {path} with {got_status} {json.dumps(got)[:500]}"
                f" instead of {status} {json.dumps(answer)[:500] if answer is not None else ''}"
            )

    stored = [as_item(document) for document in documents(ITEMS)]
    one, new = as_item(ONE), new_item(1)
    path, missing = f"/v1/items/{new['id']}", {"name": None, "count": None, "price": None}
    expect("PUT", f"{PATH}?count=1234567", 200, {**one, "count": 1234567})
    expect("GET", PATH, 200, {**one, "count": 1234567})
    expect("PUT", f"{PATH}?count={one['count']}", 200, one)
    expect("GET", PATH, 200, one)
    expect("GET", "/v1/items", 200, sorted(stored, key=lambda row: row["id"]))
    query = {"query": {**missing, "category": None, "name": one["name"]}, "selection": [one]}
    expect("GET", QUERY, 200, query)
    expect("GET", "/v1/items/", 400, {"detail": "No query values provided in query URL"})
    expect("POST", "/v1/items", 201, new, body=new)
    expect("POST", "/v1/items", 409, body=new)
    expect("GET", path, 200, new)
    expect("DELETE", path, 204)
    for method, lost in (("GET", path), ("PUT", f"{path}?count=1"), ("DELETE", path)):
        expect(method, lost, 404)
    health = {"status": True, "name": CONFIGURATION["NAME"], "version": VERSION}
    expect("GET", "/health", 200, {**health, "resources": [{"name": "MongoDb", "status": True}]})
    expect("GET", PATH, 401, {"detail": "Not authenticated"}, authorized=False)
    kept = list(collection.find({}, sort=[("_id", 1)], projection=[*ONE]))
    if kept != sorted(documents(ITEMS), key=lambda document: document["_id"]):
        raise SystemExit(f"{side.name} has left other items than there were.")


def call(port: int, sent: bytes) -> tuple[int, Any]:
    """Send one request; return the status, and what the answer's JSON holds."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(sent)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, json.loads(answer.read() or "null")
