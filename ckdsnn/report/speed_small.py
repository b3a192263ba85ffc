"""Small networks on a CPU: several trainings in one process, and threads that wait beside another program.

`groups`: as `group_frame` gives them; `waits`: as `waiting_frame` does; both of one machine.
"""

import pandas as pd

from ckdsnn.report.tables import Table, between

ALONE = "Alone (ms)"
BESIDE = "Side by side (ms)"
RATIO = "Ratio"


def per_step(groups: pd.DataFrame) -> pd.DataFrame:
    """Seconds of a step: one row a recipe and block, one column for those alone and one for those side by side."""
    ways = groups["side_by_side"].map(lambda size: ALONE if size == 1 else BESIDE)
    return groups.assign(way=ways).pivot_table("seconds", ["recipe", "block"], "way", sort=False)


def of_commands(groups: pd.DataFrame) -> pd.Series:
    """Seconds of all commands that train alone, and of the one that trains all."""
    first = groups[groups["block"] == 1]
    alone, beside = first[first["side_by_side"] == 1], first[first["side_by_side"] > 1]
    return pd.Series({ALONE: alone["command_seconds"].sum(), BESIDE: beside["command_seconds"].iloc[0]})


def group_table(name: str, groups: pd.DataFrame) -> Table:
    """A row a training, one for all of them, one for the whole commands: medians of the blocks."""
    steps = per_step(groups)
    medians = 1000 * steps.groupby("recipe", sort=False).median()
    total = 1000 * steps.groupby("block").sum().median()
    rows = {**medians.T.to_dict(), "all of them": total, "whole commands": 1000 * of_commands(groups)}
    shown = [
        {"Training": recipe} | {way: row[way] for way in (ALONE, BESIDE)} | {RATIO: row[BESIDE] / row[ALONE]}
        for recipe, row in rows.items()
    ]
    first = groups.iloc[0]
    caption = (
        f"Time of a step on {first['machine']}, batch {first['batch']}: trained by a command each, and all by one "
        f"command. Medians of {groups['block'].max()} epochs of {first['steps']} steps, after one that warms up. Whole "
        f"commands: all {first['epochs']} epochs, with the start of Python, tests and what is measured at the end."
    )
    return Table.of_frame(name, caption, pd.DataFrame(shown))


def group_answer(groups: pd.DataFrame) -> str:
    """How much of the time is left where students are trained side by side."""
    sums, whole = per_step(groups).groupby("block").sum(), of_commands(groups)
    ratio = sums[BESIDE] / sums[ALONE]
    return (
        f"{groups['recipe'].nunique()} students of one seed, side by side in one command, take {ratio.median():.2f} of "
        "the time that they take one after the other, step for step (epochs: "
        f"{between(ratio, '{:.2f}'.format)}), and such short commands as a whole {whole[BESIDE] / whole[ALONE]:.2f}. "
        "The goal is 0.7 at most."
    )


def waiting_table(name: str, waits: pd.DataFrame) -> Table:
    """A row a recipe and way of waiting: medians of the blocks, idle and busy."""
    medians = 1000 * waits.pivot_table("seconds", ["recipe", "way"], "load", "median", sort=False)
    shown = medians[["idle", "busy"]].assign(ratio=medians["busy"] / medians["idle"]).reset_index()
    heads = {
        "recipe": "Step of",
        "way": "Environment",
        "idle": "Idle (ms)",
        "busy": "Busy (ms)",
        "ratio": "Busy / idle",
    }
    caption = (
        f"Time of a step on {waits['machine'].iloc[0]}, medians of up to {waits['block'].max()} blocks: with nothing "
        "else running, and beside one process that wants a core all the time."
    )
    return Table.of_frame(name, caption, shown.rename(columns=heads))
