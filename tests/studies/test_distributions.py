"""How unlike two networks are: closed forms, float64 NumPy, and what must come out for a network and itself."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import jensenshannon

from ckdsnn.distill import kd_loss
from ckdsnn.models import build_student, build_teacher
from ckdsnn.records.study import STUDIES
from ckdsnn.studies.distributions.measure import (
    BATCH,
    BINS,
    Seen,
    compare_populations,
    distances,
    histograms,
    jensen_shannon,
    look,
    map_entropy,
    profile,
    softened_divergence,
)
from ckdsnn.studies.study import study
from tests.networks import lively

X = torch.randn(BATCH + 7, 3, 16, 16, generator=torch.Generator().manual_seed(0))
Y = torch.arange(len(X)) % 10
COUNTS = arrays(np.int64, 7, elements=st.integers(0, 9)).filter(np.any)


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(1)
    return lively(build_teacher("resnet8", 10, width=1), X), lively(
        build_student("resnet8", 10, width=1, timesteps=3), X
    )


def test_a_teacher_is_seen_by_its_relu_features_and_its_cam(networks):
    teacher, _ = networks
    seen = look(teacher, X, Y)
    with torch.no_grad():
        logits, stages = teacher(X)
    last, weight = stages[-1].numpy(), teacher.head_weight.detach().numpy()
    np.testing.assert_allclose(seen.logits, logits, atol=1e-4)
    np.testing.assert_allclose(seen.features, last, atol=1e-5)
    np.testing.assert_allclose(seen.zeros, [(one == 0).mean() for one in last], atol=1e-6)
    slow = [np.tensordot(weight[y], one, 1).clip(0) for y, one in zip(Y.tolist(), last, strict=True)]
    np.testing.assert_allclose(seen.maps, slow, atol=1e-4)


def test_a_student_is_seen_by_its_rates_and_its_spike_counts(networks):
    _, student = networks
    seen = look(student, X, Y)
    with torch.no_grad():
        spikes = student(X).stages[-1].numpy()
    assert set(np.unique(spikes)) == {0, 1}
    np.testing.assert_allclose(seen.features, spikes.mean(0), atol=1e-6)
    np.testing.assert_allclose(seen.zeros, 1 - spikes.mean((0, 2, 3, 4)), atol=1e-6)
    np.testing.assert_array_equal(seen.maps, spikes.sum((0, 2)))


def seen_by_hand():
    """Two images of three classes, four features on a 2 x 2 grid."""
    logits = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, math.log(2)]], dtype=torch.float64)
    features = torch.tensor([0.0, 0, 2, 2, 0, 0, 0, 4], dtype=torch.float64).view(2, 1, 2, 2)
    maps = torch.tensor([[5.0, 5, 5, 5], [0, 0, 0, 2 * math.log(3)]], dtype=torch.float64).view(2, 2, 2)
    return Seen(logits, torch.tensor([0.5, 0.75]), features, maps)


def test_measures_of_an_image_have_their_closed_forms():
    found = {name: values.tolist() for name, values in profile(seen_by_hand()).items()}
    assert found["zeros"] == [0.5, 0.75] and found["feature"] == [1, 1]
    assert found["map-range"] == pytest.approx([0, 2 * math.log(3)])
    assert found["logit-sd"] == pytest.approx([0, math.log(2) / math.sqrt(3)])
    assert found["largest"] == pytest.approx([1 / 3, 1 / 2])
    assert found["entropy-1"] == pytest.approx([math.log(3), 1.5 * math.log(2)])  # of 1/4, 1/4, 1/2
    root = math.sqrt(2)
    assert found["entropy-2"][1] == pytest.approx(math.log(2 + root) - root / (2 + root) * math.log(root))
    flat, peaked = found["map-entropy-raw"]  # the latter of 1/6, 1/6, 1/6, 1/2
    assert flat == pytest.approx(math.log(4)) and peaked == pytest.approx(math.log(6) / 2 + math.log(2) / 2)


def test_a_map_from_0_to_1_is_nearly_uniform_whatever_it_was():
    maps = 1000 * torch.rand(5, 8, 8, dtype=torch.float64)
    powers = [np.exp(((m - m.min()) / np.ptp(m)).ravel() / 2) for m in maps.numpy()]
    slow = [-(p / p.sum() * np.log(p / p.sum())).sum() for p in powers]
    np.testing.assert_allclose(map_entropy(maps, "sample"), slow, rtol=1e-10)
    assert min(slow) / math.log(64) > 0.99 > map_entropy(maps, "none").max() / math.log(64)


@settings(deadline=None)
@given(COUNTS, COUNTS)
def test_jensen_shannon_equals_scipys_and_is_a_bounded_symmetric_distance(one, other):
    p, q = one / one.sum(), other / other.sum()
    found = jensen_shannon(p, q)
    assert found == pytest.approx(np.nan_to_num(jensenshannon(p, q)) ** 2, abs=1e-12)
    assert found == jensen_shannon(q, p) and -1e-12 <= found <= math.log(2) + 1e-12
    assert jensen_shannon(p, p) == pytest.approx(0, abs=1e-12)


def test_distributions_that_never_meet_are_log_2_apart():
    assert jensen_shannon(np.array([0.3, 0.7, 0]), np.array([0, 0, 1.0])) == pytest.approx(math.log(2))


def test_histograms_share_their_bins_and_count_every_value():
    random = np.random.default_rng(0)
    one, other = random.normal(0, 1, 5000), random.exponential(3, 4000)
    edges, p, q = histograms(one, other)
    assert len(edges) == BINS + 1 and p.sum() == pytest.approx(1) == pytest.approx(q.sum())
    assert edges[0] == np.quantile(one, 0.001) and edges[-1] == np.quantile(other, 0.999)
    inner = slice(1, -1)
    for values, shares in ((one, p), (other, q)):
        slow = [np.mean((low <= values) & (values < high)) for low, high in pairwise(edges)]
        np.testing.assert_allclose(shares[inner], slow[inner])
    assert q[-1] >= 0.001, "what lies beyond counts in the last bin"


def test_equal_values_have_a_histogram():
    _, p, q = histograms(np.zeros(5), np.zeros(3))
    assert p.tolist() == q.tolist() and p.sum() == 1


def test_divergence_is_the_softened_one_without_its_factor():
    student, teacher = (torch.randn(6, 10, dtype=torch.float64) * scale for scale in (1, 3))
    found = softened_divergence(student, teacher)
    p, q = ((z / 2).softmax(1).numpy() for z in (teacher, student))
    np.testing.assert_allclose(found, (p * np.log(p / q)).sum(1), rtol=1e-10)
    assert found.mean() == pytest.approx(kd_loss(student, teacher, 2.0).item() / 4)


def test_a_network_has_no_distance_from_itself(networks):
    seen = look(networks[0], X, Y)
    found = distances(seen, seen) | compare_populations(seen, seen)
    assert found["kl"] == [0, 0] and found["same"] == 1
    assert found["correlation"] == pytest.approx([1, 0], abs=1e-6) and found["correlation-shuffled"] < 1
    assert [found[f"js-{name}"] for name in ("features", "pooled", "logits")] == pytest.approx([0, 0, 0], abs=1e-12)
    np.testing.assert_array_equal(found["student-logits"], found["teacher-logits"])


def test_maps_of_different_size_meet(networks):
    seen = look(networks[0], X, Y)
    coarse = seen._replace(maps=torch.nn.functional.avg_pool2d(seen.maps, 2))
    found = distances(coarse, seen)["correlation"]
    assert found == pytest.approx([1, 0], abs=1e-6), "the finer map is pooled to the coarser one"


def test_the_study_measures_student_and_teacher_on_the_same_images(record, copy_of_results, tmp_path):
    made = study("distributions", record.id, copy_of_results(tmp_path))
    assert made.settings["images"] == 360 and made.settings["uniform-entropy"] == pytest.approx(math.log(16))
    assert {name: len(made.values[f"{name}-edges"]) for name in ("features", "pooled", "logits")} == {
        "features": BINS + 1,
        "pooled": BINS + 1,
        "logits": BINS + 1,
    }
    assert made.values["kl"][0] > 0 and 0 <= made.values["same"] <= 1
    assert made.values["student-feature"][0] + made.values["student-zeros"][0] == pytest.approx(1), "of spikes"
    assert STUDIES.path(made.id, tmp_path).stat().st_size < 100_000
