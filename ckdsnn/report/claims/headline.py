"""What the runs come to: the answer to the book's question, its figure, and a table of all parts."""

from collections.abc import Sequence

import pandas as pd

from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.compare import Comparison, compare_runs
from ckdsnn.report.limits import in_short
from ckdsnn.report.points import draw_differences, in_points, remarks
from ckdsnn.report.style import styled
from ckdsnn.report.tables import Show, Table, count

ROW = 0.33  # inches, of two lines
HEAVY = "SAMD with thirty times the weight"
TRIED = "one of [the conditions tried](../notebooks/19_conditions.ipynb)"

# suite, method, baseline -> what the one adds to the other, in words that need no other row
ADDED = {
    ("components", "nld", "snn"): "NLD, to the plain SNN",
    ("components", "nld", "kd"): "NLD's noise, to plain logits distillation (KD)",
    ("components", "samd", "snn"): "SAMD, to the plain SNN",
    ("map-losses", "samd-beta10", "snn"): "SAMD with ten times the weight, to the plain SNN",
    ("components", "ckdsnn", "nld"): "SAMD, to NLD: both together are CKDSNN",
    ("components", "ckdsnn-beta30", "nld"): f"{HEAVY}, to NLD: [picked among all map ranges and "
    "weights](../notebooks/06_ranges.ipynb) by other seeds",
    ("conditions", "ckdsnn-beta30-few", "nld-few"): f"{HEAVY}, to NLD, with a quarter of the images: {TRIED}",
    ("conditions", "ckdsnn-beta30-t4", "nld-t4"): f"{HEAVY}, to NLD, at T = 4: {TRIED}",
    ("conditions", "ckdsnn-beta30-strong", "nld-strong"): f"{HEAVY}, to NLD, with a better teacher: {TRIED}",
    ("components", "ckdsnn-count", "nld"): "SAMD with the student's map left a count, to NLD: a reading of one "
    "figure's colour bar",
    ("without-samd", "nld-with-relu", "nld"): "ReLU for the student's last spikes, [as in the released "
    "code](../notebooks/16_released.ipynb), to NLD",
    ("without-samd", "ckdsnn-with-relu", "nld-with-relu"): "SAMD, to NLD, both with ReLU for the last spikes",
    ("without-samd", "ckdsnn-released", "nld-released"): "SAMD with three points of the newest release, to "
    "NLD, both with four other points of it",
}
CAPTION = "What each part adds to the test accuracy, by pairs with the same seed"
ANSWERS, LOOKS = ("components", "nld", "snn"), ("components", "ckdsnn", "nld")  # what is added, and to what
FOREST = {  # what is learned -> row of its panel -> what is added, and to what
    "Learning the teacher's answers": {
        "KD": ("components", "kd", "snn"),
        "NLD: with noise": ANSWERS,
    },
    "Learning where it looks, beside NLD": {
        "SAMD, the paper's weight": LOOKS,
        "SAMD, 30 times the weight": ("components", "ckdsnn-beta30", "nld"),
        "30 times, a quarter of images": ("conditions", "ckdsnn-beta30-few", "nld-few"),
        "SAMD and NLD as released": ("without-samd", "ckdsnn-released", "nld-released"),
    },
}
OPENINGS = {1: "So far, yes:", -1: "So far, no:", 0: "So far, our small runs cannot tell:"}
FEW = "Too few runs are on record for an answer."


def comparison(evidence: Evidence, suite: str, *pair: str) -> Comparison | None:
    """One comparison of a suite's methods; None where a method has no run."""
    runs = evidence.load(suite)
    return None if runs.empty else next(iter(compare_runs(runs, [pair])), None)


def answer(evidence: Evidence) -> str:
    """Whether looking where the teacher looks helps, beside its answers; too few runs on record give no answer."""
    answers, looks = (comparison(evidence, *one) for one in (ANSWERS, LOOKS))
    if None in (answers, looks) or None in (answers.sign, looks.sign):
        return FEW
    pairs = " and ".join(dict.fromkeys([str(answers.n), str(looks.n)]))
    settings = [in_short(name) for name in dict.fromkeys(evidence.load(ANSWERS[0])["setting"]) if name]
    return (
        f"{OPENINGS[looks.sign]} learning what the teacher *answers* adds {in_points(answers)} points of test accuracy "
        f"to a plain student, learning *where it looks* as well {in_points(looks)} "
        f"({'; '.join(['95 % intervals', f'{pairs} pairs of runs', *settings])})."
    )


@styled()
def forest(evidence: Evidence) -> Chart:
    """A panel for each thing to learn, a row for what adds it: the mean difference with its 95 % interval, and a dot a
    pair. What is not on record is left out; `Chart.data` is empty where nothing is."""
    found = {
        title: {f"{row} {count(one.n)}": one for row, key in rows.items() if (one := comparison(evidence, *key))}
        for title, rows in FOREST.items()
    }
    sizes = [len(rows) + 1 for rows in found.values()]
    figure, grid = panels(len(found), height=ROW * sum(sizes) / 2 + 0.55, sharex=True, height_ratios=sizes)
    drawn = []
    for (axes,), (title, rows) in zip(grid, found.items(), strict=True):
        drawn.append(draw_differences(axes, rows))
        axes.set_title(title)
    axes.set_xlabel("Points of test accuracy that it adds")
    return Chart(figure, pd.concat(drawn))


def behind_forest(evidence: Evidence) -> set[str]:
    """The ids of the runs that the figure compares."""
    keys = [key for rows in FOREST.values() for key in rows.values() if comparison(evidence, *key)]
    return set().union(*(ids_of(evidence.load(suite), pair) for suite, *pair in keys))


def headline(evidence: Evidence, show: Show, name: str = "headline", caption: str = CAPTION) -> str:
    """The comparisons that are on record, a row each, and the records behind them; "" where there is none.

    name, caption: the table's.
    """
    found = {words: one for key, words in ADDED.items() if (one := comparison(evidence, *key))}
    columns = {
        "Added": lambda words: words,
        "Points [95 %, paired t]": lambda words: in_points(found[words]),
        "n": lambda words: str(found[words].n),
        "Remarks": lambda words: remarks(found[words]),
    }
    if not found:
        return ""
    behind = [ids_of(evidence.load(suite), pair) for (suite, *pair), words in ADDED.items() if words in found]
    return show(Table.of(name, caption, found, columns), "book/claims.md", sorted(set().union(*behind)))


def ids_of(runs: pd.DataFrame, methods: Sequence[str]) -> set[str]:
    """The ids of these methods' runs."""
    return {*runs.loc[runs["method"].isin(methods), "id"]}
