"""What MongoDB behind djongo does not do, so that Django refuses or adapts by itself."""

from djongo import features


class DatabaseFeatures(features.DatabaseFeatures):
    """Flags where djongo's claim, or Django's default, does not hold."""

    # Savepoints do nothing. Without them an IntegrityError that is caught inside atomic(), as
    # get_or_create() does, would mark the block as broken.
    uses_savepoints = True

    # The engine allocates ids itself, so they are known for every row of a bulk_create().
    can_return_columns_from_insert = True
    can_return_rows_from_bulk_insert = True

    update_can_self_select = False
    delete_can_self_reference_subquery = False
    supports_select_union = False
    supports_select_intersection = False
    supports_select_difference = False
    supports_foreign_keys = False
    indexes_foreign_keys = False
    supports_column_check_constraints = False
    supports_table_check_constraints = False
    supports_partial_indexes = False
    supports_expression_indexes = False
    supports_expression_defaults = False
    supports_json_field = False
    # Comparisons are by the characters' codes, whatever `db_collation` a field asks for.
    supports_collation_on_charfield = False
    supports_collation_on_textfield = False
    can_clone_databases = False
    test_db_allows_multiple_connections = True
