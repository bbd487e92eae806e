"""What a spreadsheet would run is made harmless, and can be taken back."""

import csv
import io
import re

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from items.transfer.formulas import guarded
from items.transfer.writer import csv_writer

SIGNS = "=+-@＝＋－＠"
RUN = ["=1+1", "+1", "-1", "@A1", "＝1+1", "＋1", "－1", "＠A1"]
RUN += ["\t=1", "\r=1", "\n=1", " =1", '"=1"', "'=1", "x;=1+1", "x; =1", 'x;"=1', "x\t=1", "x\n=1"]
RUN += ["x;;=1", "x;'=1", "x\r\n=1", "\tx", "x;＝1"]


def cells(text, separator):
    """The cells that a spreadsheet with this separator may see, with or without quotes."""
    bare = [cell for line in re.split(r"[\r\n]", text) for cell in line.split(separator)]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return [*bare, *(cell for row in rows for cell in row)]


def is_run(cell):
    return cell.strip().strip('"').strip().startswith(tuple(SIGNS))


@pytest.mark.parametrize("text", RUN)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_of_a_row_is_run_whatever_separates_cells(text, separator):
    row = io.BytesIO()
    csv_writer(row, guard_formulas=True)({"id": "x", "name": text, "category": "tools"})
    own = list(csv.reader(io.StringIO(row.getvalue().decode(), newline="")))[1]
    assert not any(map(is_run, own))
    if separator != ",":
        assert not any(map(is_run, cells(row.getvalue().decode(), separator)))


@given(st.text("=+-@＝;\t\r\n \"'ax"))
def test_one_apostrophe_less_at_each_place_gives_the_text_back(text):
    assert re.sub(r"(^|[;\t\r\n])'", r"\1", guarded(text)) == text


@pytest.mark.parametrize("text", ["a=1", "x-1", "Screws, -5", "a;b", "a\r\nb", "5 - 3", ""])
def test_other_text_stays_as_it_is(text):
    assert guarded(text) == text


@pytest.mark.parametrize("text", ["=1+1", "x;=1+1", "＝1+1"])
def test_rejects_are_safe_too(tmp_path, text):
    file = tmp_path / "list.csv"
    file.write_text(f'name,category,count,price\n"{text}","{text}",1,1\n')
    with pytest.raises(SystemExit):
        call_command("import_items", str(file))
    rejects = (tmp_path / "list.csv.rejects.csv").read_text()
    assert text[-3:] in rejects
    assert not any(map(is_run, cells(rejects, ";")))
    own = csv.reader(io.StringIO(rejects, newline=""))
    assert not any(is_run(cell) for row in own for cell in row)
