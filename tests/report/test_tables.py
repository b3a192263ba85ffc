"""Tables: one cell for one text in Markdown and in HTML, and numbers that come from the records."""

import csv
import io
from math import inf, nan
from statistics import mean
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.colon_fence import colon_fence_plugin

from ckdsnn.recipe import RECIPES
from ckdsnn.records import load_record
from ckdsnn.report.runs import ENERGY, RATE, accuracy_answer, accuracy_table, recipe_table
from ckdsnn.report.tables import Table, between, digits, mean_sd, signed, whole
from tests.report.examples import readable

AWKWARD = Table("tab", "A < B & C", ["Run", "a|b"], [["x | y", "<b>"], ["`p|q`", "61.0 [58.1, 63.9]"]])
CELLS = [["Run", "a|b"], ["x | y", "<b>"], ["p|q", "61.0 [58.1, 63.9]"]]


def markdown_rows(text):
    """The cells' texts of the one table in the one directive of a MyST text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").use(colon_fence_plugin)
    (fence,) = parser.parse(text)
    rows, content = [], fence.content.split("\n\n", 1)[1]
    for token in parser.parse(content):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append("".join(child.content for child in token.children))
    return fence.info, rows


def test_html_keeps_every_cell_whole():
    caption, *rows = ElementTree.fromstring(AWKWARD.html())
    assert caption.text == AWKWARD.caption
    assert [[cell.text for cell in row] for row in rows] == [AWKWARD.header, *AWKWARD.rows]


def test_markdown_keeps_every_cell_whole():
    directive, rows = markdown_rows(AWKWARD.markdown())
    assert directive == "{table} A < B & C"
    assert rows == CELLS
    assert ":name: tab\n" in AWKWARD.markdown()


def test_on_a_screen_every_cell_is_whole_in_its_column():
    assert AWKWARD.text().splitlines() == [
        "Run    a|b",
        "x | y  <b>",
        "`p|q`  61.0 [58.1, 63.9]",
        "",
        "A < B & C",
    ]


@pytest.mark.parametrize(("value", "text"), [(0.5, "+0.50"), (-0.5, "−0.50"), (-0.004, "+0.00"), (0, "+0.00")])
def test_a_difference_has_its_sign_and_a_plus_where_it_rounds_to_zero(value, text):
    assert signed(value) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([50.0], "50.00 (n = 1)"),
        ([1, nan, 3, inf, None], "2.00 ± 1.41 (n = 2)"),  # sample deviation, sqrt(2), of the finite ones
        ([2, 4, 4, 4, 5, 5, 7, 9], "5.00 ± 2.14 (n = 8)"),  # squares sum to 32; sqrt(32 / 7)
        ([nan], "–"),
    ],
)
def test_mean_and_sample_deviation(values, text):
    assert readable(mean_sd(iter(values))) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [([3, 1, 2], "1 to 3"), ([1.0001, 1.0002], "1"), ([nan, 2, inf], "2"), ([nan], "–"), ([], "–")],
)
def test_a_range_that_looks_like_one_number_is_one(values, text):
    assert between(iter(values)) == text


@pytest.mark.parametrize(("value", "text"), [(1234.5, "1234"), (0.00123456, "0.00123"), (-2.5, "−2.5"), (nan, "–")])
def test_three_digits(value, text):
    assert digits(value) == text


def test_a_line_may_break_between_a_value_and_its_n_but_nowhere_else():
    assert [len(part.split()) for part in mean_sd([-1, -2]).split(" ")] == [3, 3]
    assert whole("-1 [-2, 3]").split(" ") == ["\u22121\u00a0[\u22122,\u00a03]"]


def test_a_declared_column_is_filled_row_by_row_and_left_out_where_it_is_empty():
    table = Table.of(
        "t", "c", iter([1, 2]), {"n": str, "half": lambda n: "" if n % 2 else str(n // 2), "no": lambda n: ""}
    )
    assert table.header == ["n", "half"] and table.rows == [["1", "–"], ["2", "1"]]
    assert list(csv.reader(io.StringIO(table.csv()))) == [["n", "half"], ["1", "–"], ["2", "1"]]


def test_accuracy_table_says_what_the_record_says(record):
    table = accuracy_table("t", "C", {"Mine": record})
    cells = dict(zip(table.header, *table.rows, strict=True))
    last, best = record.final["last_accuracy"], record.final["best_accuracy"]
    assert cells["Run"] == "Mine"
    shown = cells["Test accuracy, last epoch (%) [95 %]"]
    assert readable(shown) == f"{last['value']:.2f} [{last['low']:.2f}, {last['high']:.2f}]"
    assert cells["Best epoch, chosen on the test set (%)"] == f"{best['value']:.2f}"
    assert float(cells[RATE]) == round(100 * mean(record.final["firing_rate"].values()), 1) > 0
    assert cells[ENERGY] == f"{record.final['energy']['compute_nj'] / 1000:.2f}" != "0.00"
    assert cells["Epochs"] == str(len(record.curve))
    assert table.caption == f"C. Hardware: {record.env['device']}."
    assert f"Mine {shown} %" in accuracy_answer({"Mine": record})


def test_a_teacher_has_no_firing_rate(record, results):
    teacher = load_record(record.teacher["record"], results)
    assert accuracy_table("t", "C", {"Teacher": teacher}).rows[0][3] == "–"


def test_recipe_table_has_a_row_for_each_recipe():
    table = recipe_table("t", "C", RECIPES.values())
    named = {row[0].strip("`"): row for row in table.rows}
    assert list(named) == [recipe.name for recipe in RECIPES.values()]
    assert named["digits-teacher"][1:] == ["smoke", "resnet8, width 1", "ANN", "labels", "8"]
    assert named["digits-ckdsnn"][1:] == ["smoke", "resnet8, width 1", "2", "labels + samd + nld", "8"]
    assert len(markdown_rows(table.markdown())[1]) == 1 + len(table.rows)
