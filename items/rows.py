"""What became of the rows of a bulk write, by its error."""

from collections.abc import Sequence

from pymongo.errors import BulkWriteError

from djongo_engine.errors import DUPLICATE_KEY, as_django_error


def done_rows(error: BulkWriteError, ids: Sequence[str], ordered: bool = False) -> list[str]:
    """Return the ids of the rows that were done; a write in order ends at its first fault."""
    failed = {row["index"] for row in error.details["writeErrors"]}
    if ordered and failed:
        return list(ids[: min(failed)])
    return [item_id for index, item_id in enumerate(ids) if index not in failed]


def rows_with_taken_ids(error: BulkWriteError) -> list[int]:
    """Return the indexes of the rows that failed because their id is taken.

    Raises DatabaseError when a row failed for another reason; what was stored then stays.
    """
    write_errors = error.details["writeErrors"]
    others = [row for row in write_errors if row["code"] != DUPLICATE_KEY]
    if others or error.details["writeConcernErrors"]:
        raise as_django_error(error) from error
    return [row["index"] for row in write_errors]
