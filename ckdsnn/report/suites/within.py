"""What a method adds under each condition: pairs of methods that differ in nothing else, at every T or condition."""

from collections.abc import Sequence
from textwrap import fill

from matplotlib.figure import Figure

from ckdsnn.recipe.conditions import CONDITIONS, split_condition
from ckdsnn.report.compare import Cells, Comparison, Pair, compare_runs
from ckdsnn.report.style import styled
from ckdsnn.report.suites.pairs import ACCURACY, DIFFERENCE, pair_label, pair_numbers
from ckdsnn.report.suites.plots import difference_panel
from ckdsnn.report.suites.tables import holm_over, in_points, remarks, with_remarks
from ckdsnn.report.suites.words import not_measured
from ckdsnn.report.tables import Table
from ckdsnn.report.words import listed


def within(cells: Cells, pairs: Sequence[Pair]) -> list[Comparison]:
    """Each pair under each condition that the cells have, in their order; corrected as one family."""
    conditions = dict.fromkeys(split_condition(method)[1] for method in cells)
    return compare_runs(cells, [tuple(under(method, c) for method in pair) for c in conditions for pair in pairs])


def under(method: str, condition: str) -> str:
    """The name of a method's cell under a condition; "" is the setting's own."""
    return f"{method}-{condition}" if condition else method


def condition_of(comparison: Comparison, own: str) -> str:
    """The condition of both in words; own: those of the setting's own."""
    condition = split_condition(comparison.method)[1]
    return CONDITIONS[condition].words if condition else own


def pair_of(comparison: Comparison) -> Pair:
    """The two methods, without their condition."""
    return split_condition(comparison.method)[0], split_condition(comparison.baseline)[0]


def within_table(name: str, caption: str, cells: Cells, pairs: Sequence[Pair], own: str) -> Table:
    """One row a condition and pair: both accuracies, the paired difference, its corrected p value.

    A single pair is named in the caption.
    """
    found = within(cells, pairs)
    several = len(pairs) > 1
    header = ["Condition", *["Compared"] * several, ACCURACY, DIFFERENCE, holm_over(found)]
    rows = [[condition_of(one, own), *[pair_label(pair_of(one))] * several, *pair_numbers(one, cells)] for one in found]
    title = caption if several else f"{caption}: {pair_label(pairs[0])}"
    return Table(name, title, *with_remarks(header, rows, map(remarks, found)))


def within_findings(found: Sequence[Comparison], own: str, absent: Sequence[str] = ()) -> str:
    """One sentence a pair: its difference under each condition, and where that is clear; then what has no record."""
    by_pair: dict[Pair, list[Comparison]] = {}
    for comparison in found:
        by_pair.setdefault(pair_of(comparison), []).append(comparison)
    sentences = [f"**{pair_label(pair)}**, in points – {told(group, own)}." for pair, group in by_pair.items()]
    return listed(sentences + not_measured(absent))


def told(group: Sequence[Comparison], own: str) -> str:
    """The differences of one pair; clear: also after the correction for all pairs and conditions."""
    return "; ".join(f"{condition_of(c, own)}: {in_points(c)}{' (clear)' * c.clear}" for c in group)


def within_figure(cells: Cells, pairs: Sequence[Pair], own: str) -> Figure:
    """One panel a pair, one row a condition: the mean difference with its 95 % interval, and a dot a seed."""
    found = within(cells, pairs)
    labels = list(dict.fromkeys(condition_of(comparison, own) for comparison in found))
    with styled():
        figure = Figure(figsize=(7.5, 0.4 * len(labels) + 1.5))
        panels = figure.subplots(1, len(pairs), sharey=True, squeeze=False)[0]
        for axes, pair in zip(panels, pairs, strict=True):
            own_pair = [comparison for comparison in found if pair_of(comparison) == pair]
            rows = {c.method: labels.index(condition_of(c, own)) for c in own_pair}
            difference_panel(axes, rows, own_pair)
            axes.set_xlabel(fill(f"{pair_label(pair)} (points)", 24), fontsize=10)
        panels[0].set_yticks(range(len(labels)), [fill(label, 24) for label in labels], fontsize=9)
        panels[0].set_ylim(len(labels) - 0.4, -0.6)
        return figure
