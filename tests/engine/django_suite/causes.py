"""Why some of Django's tests fail on the engine: by the error, or for a test by its name."""

UNKNOWN = "**unknown**"

RULES = [
    (r"NotSupportedError: djongo_engine does not translate (.*?)\. [A-Z]", r"Refused: \1"),
    (r"NotSupportedError: (.*)", r"Refused by Django: \1"),
]

SQL = "The test reads SQL text, which the engine does not make"
MILLISECONDS = "Datetimes keep milliseconds"
TWO_COMMANDS = (
    "One MongoDB command reads one collection: the keys are read first, with one command more than "
    "the test expects"
)

KNOWN = {
    "AggregateAnnotationPruningTests.test_non_aggregate_annotation_pruned": SQL,
    "AggregateAnnotationPruningTests.test_referenced_aggregate_annotation_kept": SQL,
    "AggregateAnnotationPruningTests.test_unreferenced_aggregate_annotation_pruned": SQL,
    "AggregateAnnotationPruningTests.test_unused_aliased_aggregate_pruned": SQL,
    "AggregateTestCase.test_add_implementation": SQL,
    "AggregateTestCase.test_count_star": SQL,
    "DeletionTests.test_only_referenced_fields_selected": SQL,
    "FastDeleteTests.test_fast_delete_aggregation": TWO_COMMANDS,
    "FastDeleteTests.test_fast_delete_empty_no_update_can_self_select": TWO_COMMANDS,
    "FastDeleteTests.test_fast_delete_full_match": TWO_COMMANDS,
    "FastDeleteTests.test_fast_delete_joined_qs": TWO_COMMANDS,
    "LookupTests.test_in_ignore_none": SQL,
    "LookupTests.test_in_ignore_none_with_unhashable_items": SQL,
    "LookupTests.test_in_keeps_value_ordering": SQL,
    "LookupTests.test_lookup_direct_value_rhs_unwrapped": SQL,
    "LookupTests.test_textfield_exact_null": SQL,
    "ModelRefreshTests.test_refresh_unsaved": MILLISECONDS,
    "ModelRefreshTests.test_refresh_with_related": MILLISECONDS,
    "ModelTest.test_emptyqs_values_order": TWO_COMMANDS,
    "ModelTest.test_microsecond_precision": MILLISECONDS,
    "SelectOnSaveTests.test_select_on_save_lying_update": (
        "Needs transactions: the test expects the error of a broken transaction"
    ),
    "UpdateOrCreateTests.test_update_only_defaults_and_pre_save_fields_when_local_fields": SQL,
}
