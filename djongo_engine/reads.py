"""A read of documents that fit into one reply, as one command without a cursor."""

from collections.abc import Mapping
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import (
    AutoReconnect,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

# Those that pymongo does not raise as AutoReconnect, of the specification "Retryable Reads":
# https://github.com/mongodb/specifications/blob/master/source/retryable-reads/retryable-reads.md
RETRYABLE_CODES = frozenset({6, 7, 89, 134, 262, 9001})

Document = dict[str, Any]


def find_documents(
    collection: Collection[Document],
    filter: Mapping[str, Any],
    projection: Mapping[str, Any],
    limit: int,
    **fields: Any,
) -> list[Document]:
    """Return at most `limit` documents; `fields` are others of the `find` command.

    It does what `list(collection.find(...))` does, with the collection's options and one retry, in
    three quarters of the CPU time: 73 instead of 95 us for one document.

    Raises PyMongoError. https://www.mongodb.com/docs/manual/reference/command/find/
    """
    command = {
        "find": collection.name,
        "filter": filter,
        "projection": projection,
        "limit": limit,
        "batchSize": limit,
        **fields,
    }
    if concern := collection.read_concern.document:
        command["readConcern"] = concern
    try:
        return _documents(collection, command)
    except PyMongoError as error:
        if not (collection.database.client.options.retry_reads and _is_retryable(error)):
            raise
        return _documents(collection, command)


def _documents(collection: Collection[Document], command: Document) -> list[Document]:
    database = collection.database
    options: dict[str, Any] = {
        "read_preference": collection.read_preference,
        "codec_options": collection.codec_options,
    }
    cursor = database.command(command, **options)["cursor"]
    if not cursor["id"]:
        documents: list[Document] = cursor["firstBatch"]
        return documents
    # A reply holds no more than 16 MiB. A cursor goes on from there.
    database.command("killCursors", collection.name, cursors=[cursor["id"]])
    return list(database.cursor_command(command, **options))


def _is_retryable(error: PyMongoError) -> bool:
    if isinstance(error, OperationFailure):
        return error.code in RETRYABLE_CODES
    return isinstance(error, AutoReconnect) and not isinstance(error, ServerSelectionTimeoutError)
