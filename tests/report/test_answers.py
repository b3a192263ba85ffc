"""Answers in sentences: what is shown, what is not, and what does not stand a correction, are told apart."""

import numpy as np
import pytest
from scipy import stats

from ckdsnn.report.answers import answer
from ckdsnn.report.compare import compare, holm, table_of
from ckdsnn.report.labels import added_by, label_of
from tests.report.examples import readable, runs_of

PLAIN = [45.0, 46.0, 46.5]


def told(record, accuracies, pairs):
    return readable(answer(compare(table_of(runs_of(record, accuracies)), pairs)))


@pytest.mark.parametrize(
    ("method", "baseline", "part"),
    [
        ("nld", "snn", "nld"),
        ("ckdsnn", "snn", "ckdsnn"),
        ("ckdsnn", "nld", "samd"),
        ("ckdsnn-count", "nld", "samd-count"),
        ("ckdsnn-beta30-t4", "nld-t4", "samd-beta30"),
        ("cifar10-events-ckdsnn", "cifar10-events-nld", "samd"),
        ("ckdsnn", "kd", ""),  # other logits
        ("ckdsnn-t4", "nld", ""),  # another T
        ("ckdsnn", "ckdsnn-beta30", ""),
        ("nld-with-relu", "nld", ""),
        ("ckdsnn", "nld-with-relu", ""),
        ("snn", "nld", ""),
        ("teacher", "snn", ""),
    ],
)
def test_what_is_added_is_a_method_of_its_own(method, baseline, part):
    assert added_by(method, baseline) == (label_of(part) if part else "")


def test_what_does_not_stand_the_correction_says_so(record):
    """Of three questions one is shown by far, one by its own interval alone, one not at all."""
    gains = {"nld": [8.0, 8.1, 8.2], "samd": [1.0, 1.8, 1.3], "kd": [1.0, -1.0, 0.2]}
    accuracies = {"snn": PLAIN} | {name: np.add(PLAIN, own) for name, own in gains.items()}
    ps = holm([stats.ttest_1samp(own, 0).pvalue for own in gains.values()])
    assert ps[0] < 0.05 < ps[1] and stats.ttest_1samp(gains["samd"], 0).pvalue < 0.05
    strong, weak, none = told(record, accuracies, [(name, "snn") for name in gains]).replace("; **", ". **").split(". ")
    assert strong.startswith("**NLD** helps (+8.10 [") and "Holm" not in strong
    assert weak.startswith("**SAMD** helps (+1.37 [") and "only without [Holm's correction]" in weak
    assert "for 3 questions" in weak and none.startswith("It is not shown that **KD** helps (+0.07 [")


def test_of_many_that_are_not_shown_the_ends_are_told(record):
    weights = {"ckdsnn-beta0.1": 0.1, "ckdsnn-beta10": 0.4, "ckdsnn-gamma3": -0.3, "ckdsnn-tau1": 0.2}
    noise = [1.0, -1.0, 0.2]
    accuracies = {"ckdsnn": PLAIN} | {name: np.add(PLAIN, noise) + gain for name, gain in weights.items()}
    text = told(record, accuracies, [(name, "ckdsnn") for name in weights])
    low, high = (np.mean(noise) + gain for gain in (-0.3, 0.4))
    assert text == (
        "It is not shown that “β = 0.1”, “β = 10”, “γ = 3” or “τ = 1” "
        f"(from {low:+.2f} for “γ = 3” to {high:+.2f} for “β = 10”) is better than CKDSNN."
    )


def test_one_seed_tells_nothing_and_a_harm_is_called_one(record):
    assert told(record, {"snn": [50.0], "nld": [58.0]}, [("nld", "snn")]) == (
        "Too few runs are on record to tell whether **NLD** helps (+8.00, n = 1)."
    )
    worse = {
        "nld": PLAIN,
        "ckdsnn-count": np.subtract(PLAIN, [9.0, 9.1, 9.2]),
        "kd": np.subtract(PLAIN, [5.0, 5.2, 5.1]),
    }
    text = told(record, worse, [("ckdsnn-count", "nld"), ("kd", "nld")])
    assert (
        text.startswith("**SAMD (count)**, added to NLD, harms (-9.10 [") and "**KD** is worse than NLD (-5.10" in text
    )


def test_nothing_measured_is_no_answer(record):
    assert told(record, {"snn": [50.0]}, [("nld", "snn")]) == ""
