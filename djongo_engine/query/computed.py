"""The fields that hold what a query selects and sorts by, computed where no document has them."""

from typing import Any

from django.db.models.expressions import Value

from djongo_engine.query.documents import COMPUTED, Document
from djongo_engine.query.identity import key
from djongo_engine.query.plan import Constant
from djongo_engine.query.translator import Translator


class ComputedFields:
    """Gives each expression a field, and the stage that computes those that are new."""

    def __init__(self, translator: Translator) -> None:
        """Take what translates the expressions and knows the fields so far."""
        self.translator = translator
        self._values: Document = {}
        self._names: dict[Any, str] = {}
        self._count = 0

    def column(self, expression: Any) -> str | Constant:
        """Return where a row finds an expression: the path of a field, or a constant."""
        if type(expression) is Value:
            return Constant(self.translator.constant(expression))
        return self.field(expression)

    def field(self, expression: Any) -> str:
        """Return the path of the field that holds an expression, computed if need be."""
        if path := self.translator.path(expression):
            return path
        if key(expression) not in self._names:
            self._names[key(expression)] = self.add(self.translator.value(expression))
        return self._names[key(expression)]

    def add(self, value: Any) -> str:
        """Return the name of a new field for a value of MongoDB's."""
        name = f"{COMPUTED}{self._count}"
        self._count += 1
        self._values[name] = value
        return name

    def stages(self) -> list[Document]:
        """Return the stage that adds the new fields, if any: only stages behind it see them."""
        if not self._values:
            return []
        values, self._values = self._values, {}
        self.translator.fields |= self._names
        self._names = {}
        return [{"$addFields": values}]
