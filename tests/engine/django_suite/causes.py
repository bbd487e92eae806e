"""Why some of Django's tests fail on the engine: by the error, or for a test by its name."""

UNKNOWN = "**unknown**"

SQL = "The test reads SQL text, which the engine does not make"
MILLISECONDS = "Datetimes keep milliseconds"
COMMANDS = (
    "One MongoDB command reads one collection: the keys are read first, with one command more than "
    "the test expects"
)
CURSOR = "The test looks at how Django's compiler uses a cursor; the engine's own uses none"

_SQL_TEXT = r"str\((\w+\.)?query\)|as_sql\(\)|\b(captured_|update_)?sqls?\b"

# Each is looked for in the statement of the test, behind which come the error's type and text.
RULES = [
    (r"NotSupportedError: djongo_engine does not translate (.*?)\. [A-Z]", r"Refused: \1"),
    (r"NotSupportedError: (.*)", r"Refused by Django: \1"),
    (rf"self\.assert\w+\(.*?({_SQL_TEXT}).*\nAssertionError: ", SQL),
    (r"\bsql\.index\(.*\nValueError: ", SQL),
]

KNOWN = {
    "ExcludeTests.test_exclude_m2m_through": COMMANDS,
    "ExplainUnsupportedTests.test_message": (
        "The test expects Django's words of a refusal; the engine says what to write instead"
    ),
    "FastDeleteTests.test_fast_delete_aggregation": COMMANDS,
    "FastDeleteTests.test_fast_delete_empty_no_update_can_self_select": COMMANDS,
    "FastDeleteTests.test_fast_delete_full_match": COMMANDS,
    "FastDeleteTests.test_fast_delete_joined_qs": COMMANDS,
    "ModelRefreshTests.test_refresh_unsaved": MILLISECONDS,
    "ModelRefreshTests.test_refresh_with_related": MILLISECONDS,
    "ModelTest.test_microsecond_precision": MILLISECONDS,
    "QCheckTests.test_rawsql": (
        "The test expects an open connection; the engine refuses before it opens one"
    ),
    "Queries4Tests.test_filter_reverse_non_integer_pk": MILLISECONDS,
    "QuerySetIteratorTests.test_default_iterator_chunk_size": CURSOR,
    "QuerySetIteratorTests.test_iterator_chunk_size": CURSOR,
    "QuerySetIteratorTests.test_no_chunked_reads": CURSOR,
    "SelectOnSaveTests.test_select_on_save_lying_update": (
        "Needs transactions: the test expects the error of a broken transaction"
    ),
}
