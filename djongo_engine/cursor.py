"""The DB-API cursor, which refuses SQL text."""

from collections.abc import Sequence
from typing import Any

from pymongo.database import Database

from djongo_engine.errors import refuse, translate_errors
from djongo_engine.statements import Statement


class Cursor:
    """Gives djongo's `DjongoManager` the database. The engine's compilers send it no SQL text."""

    def __init__(self, db_conn: Database[dict[str, Any]]) -> None:
        """Keep the pymongo database, under the name that DjongoManager reads."""
        self.db_conn = db_conn

    def execute(self, sql: str, params: Sequence[Any] | None = None) -> None:
        """Run a statement of the engine's own; refuse SQL text (`raw()`, `RunSQL`, a cursor)."""
        if not isinstance(sql, Statement):
            refuse("SQL text")
        with translate_errors():
            sql.run(self.db_conn)

    def executemany(self, sql: str, param_list: Sequence[Sequence[Any]]) -> None:
        """Refuse SQL text."""
        refuse("SQL text")

    def close(self) -> None:
        """Nothing to close: the client outlives every cursor."""
