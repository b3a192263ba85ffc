"""Tables of what can be proved, beside what was measured: data in, Table out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ckdsnn.report.studies.gradient_tables import PAPER
from ckdsnn.report.tables import DASH, Table, whole

if TYPE_CHECKING:
    from torch import Tensor


def identity_table(name: str, caption: str, deviations: Mapping[str, float]) -> Table:
    """One row a statement, with the largest deviation from it."""
    rows = [[statement, f"{deviation:.0e}"] for statement, deviation in deviations.items()]
    return Table(name, caption, ["Statement", "Deviation"], rows)


def noise_table(name: str, caption: str, found: Mapping[str, Mapping[str, "Tensor"]]) -> Table:
    """One row a noise, for each source of logits the mean change of the entropy and its deviation, over the draws.

    The deviation is that of one image, mean over the images.
    """
    header = ["Noise", *(f"Logits: {source}" for source in found)]
    noises = next(iter(found.values()))
    rows = [[noise.replace("\n", " "), *(change_cell(found[source][noise]) for source in found)] for noise in noises]
    return Table(name, caption, header, rows)


def change_cell(changes: "Tensor") -> str:
    """Mean ± deviation over draws, of changes [draws, N]."""
    return whole(f"{changes.mean():+.4f} ± {changes.std(0).mean():.3f}")


def bound_table(name: str, caption: str, found: Mapping[str, Any]) -> Table:
    """At the paper's temperature: the cells' shares, the KL, T_s^2 KL, which is SAMD with its factor, and its limit."""
    at = found["temperatures"].index(PAPER)
    low, high = found["cells"][at]
    rows = [bound_row("possible", low, high, found["bound"][at], DASH)]
    for label, own in found["measured"].items():
        rows.append(bound_row(label, *own["cells"][at], own["kl"][at], f"{own['limit']:.4f}"))
    header = ["Maps", "Least share of a cell", "Largest share", "KL (nat)", "T_s² KL (nat)", "Half the variance"]
    return Table(name, caption, header, rows)


def bound_row(label: str, low: float, high: float, kl: float, limit: str) -> list[str]:
    return [label, *(f"{value:.4f}" for value in (low, high, kl, PAPER**2 * kl)), limit]
