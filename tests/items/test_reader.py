"""Files as people have them: the reader takes them, says what it guessed, or says what is wrong."""

import gzip
import io
import resource
import threading
import tracemalloc
from pathlib import Path

import pytest

from items.transfer.reader import read_rows
from items.transfer.rows import MAX_ROW_BYTES, FileError, Reading
from tests.support.sheets import ods, packed, xlsx, xlsx_of, xlsx_rows

HEADER = ["name", "category", "count", "price"]
SAW = {"name": "Säge", "category": "tools", "count": 20, "price": 9.5}


def read(content, **reading):
    """The rows of a file, and what the reader said."""
    said = []
    content = content.encode() if isinstance(content, str) else content
    rows = list(read_rows(io.BytesIO(content), Reading(**reading), said.append))
    return rows, said


def values(content, **reading):
    """The values of a file's rows, none of which has a fault."""
    rows, _ = read(content, **reading)
    assert [row.fault for row in rows] == [""] * len(rows)
    return [row.values for row in rows]


def faults(content, **reading):
    """The line and the fault of each row that has one."""
    return [(row.line, row.fault) for row in read(content, **reading)[0] if row.fault]


def table(separator, *rows):
    return "".join(separator.join(row) + "\n" for row in [HEADER, *rows])


# Separators and encodings

ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a BOM": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, the greater byte first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-16 without a BOM": lambda text: text.encode("utf-16-le"),
    "UTF-16 without a BOM, the greater byte first": lambda text: text.encode("utf-16-be"),
    "Windows-1252": lambda text: text.encode("cp1252"),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_every_encoding_and_separator_is_read(encode, separator, pack):
    content = encode(table(separator, ["Säge", "tools", "20", "9.5"]))
    assert values(pack(content)) == [SAW]


def test_euro_sign_of_windows_is_read():
    (row,) = values(table(",", ["5 €", "tools", "1", "1"]).encode("cp1252"))
    assert row["name"] == "5 €"


def test_what_is_guessed_is_said():
    content = table(";", ["Säge", "tools", "20", "9,50"]).encode("cp1252")
    assert read(content)[1] == [
        "Read as separated by semicolons.",
        "Read as Windows-1252 from line 2 on.",
        "Read with a decimal comma.",
    ]


def test_nothing_is_said_of_the_projects_own_form():
    assert read(table(",", ["Säge", "tools", "20", "9.50"]))[1] == []


def test_what_is_set_is_no_guess():
    content = table(";", ["Säge", "tools", "20", "9,50"]).encode("cp1252")
    reading = {"encoding": "windows-1252", "separator": ";", "decimal": ","}
    assert read(content, **reading) == ([*read(content)[0]], [])


def test_encoding_is_open_until_there_is_more_than_ascii():
    rows = [["Saw", "tools", "1", "1"]] * 20_000 + [["Säge", "tools", "20", "9.5"]]
    content = table(",", *rows).encode("cp1252")
    assert values(content)[-1] == SAW
    assert read(content)[1] == ["Read as Windows-1252 from line 20002 on."]


def test_one_bad_byte_does_not_make_utf_8_windows_1252():
    content = table(",", ["Säge", "tools", "1", "1"], ["Feile", "tools", "1", "1"])
    content = content.encode().replace(b"Feile", b"F\xff")
    assert faults(content) == [(3, "Not UTF-8.")]


def test_byte_that_windows_1252_lacks_is_refused():
    content = table(",", ["Säge", "tools", "1", "1"], ["Feile", "tools", "1", "1"])
    content = content.encode("cp1252").replace(b"Feile", b"F\x81")
    assert faults(content) == [(3, "Not Windows-1252.")]


def test_half_of_a_surrogate_pair_is_refused():
    content = table(",", ["\ud83d", "tools", "1", "1"]).encode("utf-16", "surrogatepass")
    assert faults(content) == [(2, "Not UTF-16.")]


def test_utf_16_that_ends_within_a_character_is_refused():
    with pytest.raises(FileError, match="ends within a character"):
        read(table(",", ["Saw", "tools", "1", "1"]).encode("utf-16") + b"x")


def test_line_of_excel_that_names_the_separator_is_taken():
    content = "sep=;\n" + table(";", ["Säge", "tools", "20", "9.5"])
    assert values(content) == [SAW]


# Headers


@pytest.mark.parametrize(
    "header",
    ["Name,CATEGORY,Count,price", " name , category,count ,price", "_name,Category_,c_o unt,PRICE"],
)
def test_header_is_taken_in_any_case_with_spaces_and_underscores(header):
    assert values(f"{header}\nSäge,tools,20,9.5\n") == [SAW]


def test_columns_may_be_in_any_order():
    assert values("price,count,name,category\n9.5,20,Säge,tools\n") == [SAW]


def test_further_columns_are_passed_over_and_named():
    rows, said = read("shelf,name,category,count,price,Colour\nB2,Säge,tools,20,9.5,red\n")
    assert rows[0].values == SAW
    assert said == ["Passed over, as no such column is known: 'shelf', 'Colour'."]


def test_header_that_is_not_known_is_named_with_the_known_ones():
    with pytest.raises(FileError) as error:
        read("name,category,count,unit price\nSaw,tools,1,1\n")
    assert str(error.value) == (
        "The header lacks price. It has 'unit price', which is not known. "
        "Known are id, name, category, count and price."
    )


def test_column_that_is_there_twice_is_named():
    with pytest.raises(FileError, match="names price twice"):
        read("name,category,count,price,Price\n")


def test_value_in_a_column_without_a_name_is_refused():
    rows = "Saw,tools,1,1,\nSaw,tools,1,1,red\n"
    assert faults(f"name,category,count,price,\n{rows}") == [
        (3, "Has 'red' in a column without a name.")
    ]


@pytest.mark.parametrize("blank", ["", ",,,", "  ,,,", ",,,,,"])
def test_empty_lines_are_none(blank):
    assert values(f"\n{','.join(HEADER)}\n{blank}\nSäge,tools,20,9.5\n{blank}\n") == [SAW]


# Decimal marks


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("9,5", 9.5),
        ("9.5", 9.5),
        ("0,125", 0.125),
        ("1234,5", 1234.5),
        ("7", 7),
        ("1234,567", None),
    ],
)
@pytest.mark.parametrize("separator", [";", "\t"])
def test_mark_that_can_only_be_decimal_is_taken(separator, text, price):
    (row,) = values(table(separator, ["Saw", "tools", "1", text]))
    assert float(row["price"]) == price or price is None


AMBIGUOUS = "could mean two numbers: say which mark is decimal, --decimal=comma or --decimal=point."


@pytest.mark.parametrize(
    "text", ["1.234,50", "1,234.50", "1.234.567", "1,234,567", "1.234", "1,234", "-1.234"]
)
def test_price_that_could_mean_two_things_is_refused_with_its_line_and_the_option(text):
    content = table(";", ["Saw", "tools", "1", "1"], ["Axe", "tools", "1", text])
    assert faults(content) == [(3, f"price: {text!r} {AMBIGUOUS}")]


@pytest.mark.parametrize(
    ("mark", "text", "price"),
    [
        (",", "1.234,50", 1234.5),
        (",", "1.234", 1234),
        (",", "1,234", 1.234),
        (",", "1.234.567,8", 1234567.8),
        (".", "1,234.50", 1234.5),
        (".", "1,234", 1234),
        (".", "1.234", 1.234),
    ],
)
def test_option_decides(mark, text, price):
    (row,) = values(table(";", ["Saw", "tools", "1", text]), decimal=mark)
    assert float(row["price"]) == price


@pytest.mark.parametrize("text", ["9.99", "1.23,4", "12.34.567,8", "1,2,3", "1,,2"])
def test_what_does_not_fit_the_option_is_no_number(text):
    (row,) = values(table(";", ["Saw", "tools", "1", text]), decimal=",")
    assert row["price"] == text


def test_other_prices_tell_the_mark():
    content = table(";", ["Saw", "tools", "1", "1,234"], ["Axe", "tools", "1", "9,99"])
    assert [float(row["price"]) for row in values(content)] == [1.234, 9.99]


def test_commas_between_cells_make_it_a_decimal_point():
    (row,) = values(table(",", ["Saw", "tools", "1", "1.234"]))
    assert float(row["price"]) == 1.234


def test_number_with_the_other_mark_than_the_rest_is_refused():
    rows = [["Saw", "tools", "1", "9,99"]] * 1_000
    assert faults(table(";", *rows, ["Axe", "tools", "1", "9.99"])) == [
        (1002, f"price: '9.99' {AMBIGUOUS}")
    ]


@pytest.mark.parametrize("separator", [",", ";"])
def test_count_of_a_thousand_is_not_read_as_one(separator):
    content = table(separator, ["Saw", "tools", "1.000", "9.99"])
    assert faults(content) == [(2, f"count: '1.000' {AMBIGUOUS}")]
    assert values(content, decimal=",")[0]["count"] == 1000


# Spreadsheets


@pytest.mark.parametrize("make", [xlsx, ods])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_spreadsheet_is_read(make, pack):
    sheet = make(["Name", "PRICE", "count", "category"], [None], ["Säge", 9.5, 20.0, "tools"])
    rows, said = read(pack(sheet))
    assert [(row.line, row.values) for row in rows] == [(3, SAW)]
    assert said == []


@pytest.mark.parametrize(
    ("cell", "price"), [(0.1 + 0.2, "0.3"), (1234.5, "1234.5"), (1e-4, "0.0001")]
)
def test_number_is_what_the_spreadsheet_shows(cell, price):
    (row,) = values(xlsx(HEADER, ["Saw", "tools", 1, cell]))
    assert str(row["price"]) == price


def test_number_typed_as_text_follows_the_rules_of_text():
    (row,) = values(xlsx(HEADER, ["Saw", "tools", "20", "9,5"]))
    assert (row["count"], float(row["price"])) == (20, 9.5)
    assert faults(xlsx(HEADER, ["Saw", "tools", 1, "1.234"])) == [
        (2, f"price: '1.234' {AMBIGUOUS}")
    ]


def test_name_that_is_a_number_is_text():
    (row,) = values(xlsx(HEADER, [4711, "tools", 1, 1]))
    assert row["name"] == "4711"


def test_name_that_a_spreadsheet_made_a_date_is_refused():
    row = f'<row><c t="d"><v>2026-03-04</v></c>{xlsx_rows(["tools", 1, 1]).removeprefix("<row>")}'
    assert faults(xlsx_of({"Items": xlsx_rows(HEADER) + row})) == [
        (2, "name: 2026-03-04 is a date in the spreadsheet, not text.")
    ]


@pytest.mark.parametrize("cell", ['<c t="e"><v>#N/A</v></c>', '<c r="A2" t="e"><v>#REF!</v></c>'])
def test_cell_with_an_error_is_empty_and_that_is_said(cell):
    row = f"<row>{cell}{xlsx_rows(['tools', 1, 1]).removeprefix('<row>')}"
    rows, said = read(xlsx_of({"Items": xlsx_rows(HEADER) + row}))
    assert "name" not in rows[0].values
    assert said == ["Cells with an error, such as #N/A, are read as empty."]


def test_first_sheet_is_read_and_named_and_another_can_be():
    one, two = xlsx_rows(HEADER, ["Saw", "tools", 1, 1]), xlsx_rows(HEADER, ["Axe", "tools", 1, 1])
    book = xlsx_of({"One": one, "Two": two})
    rows, said = read(book)
    assert (rows[0].values["name"], said) == ("Saw", ["Read the sheet 'One', the first of 2."])
    rows, said = read(book, sheet="Two")
    assert (rows[0].values["name"], said) == ("Axe", [])


def test_sheet_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(FileError, match="has no sheet 'Three', but One, Two"):
        read(xlsx_of({"One": "", "Two": ""}), sheet="Three")


def encrypted():
    """A spreadsheet whose parts are marked as encrypted."""
    content = bytearray(xlsx(HEADER))
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := content.find(header, place + 1)) >= 0:
            content[place + offset] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
        (b"PK\x03\x04 and nothing more", "cannot be read"),
        (packed({"readme.txt": "no sheet"}), "cannot be read"),
        (xlsx_of({"Items": ""}), "is empty"),
        (encrypted(), "cannot be read: .*password"),
        (xlsx(HEADER)[:-40], "cannot be read"),
    ],
    ids=["xls", "broken", "zip", "empty", "encrypted", "cut"],
)
def test_what_is_no_spreadsheet_is_refused(content, fault):
    with pytest.raises(FileError, match=fault):
        read(content)


# Bounds


def expanding_gzip():
    return gzip.compress(bytes(1_000 * 2**20 // 4), 9)


def expanding_xlsx():
    return packed({"xl/worksheets/sheet1.xml": bytes(300 * 2**20)})


def lying_xlsx():
    """One that names a small size for a part of 300 MiB."""
    content = bytearray(expanding_xlsx())
    for header, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(header) + offset
        content[place : place + 4] = (1000).to_bytes(4, "little")
    return bytes(content)


def cell_in_the_last_corner():
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return xlsx_of({"Items": xlsx_rows(HEADER) + corner})


@pytest.mark.parametrize(
    "bomb", [expanding_gzip, expanding_xlsx, lying_xlsx, cell_in_the_last_corner]
)
def test_what_expands_a_thousandfold_ends_with_an_error_and_little_memory(bomb):
    content = bomb()
    assert len(content) < 2**20
    tracemalloc.start()
    with pytest.raises(FileError, match=r"unpack|too much memory|cannot be read"):
        read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 2**20
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert of_children < 2**20  # KiB


def test_list_that_packs_well_is_read():
    rows = [["Saw", "tools", "1", "1"]] * 20_000
    assert len(values(gzip.compress(table(",", *rows).encode()))) == 20_000


@pytest.mark.parametrize(
    "line",
    ['{"name": "' + "x" * MAX_ROW_BYTES + '"}', "x" * 2 * MAX_ROW_BYTES, " " * 2 * MAX_ROW_BYTES],
    ids=["object", "text", "spaces"],
)
def test_ndjson_line_over_the_limit_is_refused_and_the_next_is_read(line):
    rows, _ = read('{"name": 1}\n' + line + '\n{"name": 2}\n')
    assert [row.values for row in rows] == [{"name": 1}, None, {"name": 2}]
    assert (rows[1].line, rows[1].fault) == (
        2,
        f"Longer than {MAX_ROW_BYTES} bytes; it is cut here.",
    )
    assert len(rows[1].text) <= MAX_ROW_BYTES


def test_header_that_is_longer_than_a_cell_may_be_is_refused():
    with pytest.raises(FileError, match="The header cannot be read"):
        read(f"{'x' * 200_000}\nSaw,tools,1,1\n")


def test_quotation_mark_is_no_separator():
    with pytest.raises(FileError, match="The header lacks"):
        read('sep="\n' + table('"', ["Saw", "tools", "1", "1"]))


@pytest.mark.long
def test_row_of_many_lines_is_bounded_too():
    endless = '"\n",' * 2**19
    rows, _ = read(table(",", ["Saw", "tools", "1", "1"]) + endless + "\nSäge,tools,20,9.5\n")
    assert any("Longer than" in row.fault for row in rows)
    assert max(len(row.text) for row in rows) <= MAX_ROW_BYTES


def test_rows_that_are_closed_early_leave_no_process():
    sheet = xlsx(HEADER, *[["Saw", "tools", 1, 1]] * 5_000)
    before = children()
    rows = read_rows(io.BytesIO(sheet), Reading(), lambda text: None)
    next(rows)
    assert len(children() - before) == 1
    rows.close()
    assert children() == before


def children():
    """The processes that this one has started and that are left."""
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())
