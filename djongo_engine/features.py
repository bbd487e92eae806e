"""What MongoDB behind djongo does not do, so that Django refuses or adapts by itself."""

from djongo import features


class DatabaseFeatures(features.DatabaseFeatures):
    """Flags where Django's default, or djongo's claim, does not hold."""

    # Savepoints do nothing. Without them an IntegrityError that is caught inside atomic(), as
    # get_or_create() does, would mark the block as broken.
    uses_savepoints = True
    supports_transactions = False
    can_rollback_ddl = False
    supports_atomic_references_rename = False

    # The engine allocates ids itself, so they are known for every row of a bulk_create().
    can_return_columns_from_insert = True
    can_return_rows_from_bulk_insert = True
    has_native_uuid_field = True
    supports_microsecond_precision = False

    update_can_self_select = False
    delete_can_self_reference_subquery = False
    supports_ignore_conflicts = True
    supports_update_conflicts = False
    supports_select_union = False
    supports_select_intersection = False
    supports_select_difference = False
    supports_over_clause = False
    supports_order_by_nulls_modifier = True
    supports_explaining_query_execution = False
    supports_foreign_keys = False
    indexes_foreign_keys = False
    supports_column_check_constraints = False
    supports_table_check_constraints = False
    supports_partial_indexes = False
    supports_expression_indexes = False
    supports_expression_defaults = False
    supports_stored_generated_columns = False
    supports_virtual_generated_columns = False
    supports_json_field = False
    supports_comments = False
    # Comparisons are by the characters' codes, whatever `db_collation` a field asks for.
    supports_collation_on_charfield = False
    supports_collation_on_textfield = False
    can_clone_databases = False
