"""Several numbers in a few characters, also where some are missing: a network that has diverged has NaN."""

from collections.abc import Callable, Iterable
from math import isfinite, isnan, nan
from statistics import mean

from ckdsnn.report.tables import DASH, mean_sd


def digits(value: float) -> str:
    """Three significant digits, without an exponent from 0.0001 on; a dash for NaN."""
    return DASH if isnan(value) else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def known(values: Iterable[float]) -> list[float]:
    """The finite ones."""
    return [float(value) for value in values if isfinite(value)]


def average(values: Iterable[float]) -> float:
    """The mean of the finite ones; NaN where there is none."""
    found = known(values)
    return mean(found) if found else nan


def known_mean_sd(values: Iterable[float], digits: int = 2) -> str:
    """mean ± sd (n) of the finite ones; a dash where there is none."""
    found = known(values)
    return mean_sd(found, digits) if found else DASH


def between(values: Iterable[float], text: Callable[[float], str]) -> str:
    """The finite ones from the lowest to the highest; one text where they look the same, a dash where there is none."""
    found = known(values)
    return " to ".join(dict.fromkeys(text(value) for value in (min(found), max(found)))) if found else DASH
