"""The schema operations on indexes and unique constraints."""

from collections.abc import Iterable
from typing import Any

from django.db import DatabaseError, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from djongo_engine.errors import as_django_error, translate_errors
from djongo_engine.schema.index_specs import (
    IndexSpec,
    constraint_spec,
    index_spec,
    model_specs,
    plain_spec,
    together_spec,
)

Documents = Collection[dict[str, Any]]


class IndexEditor(BaseDatabaseSchemaEditor):
    """Creates, changes and drops indexes."""

    def collection(self, model: type[models.Model]) -> Documents:
        """Return the pymongo collection of a model."""
        collection: Documents = self.connection.database[model._meta.db_table]
        return collection

    def create_indexes(self, model: type[models.Model], specs: Iterable[IndexSpec]) -> None:
        """Create indexes; one that is there already, under whatever name, will do.

        Raises DatabaseError, which names the index, for one that the server does not make as it is
        declared; IntegrityError for a unique one that meets a duplicate.
        """
        collection = self.collection(model)
        with translate_errors():
            present = list(collection.index_information().values())
            for spec in specs:
                if not any(spec.describes(index) for index in present):
                    self.create_index(collection, spec)
                    present.append({"key": spec.keys, **spec.options})

    @staticmethod
    def create_index(collection: Documents, spec: IndexSpec) -> None:
        """Create one index, which is not there; raise as `create_indexes` does."""
        name = f"The index {spec.name!r} of the collection {collection.name!r}"
        try:
            collection.create_index(spec.keys, name=spec.name, **spec.options)
        except OperationFailure as why:
            error = as_django_error(why)
            raise type(error)(f"{name} cannot be created: {error}") from why
        if not spec.describes(collection.index_information()[spec.name]):
            collection.drop_index(spec.name)
            asked = ", ".join(spec.options)
            raise DatabaseError(f"{name} cannot be created: the server disregards its {asked}.")

    def drop_indexes(self, model: type[models.Model], specs: Iterable[IndexSpec]) -> None:
        """Drop indexes under whatever name; one that is gone already is no error."""
        collection = self.collection(model)
        unwanted = list(specs)
        with translate_errors():
            for name, index in collection.index_information().items():
                if any(spec.describes(index) for spec in unwanted):
                    collection.drop_index(name)

    def change_indexes(
        self, model: type[models.Model], old: Iterable[IndexSpec], new: Iterable[IndexSpec]
    ) -> None:
        """Create and drop the indexes in which two lists differ.

        The new come first, so that a duplicate that one of them meets leaves the old in place;
        but two indexes cannot have one name.
        """
        wanted = list(new)
        names = {spec.name for spec in wanted}
        unwanted = [spec for spec in old if spec not in wanted]
        self.drop_indexes(model, [spec for spec in unwanted if spec.name in names])
        self.create_indexes(model, wanted)
        self.drop_indexes(model, [spec for spec in unwanted if spec.name not in names])

    def add_index(self, model: type[models.Model], index: models.Index) -> None:
        """Create an index."""
        self.create_indexes(model, [index_spec(index, model._meta.get_field)])

    def remove_index(self, model: type[models.Model], index: models.Index) -> None:
        """Drop an index."""
        self._remove(model, index_spec(index, model._meta.get_field))

    def rename_index(
        self, model: type[models.Model], old_index: models.Index, new_index: models.Index
    ) -> None:
        """Build the index anew: MongoDB renames none and takes no second one on the same keys."""
        spec = index_spec(new_index, model._meta.get_field)
        self.drop_indexes(model, [index_spec(old_index, model._meta.get_field)])
        self.create_indexes(model, [spec])

    def add_constraint(self, model: type[models.Model], constraint: models.BaseConstraint) -> None:
        """Create the unique index of a UniqueConstraint on fields; refuse others."""
        self.create_indexes(model, [constraint_spec(constraint, model._meta.get_field)])

    def remove_constraint(
        self, model: type[models.Model], constraint: models.BaseConstraint
    ) -> None:
        """Drop the unique index of a UniqueConstraint."""
        self._remove(model, constraint_spec(constraint, model._meta.get_field))

    def _remove(self, model: type[models.Model], spec: IndexSpec) -> None:
        """Drop an index, unless another declaration of the model asks for the same one."""
        others = [other for other in model_specs(model) if other.name != spec.name]
        if spec not in others:
            self.drop_indexes(model, [spec])

    def alter_unique_together(
        self, model: type[models.Model], old_unique_together: Any, new_unique_together: Any
    ) -> None:
        """Create and drop the unique indexes in which the two differ."""
        old, new = (
            [together_spec(names, model._meta.get_field) for names in together]
            for together in (old_unique_together, new_unique_together)
        )
        self.change_indexes(model, old, [*new, *model_specs(model)])

    def alter_index_together(
        self, model: type[models.Model], old_index_together: Any, new_index_together: Any
    ) -> None:
        """Create and drop the indexes in which the two differ (migrations before Django 5.1)."""
        old, new = (
            [plain_spec([model._meta.get_field(name) for name in names]) for names in together]
            for together in (old_index_together, new_index_together)
        )
        self.change_indexes(model, old, [*new, *model_specs(model)])
