"""The runs of a suite against each other: figures, tables and answers. `runs`: as `Cells.frame()` gives them."""

from collections.abc import Collection, Iterable, Mapping
from textwrap import fill

import pandas as pd
import seaborn as sns

from ckdsnn.errors import CkdsnnError
from ckdsnn.report.answers import answer
from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.compare import Comparison, Pair, against, compare_runs, silent, table_of
from ckdsnn.report.labels import colour_of, in_families, label_of
from ckdsnn.report.points import (
    LABEL,
    PAIRED_T,
    draw_differences,
    holm_over,
    pair_label,
    probability,
    remarks,
    with_n,
)
from ckdsnn.report.style import styled
from ckdsnn.report.tables import DASH, Table, beside, mean_sd, spread, whole

CHANCE = {  # data set -> accuracy of guessing (%)
    **dict.fromkeys(("digits", "cifar10", "nmnist", "cifar10dvs", "cifar10-events", "imagenet10"), 10.0),
    **{"cifar100": 1.0, "imagenet": 0.1},
}
NEAR = 2.0  # points: so near to chance a network has learned next to nothing
ROW = 0.27  # inches
ACCURACY = "Test accuracy, last epoch (%), mean ± sd"
VALIDATED = "Validation accuracy (%)"
DIFFERENCE = f"Difference, points {PAIRED_T}"
PAIRED = 'Differences are paired by seed; "from": the other\'s mean over these seeds, where one has more.'


@styled()
def suite_figure(runs: pd.DataFrame, baseline: str) -> Chart:
    """One row a method: its accuracy minus that of `baseline`, paired by seed."""
    found = {label_of(one.method): one for one in in_order(against(runs, baseline), baseline)}
    figure, ((axes,),) = panels(height=ROW * len(found) + 0.8)
    data = draw_differences(axes, found)
    axes.set_xlabel(fill(f"minus {label_of(baseline)}, same seed (points)", 36))
    return Chart(figure, data)


@styled()
def pair_figure(runs: pd.DataFrame, pairs: Iterable[Pair]) -> Chart:
    """One row a pair that is on record: the accuracy of the one minus that of the other, paired by seed."""
    found = {pair_label(one): one for one in compare_runs(runs, pairs)}
    lines = sum(len(fill(label, LABEL).split("\n")) for label in found)
    figure, ((axes,),) = panels(height=0.2 * lines + 0.12 * len(found) + 0.8)
    data = draw_differences(axes, found)
    axes.set_xlabel("Test accuracy, same seed (points)")
    return Chart(figure, data)


@styled()
def accuracy_figure(runs: pd.DataFrame, baseline: str) -> Chart:
    """One row a method: its last-epoch test accuracy, a dot a seed, a bar at their mean."""
    methods = in_families(runs["method"].astype(str).unique(), baseline)
    data = runs[["method", "seed", "accuracy"]].assign(
        row=[fill(label_of(method), LABEL) for method in runs["method"]], accuracy=runs["accuracy"].astype(float)
    )
    rows = {fill(label_of(method), LABEL): colour_of(method) for method in methods}
    figure, ((axes,),) = panels(height=ROW * len(rows) + 0.8)
    look = {"x": "accuracy", "y": "row", "order": [*rows], "hue": "row", "palette": rows, "legend": False, "ax": axes}
    sns.stripplot(data, **look, jitter=False, size=4.5, alpha=0.7)
    sns.pointplot(data, **look, errorbar=None, linestyle="none", marker="|", markersize=12, markeredgewidth=2.5)
    axes.set(xlabel="Test accuracy, last epoch (%)", ylabel="")
    return Chart(figure, data)


def in_order(found: Iterable[Comparison], baseline: str) -> list[Comparison]:
    """Comparisons with one baseline, each method beside its variants."""
    by_method = {one.method: one for one in found}
    return [by_method[method] for method in in_families(by_method, baseline)]


def suite_table(
    name: str, caption: str, runs: pd.DataFrame, baseline: str, family: Collection[Comparison] = ()
) -> Table:
    """One row a method: accuracy, paired difference from `baseline`, corrected p value; then what is not measured.

    family: the comparisons, with others that their p values are corrected for; by default the table's own.
    """
    family = family or against(runs, baseline)
    found = {one.method: one for one in family if one.baseline == baseline}
    groups = of_methods(runs)
    columns = {
        "Method": lambda method: marked(label_of(method), groups[method]),
        f"{ACCURACY} (n)": lambda method: mean_sd(groups[method]["accuracy"]),
        VALIDATED: lambda method: validated(groups[method]),
        f"minus {label_of(baseline)}, points {PAIRED_T}": lambda m: (
            with_start(found[m], groups) if m in found else DASH
        ),
        holm_over(family): lambda m: probability(found[m].corrected) if m in found else DASH,
        "Remarks": lambda method: remarks(found.get(method)),
    }
    missing = [label_of(method) for method in absent(runs)]
    note = f" Not measured yet: {'; '.join(missing)}." if missing else ""
    return Table.of(name, f"{caption.rstrip('.')}. {PAIRED}{note}", in_families(groups, baseline), columns)


def validated(runs: pd.DataFrame) -> str:
    """The accuracy on validation images; "" where there are none."""
    values = runs["validation_accuracy"].dropna()
    return spread(values) if len(values) else ""


def of_methods(runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Method -> its runs."""
    return {str(method): own for method, own in runs.groupby("method", observed=True)}


def absent(runs: pd.DataFrame) -> list[str]:
    """The methods of the suite that have no run."""
    return [method for method in runs["method"].cat.categories if not (runs["method"] == method).any()]


def with_start(comparison: Comparison, groups: Mapping[str, pd.DataFrame]) -> str:
    """The difference and the number of pairs, with the baseline's mean over them where it is not its row's."""
    sizes = {len(groups[method]) for method in (comparison.method, comparison.baseline)}
    if not comparison.n or sizes == {comparison.n}:
        return with_n(comparison)
    own = groups[comparison.baseline].set_index("seed")["accuracy"]
    return f"{with_n(comparison)} {whole(f'from {own[list(comparison.differences)].mean():.2f}')}"


def marked(label: str, runs: pd.DataFrame) -> str:
    """A row's label, and whether its networks have learned next to nothing or no longer spike."""
    marks = ["at chance"] * bool(runs["accuracy"].mean() < CHANCE[runs["dataset"].iloc[0]] + NEAR)
    marks += ["silent"] * silent(runs)
    return f"{label} ({', '.join(marks)})" if marks else label


def pair_table(name: str, caption: str, runs: pd.DataFrame, pairs: Mapping[str, Pair]) -> Table:
    """One row a pair that is on record: what is added, the two methods, what that is worth; one family."""
    found = {(one.method, one.baseline): one for one in compare_runs(runs, pairs.values())}
    values = table_of(runs)
    columns = {
        "Added": lambda words: words,
        "Compared": lambda words: pair_label(found[pairs[words]]),
        **pair_columns(values, found.values(), lambda words: found[pairs[words]]),
    }
    return Table.of(name, caption, [words for words, pair in pairs.items() if pair in found], columns)


def pair_columns(values: pd.DataFrame, family: Iterable[Comparison], of) -> dict:
    """Columns that say what a comparison found; of: row -> its comparison."""
    return {
        ACCURACY: lambda row: both(values, of(row)),
        DIFFERENCE: lambda row: with_n(of(row)),
        holm_over(family): lambda row: probability(of(row).corrected),
        "Remarks": lambda row: remarks(of(row)),
    }


def both(values: pd.DataFrame, comparison: Comparison) -> str:
    """The two accuracies over the seeds compared."""
    seeds = list(comparison.differences)
    return beside(*(spread(values.loc[seeds, m]) for m in (comparison.method, comparison.baseline))) if seeds else DASH


def answers(runs: pd.DataFrame, pairs: Iterable[Pair]) -> str:
    """What these comparisons, asked together, found; then which are missing."""
    pairs = list(pairs)
    found = {(one.method, one.baseline): one for one in compare_runs(runs, pairs) if one.n}
    missing = "; ".join(" against ".join(map(label_of, pair)) for pair in pairs if pair not in found)
    return " ".join(filter(None, [answer(found.values()), f"Not measured yet: {missing}." * bool(missing)]))


def pairs_of(text: str) -> list[Pair]:
    """Pairs as a notebook's parameter names them, "METHOD:BASELINE METHOD:BASELINE". Raises CkdsnnError for others."""
    parts = [tuple(pair.split(":")) for pair in text.split()]
    if wrong := [pair for pair in parts if len(pair) != 2]:
        raise CkdsnnError(f"pairs {text!r}: {':'.join(wrong[0])} is not METHOD:BASELINE")
    return parts
