"""The landing page's pictures and facts."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd

from ckdsnn.report.chart import Chart
from ckdsnn.report.labels import label_of
from ckdsnn.report.maps import map_gallery

SHOWN = 4  # pictures
Arrays = Mapping[str, np.ndarray]  # of a record, by name


def looks(seen: Arrays, students: Mapping[str, Arrays], classes: Sequence[str]) -> Chart:
    """The first pictures of the gallery, where the teacher looks, and where each student does.

    seen: the teacher's arrays; students: method -> its arrays, all of the same gallery.
    """
    maps = {"Teacher: CAM": ("cam", seen["cam"][:SHOWN])}
    maps |= {f"SAM: {label_of(method)}": ("sam", arrays["sam"][:SHOWN]) for method, arrays in students.items()}
    return map_gallery(seen["images"][:SHOWN], [classes[label] for label in seen["labels"][:SHOWN]], maps)


def facts(runs: pd.DataFrame, studies: int, claims: int, time: str) -> str:
    """What stands behind the book, as a list in HTML.

    runs: every run on record, as `Records.frame()` gives them; time: what they and the studies took, in words.
    """
    if runs.empty:
        return ""
    newest = runs.loc[runs["started"].idxmax()]
    devices = runs["device"].astype(str).str.split(": ", n=1).str[-1].value_counts()
    found = {
        "runs": f"{len(runs):,}",
        "measurements on trained networks": f"{studies:,}",
        "claims measured": str(claims),
        "of computing": time,
        "newest run": newest["started"][:10],
        "its commit": newest["commit"][:7],
        "trained on": ", ".join(f"{name} ({n})" for name, n in devices.items()),
    }
    rows = "".join(f"<div><dt>{words}</dt><dd>{escape(text)}</dd></div>" for words, text in found.items())
    return f'<dl class="facts">{rows}</dl>'
