"""What the reports of studies share: methods beside the plain SNN, and means with their standard errors over images."""

import pandas as pd

from ckdsnn.report.compare import PLAIN, Comparison, compare, leading_in, table_of
from ckdsnn.report.labels import colour_of, in_families

ENDS = ("pi", 100)  # seaborn's name of a bar from the lowest value to the highest


def ends(data: pd.DataFrame, value: str, error: str) -> pd.DataFrame:
    """Each row twice, its value one standard error lower and higher: what seaborn draws as a mean with a bar (ENDS)."""
    return pd.concat([data.assign(**{value: data[value] + sign * data[error]}) for sign in (-1, 1)], ignore_index=True)


def label_colours(frame: pd.DataFrame) -> dict[str, str]:
    """Label -> colour of the methods in a frame of studies, in the order of figures: the plain SNN first."""
    labels = dict(zip(frame["method"], frame["label"], strict=True))
    return {labels[method]: colour_of(method) for method in in_families(labels, PLAIN)}


def beside_plain(frame: pd.DataFrame, value: str) -> dict[str, Comparison]:
    """Method -> its value minus the plain SNN's, paired by seed; frame: a row for each method and seed."""
    values = table_of(frame, value)
    found = compare(values, [(method, PLAIN) for method in in_families(values, PLAIN)[1:]], leading_in(frame))
    return {one.method: one for one in found}
