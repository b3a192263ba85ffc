"""What a method adds under each condition, at every T say: pairs of methods that differ in nothing else.

`runs`: as `Cells.frame()` gives them; own: the words of the condition that is the setting's own.
"""

from collections.abc import Sequence
from itertools import product

import pandas as pd
import seaborn as sns
from matplotlib.ticker import NullLocator

from ckdsnn.recipe.conditions import CONDITIONS, split_condition
from ckdsnn.report.answers import FEW, SAYING, asked, claim, ends, helps, listing, named, sentence
from ckdsnn.report.chart import Chart, legend_below, panels
from ckdsnn.report.compare import Comparison, Pair, compare_runs, table_of
from ckdsnn.report.labels import colour_of, dash_of, label_of
from ckdsnn.report.points import draw_differences, pair_label
from ckdsnn.report.style import styled
from ckdsnn.report.suites import ROW, pair_columns
from ckdsnn.report.tables import Table


def within(runs: pd.DataFrame, pairs: Sequence[Pair]) -> list[Comparison]:
    """Each pair under each condition that the runs have, in their order; corrected as one family."""
    conditions = dict.fromkeys(split_condition(method)[1] for method in runs["method"].unique())
    return compare_runs(runs, [tuple(under(method, c) for method in pair) for c in conditions for pair in pairs])


def under(method: str, condition: str) -> str:
    """The name of a method's cell under a condition; "" is the setting's own."""
    return f"{method}-{condition}" if condition else method


def condition_of(comparison: Comparison, own: str) -> str:
    """The condition of both in words."""
    condition = split_condition(comparison.method)[1]
    return CONDITIONS[condition].words if condition else own


def bare(comparison: Comparison) -> Comparison:
    """The same, its methods named without their condition."""
    names = (split_condition(method)[0] for method in (comparison.method, comparison.baseline))
    return Comparison(*names, comparison.differences, comparison.others, comparison.pooled, comparison.corrected)


def within_table(name: str, caption: str, runs: pd.DataFrame, pairs: Sequence[Pair], own: str) -> Table:
    """One row a condition and pair: both accuracies, the paired difference, its corrected p value."""
    found = within(runs, pairs)
    columns = {
        "Condition": lambda one: condition_of(one, own),
        "Compared": lambda one: pair_label(bare(one)),
        **pair_columns(table_of(runs), found, lambda one: one),
    }
    return Table.of(name, caption, found, columns)


@styled()
def within_figure(runs: pd.DataFrame, pairs: Sequence[Pair], own: str) -> Chart:
    """A panel a pair, a row a condition: the mean difference with its 95 % interval, and a dot a seed."""
    found = within(runs, pairs)
    rows = len({condition_of(one, own) for one in found})
    figure, panels_of = panels(len(pairs), height=ROW * rows + 0.8)
    drawn = []
    for (axes,), pair in zip(panels_of, pairs, strict=True):
        same = [one for one in found if (bare(one).method, bare(one).baseline) == pair]
        drawn.append(draw_differences(axes, {condition_of(one, own): one for one in same}))
        axes.set(title=" minus ".join(map(label_of, pair)), xlabel="Test accuracy, same seed (points)")
    return Chart(figure, pd.concat(drawn))


@styled()
def over_time(runs: pd.DataFrame) -> Chart:
    """Accuracy against the number of time steps, which doubles from tick to tick: the mean, and a band of one sd."""
    bases = [split_condition(str(method))[0] for method in runs["method"]]
    data = pd.DataFrame({"method": bases, "T": runs["T"].astype(int), "accuracy": runs["accuracy"].astype(float)})
    methods = list(dict.fromkeys(bases))
    figure, ((axes,),) = panels(height=3.6)
    sns.lineplot(
        data, x="T", y="accuracy", hue="method", hue_order=methods, style="method", style_order=methods,
        palette={method: colour_of(method) for method in methods}, markers=True,
        dashes=[*map(dash_of, methods)], errorbar="sd", ax=axes,
    )  # fmt: skip
    steps = sorted(data["T"].unique())
    axes.set_xscale("log", base=2)
    axes.set_xticks(steps, map(str, steps))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="Time steps T", ylabel="Test accuracy, last epoch (%)")
    legend_below(figure, axes, [*map(label_of, methods)])
    return Chart(figure, data.assign(seed=runs["seed"]))


def answer(runs: pd.DataFrame, pairs: Sequence[Pair], own: str) -> str:
    """Under which conditions each pair is told apart: a sentence for each pair and verdict."""
    found = [one for one in within(runs, pairs) if one.n]
    sentences = []
    for pair, sign in product(pairs, SAYING):
        same = [one for one in found if (bare(one).method, bare(one).baseline) == pair]
        if alike := {condition_of(one, own): one for one in same if one.sign == sign}:
            which = (ends if len(alike) > FEW else listing)(alike, asked(found))
            said = sentence(sign, [f"{claim(bare(next(iter(alike.values()))))}: {which}"])
            sentences.append(f"Under {len(alike)} of {len(same)} conditions {said[0].lower()}{said[1:]}")
    return " ".join(sentences)


def over_time_answer(runs: pd.DataFrame) -> str:
    """To which methods the most time steps add something, compared with the fewest."""
    bases = runs.assign(base=[split_condition(str(method))[0] for method in runs["method"]]).groupby("base", sort=False)
    pairs = [own.sort_values("T")["method"].astype(str).iloc[[-1, 0]] for _, own in bases]
    found = [one for one in compare_runs(runs, [tuple(pair) for pair in pairs if pair.nunique() == 2]) if one.n]
    more, sentences = f"T = {runs['T'].max()} instead of T = {runs['T'].min()}", []
    for sign in SAYING:
        if alike := {label_of(one.baseline): one for one in found if one.sign == sign}:
            helped = f"{helps(next(iter(alike.values())))} {named(alike, asked(found))}"
            sentences.append(sentence(sign, [f"**{more}** {helped}"]))
    return " ".join(sentences)
