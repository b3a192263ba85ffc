"""Small networks on a CPU: several trainings in one process, and threads that wait beside another program.

`groups`: as `group_frame` gives them; `waits`: as `waiting_frame` does; in tables those of one machine.
"""

from collections.abc import Sequence

import pandas as pd

from ckdsnn.report.tables import Table, between, listed

ALONE = "Alone (ms)"
BESIDE = "Side by side (ms)"
RATIO = "Ratio"
WAYS = {  # the variables of the environment -> what threads do that wait
    "OMP_WAIT_POLICY=ACTIVE": "spin",
    "OMP_WAIT_POLICY=PASSIVE": "sleep",
    "OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=3000": "spin briefly, then sleep",
    "OMP_NUM_THREADS=1": "none: one thread",
}


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
    steps, first = per_step(groups), groups.iloc[0]
    rows = {recipe: 1000 * row for recipe, row in steps.groupby("recipe", sort=False).median().iterrows()}
    rows["all of them"] = 1000 * steps.groupby("block").sum().median()
    rows["whole commands (s)"] = of_commands(groups)
    shown = pd.DataFrame(rows).T[[ALONE, BESIDE]].assign(**{RATIO: lambda found: found[BESIDE] / found[ALONE]})
    caption = (
        f"Time of a step on {first['machine']}, batch {first['batch']}: trained by a command each, and all by one "
        f"command, of whose time each has its share. Medians of {groups['block'].max()} epochs of {first['steps']} "
        f"steps, after one that warms up. Whole commands: all {first['epochs']} epochs, with the start of Python, "
        "tests and what is measured at the end."
    )
    return Table.of_frame(name, caption, shown.rename_axis("Training").reset_index())


def group_answer(machines: Sequence[pd.DataFrame]) -> str:
    """How much of the time is left where students are trained side by side, on each machine; empty for none."""
    told = []
    for groups in machines:
        sums, whole = per_step(groups).groupby("block").sum(), of_commands(groups)
        middle, epochs = sums.median(), between(sums[BESIDE] / sums[ALONE], "{:.2f}".format)
        step, command = (times[BESIDE] / times[ALONE] for times in (middle, whole))
        where, students = groups["machine"].iloc[0], groups["recipe"].nunique()
        told.append(
            f"{where}: {students} students take {step:.2f} of the time, step for step (epochs: {epochs}); short "
            f"commands as a whole, {command:.2f}"
        )
    how = "Students of one seed, trained side by side in one command instead of one after the other:"
    return f"{how}\n\n{listed(told)}" if told else ""


def waiting_table(name: str, waits: pd.DataFrame) -> Table:
    """A row a recipe and way of waiting: medians of the blocks, idle and busy."""
    medians = 1000 * waits.replace({"way": WAYS}).pivot_table(
        "seconds", ["recipe", "way"], "load", "median", sort=False
    )
    shown = medians[["idle", "busy"]].assign(ratio=medians["busy"] / medians["idle"]).reset_index()
    heads = {
        "recipe": "Step of",
        "way": "Threads that wait",
        "idle": "Idle (ms)",
        "busy": "Busy (ms)",
        "ratio": "Busy / idle",
    }
    caption = (
        f"Time of a step on {waits['machine'].iloc[0]}, medians of up to {waits['block'].max()} blocks: with nothing "
        "else running, and beside one process that wants a core all the time."
    )
    return Table.of_frame(name, caption, shown.rename(columns=heads))
