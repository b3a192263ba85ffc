"""How well students' maps agree with their teacher's, and whether one's do better than another's.

`found`: kind of map -> method -> Agreement.
"""

from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd
import seaborn as sns

from ckdsnn.report.chart import Chart, panels
from ckdsnn.report.compare import t_interval
from ckdsnn.report.labels import colour_of, label_of
from ckdsnn.report.points import bounds
from ckdsnn.report.style import styled
from ckdsnn.report.tables import Table, mean_sd, signed, whole

if TYPE_CHECKING:
    from ckdsnn.analysis.agreement import Agreement

Found = Mapping[str, Mapping[str, "Agreement"]]


@styled()
def agreements(found: Found) -> Chart:
    """Agreement with the teacher's CAM, one panel a kind of map: of matched pairs boxes, and dots, one an image; of
    shuffled pairs grey diamonds, their mean."""
    data = agreement_frame(found)
    figure, grid = panels(len(found), 1, 0.5 * max(map(len, found.values())) + 0.9, sharex=True)
    palette = {method: colour_of(method) for method in data["method"].unique()}
    for axes, (kind, own) in zip(grid[:, 0], data.groupby("kind", sort=False), strict=True):
        places = {"x": "matched", "y": "method", "hue": "method", "palette": palette, "legend": False, "ax": axes}
        sns.boxplot(own, **places, fill=False, showfliers=False, width=0.6)
        sns.stripplot(own, **places, size=2.5, alpha=0.5, jitter=False)
        shuffled = own.groupby("method", sort=False)["shuffled"].mean()
        axes.plot(shuffled, range(len(shuffled)), "D", color="#777777", ms=6, label="shuffled pairs, mean")
        axes.set(title=kind, xlabel="Correlation with the teacher's CAM", ylabel="")
        axes.set_yticks(range(len(shuffled)), [fill(label_of(method), 16) for method in shuffled.index])
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center")
    return Chart(figure, data)


def agreement_frame(found: Found) -> pd.DataFrame:
    """One row an image: kind (of map), method, image (from 1), matched, shuffled."""
    return pd.DataFrame(
        {"kind": kind, "method": method, "image": image, "matched": matched, "shuffled": shuffled}
        for kind, by_method in found.items()
        for method, pairs in by_method.items()
        for image, (matched, shuffled) in enumerate(zip(*pairs, strict=True), start=1)
    )


def agreement_table(name: str, caption: str, found: Found) -> Table:
    """One row a kind of map and method: mean correlation of matched and of shuffled pairs, and the difference."""
    rows = [(kind, method, pairs) for kind, methods in found.items() for method, pairs in methods.items()]
    columns = {
        "Map": lambda row: row[0],
        "Student": lambda row: label_of(row[1]),
        "Matched pairs": lambda row: mean_sd(row[2].matched),
        "Shuffled pairs": lambda row: whole(f"{row[2].shuffled.mean():.2f}"),
        "Difference": lambda row: signed(row[2].gain),
    }
    return Table.of(name, caption, rows, columns)


def agreement_answer(found: Mapping[str, "Agreement"], method: str, baseline: str) -> str:
    """Whether the maps of one student agree with the teacher's more than another's do, beyond shuffled pairs.

    found: method -> Agreement on the same images.
    """
    own, other = (found[name].matched - found[name].shuffled for name in (method, baseline))
    ends = t_interval(own - other) or (0.0, 0.0)
    verdict = "Yes" if ends[0] > 0 else "No, less" if ends[1] < 0 else "We cannot tell"
    return (
        f"{verdict}. A SAM of {label_of(method)} correlates with the teacher's CAM of its own image by "
        f"{signed(own.mean())} more than with those of other images, a SAM of {label_of(baseline)} by "
        f"{signed(other.mean())}. The difference is {signed((own - other).mean())} {bounds(ends)} over {len(own)} "
        "images of one run of each; how much it varies from run to run this does not say."
    )
