"""What a training step costs, in tables: frames of measurements as `bench_frame` and `sweep_frame` give them."""

import pandas as pd

from ckdsnn.report.speed import exponent, times_as_fast
from ckdsnn.report.tables import Table, between, digits

NOTE = (
    "NAME:WIDTH is so many times as wide. Images/s: median (lowest to highest) of the blocks; a full step includes its "
    "training input. Memory: the most above what was in use before the step was built. Factor: over the reference in "
    "the same block. Floor: the least time in which the device could do the step, over the time that it takes."
)


def bench_table(name: str, runs: pd.DataFrame) -> Table:
    """One row a case and implementation of one machine: rates, factor over the reference, memory, the floor."""
    columns = {
        "Case": lambda run: run["case"].iloc[0],
        "Step": lambda run: run["implementation"].iloc[0],
        "Full step (images/s)": lambda run: median_range(run["images_per_second"]),
        "Factor": lambda run: digits(run["factor"].median()),
        "Forward (images/s)": lambda run: digits(run["forward_images_per_second"].median()),
        "Memory (MB)": lambda run: digits(run["memory"].median()),
        "Floor (%)": lambda run: f"{(100 * run['floor'] / run['seconds']).median():.0f}",
    }
    rows = runs.assign(factor=times_as_fast(runs, "reference")).groupby(["case", "implementation"], sort=False)
    where = f"One training step on {runs['machine'].iloc[0]}, batch {between(runs['batch'])}"
    return Table.of(name, f"{where}, {runs['block'].max()} blocks each. {NOTE}", [run for _, run in rows], columns)


def median_range(rates: pd.Series) -> str:
    """Median (lowest to highest)."""
    return f"{digits(rates.median())} ({between(rates)})"


def sweep_table(name: str, sizes: pd.DataFrame) -> Table:
    """One row an axis of one machine: the sizes, the step's time and memory at each, and the exponents of both."""

    def at_each(along: pd.DataFrame, cost: str, scale: float = 1) -> str:
        return " / ".join(digits(scale * median) for median in along.groupby("value")[cost].median())

    columns = {
        "Against": lambda along: along["axis"].iloc[0],
        "Values": lambda along: at_each(along, "value"),
        "Step (ms)": lambda along: at_each(along, "seconds", 1e3),
        "Exponent of time": lambda along: exponent(along, "seconds"),
        "Memory (MB)": lambda along: at_each(along, "memory"),
        "Exponent of memory": lambda along: exponent(along, "memory"),
    }
    caption = f"Cost of our own step of ResNet-20 on {sizes['machine'].iloc[0]}; exponent ± standard error."
    return Table.of(name, caption, [along for _, along in sizes.groupby("axis", sort=False)], columns)
