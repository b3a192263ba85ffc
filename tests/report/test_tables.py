"""Tables: one cell for one text in Markdown and in HTML, and numbers that come from the records."""

from html.parser import HTMLParser
from statistics import mean

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.colon_fence import colon_fence_plugin

from ckdsnn.recipe import RECIPES
from ckdsnn.records import load_record
from ckdsnn.report.tables import (
    ENERGY,
    RATE,
    Table,
    accuracy_table,
    agreement_table,
    mean_sd,
    recipe_table,
    whole,
)
from tests.report.examples import STYLES, agreement, readable

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


class Cells(HTMLParser):
    """Collects the texts of all rows and of the caption."""

    def __init__(self):
        super().__init__()
        self.rows, self.caption, self.open = [], "", ""

    def handle_starttag(self, tag, attributes):
        self.open = tag
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_data(self, text):
        if self.open == "caption":
            self.caption += text
        else:
            self.rows[-1][-1] += text


def html_rows(text):
    parser = Cells()
    parser.feed(text)
    parser.close()
    return parser.caption, parser.rows


def test_markdown_keeps_every_cell_whole():
    directive, rows = markdown_rows(AWKWARD.markdown())
    assert directive == "{table} A < B & C"
    assert rows == CELLS
    assert ":name: tab\n" in AWKWARD.markdown()


def test_html_keeps_every_cell_whole():
    caption, rows = html_rows(AWKWARD.html())
    assert caption == "A < B & C"
    assert rows == [["Run", "a|b"], ["x | y", "<b>"], ["`p|q`", "61.0 [58.1, 63.9]"]]


def test_on_a_screen_every_cell_is_whole_in_its_column():
    assert AWKWARD.text().splitlines() == [
        "Run    a|b",
        "x | y  <b>",
        "`p|q`  61.0 [58.1, 63.9]",
        "",
        "A < B & C",
    ]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([50.0], "50.00 (n = 1)"),
        ([1, 3], "2.00 ± 1.41 (n = 2)"),  # sample deviation, sqrt(2)
        ([2, 4, 4, 4, 5, 5, 7, 9], "5.00 ± 2.14 (n = 8)"),  # squares sum to 32; sqrt(32 / 7)
    ],
)
def test_mean_and_sample_deviation(values, text):
    assert readable(mean_sd(values)) == readable(mean_sd(iter(values))) == text


def test_digits_of_the_mean_can_be_chosen():
    assert readable(mean_sd([1, 2], digits=1)) == "1.5 ± 0.7 (n = 2)"


def test_a_line_may_break_between_a_value_and_its_n_but_nowhere_else():
    assert [len(part.split()) for part in mean_sd([-1, -2]).split(" ")] == [3, 3]
    assert whole("-1 [-2, 3]").split(" ") == ["\u22121\u00a0[\u22122,\u00a03]"]


def test_no_line_break_parts_the_name_of_a_reading():
    text = Table("t", "c", ["Method"], [["CKDSNN (0–1)"]]).markdown()
    assert "CKDSNN (0–\u20601)" in text  # a word joiner


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


def test_a_teacher_has_no_firing_rate(record, results):
    teacher = load_record(record.teacher["record"], results)
    assert accuracy_table("t", "C", {"Teacher": teacher}).rows[0][3] == "–"


def test_agreement_table_has_a_row_for_each_map_and_method():
    found = {kind: {"snn": agreement(1), "ckdsnn-count": agreement(2)} for kind in ("SAM", "Grad-CAM")}
    rows = iter(agreement_table("t", "C", found).rows)
    for kind, by_method in found.items():
        for method, pairs in by_method.items():
            shuffled, gain = pairs.shuffled.mean(), pairs.matched.mean() - pairs.shuffled.mean()
            expected = [
                kind,
                STYLES[method][0],
                mean_sd(pairs.matched),
                whole(f"{shuffled:.2f}"),
                whole(f"{gain:+.2f}"),
            ]
            assert next(rows) == expected
    assert next(rows, None) is None


def test_recipe_table_has_a_row_for_each_recipe():
    table = recipe_table("t", "C", RECIPES.values())
    named = {row[0].strip("`"): row for row in table.rows}
    assert list(named) == [recipe.name for recipe in RECIPES.values()]
    assert named["digits-teacher"][1:] == ["smoke", "resnet8, width 1", "ANN", "labels", "8"]
    assert named["digits-ckdsnn"][1:] == ["smoke", "resnet8, width 1", "2", "labels + samd + nld", "8"]
    assert len(markdown_rows(table.markdown())[1]) == 1 + len(table.rows)
