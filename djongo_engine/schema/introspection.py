"""What the database says about itself: collections and their indexes."""

from typing import Any

from django.db.backends.base.introspection import TableInfo
from django.db.models import Index
from djongo import introspection

from djongo_engine.errors import refuse, translate_errors


class DatabaseIntrospection(introspection.DatabaseIntrospection):
    """djongo's introspection, without the column types it never kept up to date."""

    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        """Return the collections, without the server's own and djongo's `__schema__`."""
        with translate_errors():
            names = cursor.db_conn.list_collection_names()
        hidden = ("system.", "__")
        return [TableInfo(name, "t") for name in names if not name.startswith(hidden)]

    def get_constraints(self, cursor: Any, table_name: str) -> dict[str, dict[str, Any]]:
        """Return the indexes in Django's form; `_id_` is the server's own."""
        with translate_errors():
            indexes = cursor.db_conn[table_name].index_information()
        return {
            name: {
                "columns": [column for column, _ in index["key"]],
                "orders": ["ASC" if order == 1 else "DESC" for _, order in index["key"]],
                "primary_key": name == "__primary_key__",
                "unique": index.get("unique", False),
                "index": True,
                "type": Index.suffix,
                "foreign_key": None,
                "check": False,
            }
            for name, index in indexes.items()
            if name != "_id_"
        }

    def get_sequences(
        self, cursor: Any, table_name: str, table_fields: Any = ()
    ) -> list[dict[str, Any]]:
        """Return one for each collection: to reset a counter that is not there does nothing."""
        return [{"table": table_name, "column": None}]

    def get_table_description(self, cursor: Any, table_name: str) -> list[Any]:
        """Refuse what `inspectdb` and `migrate --fake-initial` ask for."""
        refuse("a description of columns: a MongoDB collection does not declare its fields")
