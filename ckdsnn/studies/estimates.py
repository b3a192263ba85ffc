"""Means that a study keeps with their standard errors over images: how they are drawn and written."""

import pandas as pd

from ckdsnn.report.tables import DASH, whole

ENDS = ("pi", 100)  # seaborn's name of a bar from the lowest value to the highest


def ends(data: pd.DataFrame, value: str, error: str) -> pd.DataFrame:
    """Each row twice, its value one standard error lower and higher: what seaborn draws as a mean with a bar (ENDS)."""
    return pd.concat([data.assign(**{value: data[value] + sign * data[error]}) for sign in (-1, 1)], ignore_index=True)


def with_error(mean: float, error: float, form: str = ".3f") -> str:
    """mean ± standard error; a dash where there is no error. form: of the mean, with "+" where its sign matters."""
    return DASH if pd.isna(mean + error) else whole(f"{mean:{form}} ± {error:{form.lstrip('+')}}")
