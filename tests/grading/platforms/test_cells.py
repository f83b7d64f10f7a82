"""Is a cell found and replaced, and all else in a table left as it was?"""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.grading.platforms.cells import located, replaced

TEXTS = st.text(alphabet='ab,;\t"\r\nü =', max_size=6)
TABLES = st.lists(st.lists(TEXTS, min_size=2, max_size=4), max_size=4)


@given(TABLES, st.sampled_from(",;\t"), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_values_are_those_that_were_written(rows, delimiter, quoting):
    """Is every cell read as Python's own writer meant it, and does it stand where it is said to?"""
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, quoting=quoting).writerows(rows)
    found = located(file.getvalue(), delimiter)
    assert [[cell.value for cell in row] for row in found] == rows
    same = [(cell, cell.value) for row in found for cell in row]
    assert located(replaced(file.getvalue(), same, delimiter), delimiter)[:1] == found[:1]


@given(st.text(alphabet='a,"\r\n', max_size=12))
def test_what_nobody_should_write_is_read_as_python_reads_it(text):
    """Are stray quotes and missing ends read as Python's reader does?"""
    rows = [[cell.value for cell in row] for row in located(text, ",")]
    assert rows == [row for row in csv.reader(io.StringIO(text, newline="")) if row]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_one_cell_is_replaced_and_the_rest_kept(end, mark):
    """Do quotes, blanks and line ends stay as they are, around a grade that is put in?"""
    lines = ['"Id" ; Grade;Note', f'4711 ;"";"a;{end}b"', "4712;;=1+1", "", "4713;7"]
    text = mark + end.join(lines)
    rows = located(text, ";")
    made = replaced(text, [(rows[2][1], "3,5"), (rows[1][1], "12.50")], ";")
    lines[1], lines[2] = lines[1].replace('""', '"12.50"'), "4712;3,5;=1+1"
    assert made == mark + end.join(lines)


def test_a_value_that_needs_quotes_gets_them():
    """Does a decimal comma stay in its cell where commas separate?"""
    text = "a,b\n1,\n"
    cell = located(text, ",")[1][1]
    assert replaced(text, [(cell, "3,5")], ",") == 'a,b\n1,"3,5"\n'
    assert replaced(text, [(cell, 'so "x"')], ",") == 'a,b\n1,"so ""x"""\n'
