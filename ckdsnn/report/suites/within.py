"""What a method adds under each condition: pairs of methods that differ in nothing else, at every T or condition."""

from collections.abc import Sequence
from statistics import mean
from textwrap import fill

from matplotlib.figure import Figure

from ckdsnn.report.compare import Cells, Comparison, Values, compare, values_of
from ckdsnn.report.labels import condition_label, split_condition
from ckdsnn.report.style import styled
from ckdsnn.report.suites.pairs import ACCURACY, DIFFERENCE, Pair, pair_label, pair_numbers
from ckdsnn.report.suites.plots import difference_panel
from ckdsnn.report.suites.tables import holm_over, in_points, probability
from ckdsnn.report.suites.words import not_measured
from ckdsnn.report.tables import Table
from ckdsnn.report.words import listed


def levelled(values: Values) -> dict[str, dict[tuple[str, int], float]]:
    """Accuracies less the best mean under the same condition, by condition and seed, which are the blocks.

    A condition moves all its methods alike; only what lies far below the others under the same one has collapsed. One
    seed under two conditions is two blocks: first weights or images differ.
    """
    home = {method: split_condition(method)[1] for method in values}
    best: dict[str, float] = {}
    for method, seeds in values.items():
        best[home[method]] = max(best.get(home[method], 0.0), mean(seeds.values()))
    return {m: {(home[m], seed): v - best[home[m]] for seed, v in seeds.items()} for m, seeds in values.items()}


def within(cells: Cells, pairs: Sequence[Pair]) -> list[Comparison]:
    """Each pair under each condition that the cells have, in their order; those measured are corrected as one family.

    Their differences are by condition and seed.
    """
    conditions = dict.fromkeys(split_condition(method)[1] for method in cells)
    both = [tuple(under(method, c) for method in pair) for c in conditions for pair in pairs]
    return compare(levelled(values_of(cells)), both)


def under(method: str, condition: str) -> str:
    """The name of a method's cell under a condition; "" is the setting's own."""
    return f"{method}-{condition}" if condition else method


def condition_of(comparison: Comparison, own: str) -> str:
    """The condition of both in words; own: those of the setting's own."""
    condition = split_condition(comparison.method)[1]
    return condition_label(condition) if condition else own


def pair_of(comparison: Comparison) -> Pair:
    """The two methods, without their condition."""
    return split_condition(comparison.method)[0], split_condition(comparison.baseline)[0]


def within_table(name: str, caption: str, cells: Cells, pairs: Sequence[Pair], own: str) -> Table:
    """One row a condition and pair: both accuracies, the paired difference, its corrected p value.

    A single pair is named in the caption.
    """
    found = within(cells, pairs)
    header = ["Condition", "Compared", ACCURACY, DIFFERENCE, holm_over(found)]
    rows = [row(comparison, cells, own) for comparison in found]
    if len(pairs) > 1:
        return Table(name, caption, header, rows)
    rows = [[condition, *numbers] for condition, _, *numbers in rows]
    return Table(name, f"{caption}: {pair_label(pairs[0])}", [header[0], *header[2:]], rows)


def row(comparison: Comparison, cells: Cells, own: str) -> list[str]:
    seeds = {seed for _, seed in comparison.differences}
    return [
        condition_of(comparison, own),
        pair_label(pair_of(comparison)),
        *pair_numbers(comparison, cells, seeds),
    ]


def overall(found: Sequence[Comparison]) -> Comparison | None:
    """One pair over several conditions, every difference with the same weight; None unless they have one spread."""
    spreads = {comparison.spread for comparison in found}
    if len(found) < 2 or len(spreads) > 1:
        return None
    differences = {block: difference for c in found for block, difference in c.differences.items()}
    return Comparison(found[0].method, found[0].baseline, differences, spreads.pop())


def within_findings(found: Sequence[Comparison], own: str, absent: Sequence[str] = ()) -> str:
    """One sentence a pair: its difference under each condition, where that is clear, and over all of them; then what
    has no record."""
    by_pair: dict[Pair, list[Comparison]] = {}
    for comparison in found:
        by_pair.setdefault(pair_of(comparison), []).append(comparison)
    sentences = [f"**{pair_label(pair)}**, in points – {told(group, own)}." for pair, group in by_pair.items()]
    return listed(sentences + not_measured(absent))


def told(group: Sequence[Comparison], own: str) -> str:
    """The differences of one pair; the p value of all conditions together is that of one test, not corrected."""
    parts = [f"{condition_of(c, own)}: {in_points(c)}{' (clear)' * c.clear}" for c in group]
    if every := overall(group):
        parts.append(f"all together: {in_points(every)} ({every.n} pairs, p {probability(every.p)})")
    return "; ".join(parts)


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
