"""pymongo's database and collection, whose commands carry the comment of the work they are for.

https://www.mongodb.com/docs/manual/reference/command/: every command takes a `comment` since
MongoDB 4.4, and a cursor's getMore has that of its find.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from pymongo import collection, database

from djongo_engine.work import current

Document = dict[str, Any]
Method = TypeVar("Method", bound=Callable[..., Any])


def commented(method: Method) -> Method:
    """Return a method of pymongo's that passes the comment on, which takes 0.3 us."""

    @wraps(method)
    def with_comment(*args: Any, **options: Any) -> Any:
        work = current.get()
        if work is not None:
            options.setdefault("comment", work.comment)
        return method(*args, **options)

    return cast(Method, with_comment)


class Collection(collection.Collection[Document]):
    """pymongo's; other methods of it send what no request sends."""

    aggregate = commented(collection.Collection.aggregate)
    bulk_write = commented(collection.Collection.bulk_write)
    count_documents = commented(collection.Collection.count_documents)
    delete_many = commented(collection.Collection.delete_many)
    delete_one = commented(collection.Collection.delete_one)
    distinct = commented(collection.Collection.distinct)
    # find_one calls it.
    find = commented(collection.Collection.find)
    find_one_and_delete = commented(collection.Collection.find_one_and_delete)
    find_one_and_replace = commented(collection.Collection.find_one_and_replace)
    find_one_and_update = commented(collection.Collection.find_one_and_update)
    insert_many = commented(collection.Collection.insert_many)
    insert_one = commented(collection.Collection.insert_one)
    replace_one = commented(collection.Collection.replace_one)
    update_many = commented(collection.Collection.update_many)
    update_one = commented(collection.Collection.update_one)


class Database(database.Database[Document]):
    """pymongo's, with these collections."""

    command = commented(database.Database.command)

    def cursor_command(self, command: Any, *args: Any, **options: Any) -> Any:
        """Run a command that gives a cursor; pymongo's takes a comment for its getMore alone."""
        work = current.get()
        if work is not None:
            command = {**command, "comment": work.comment}
            options.setdefault("comment", work.comment)
        return super().cursor_command(command, *args, **options)

    def __getitem__(self, name: str) -> Collection:
        return Collection(self, name)
