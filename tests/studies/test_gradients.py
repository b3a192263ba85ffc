"""Gradients of the terms on a trained student: against finite differences, closed forms and a slow recomputation."""

import json
import math
from copy import deepcopy

import pytest
import torch
from torch.nn import functional as F

from ckdsnn.assemble import build_network
from ckdsnn.distill import LOSSES, Batch
from ckdsnn.distill.maps import class_activation_map, map_range, spike_activation_map
from ckdsnn.recipe import RECIPES
from ckdsnn.studies.gradients import measure
from ckdsnn.studies.gradients.measure import (
    RANGES_BY_NAME,
    TEMPERATURES,
    batch_of,
    divisor,
    gap,
    gradients,
    norm_and_cosine,
    pull,
    pulls,
)
from ckdsnn.studies.subject import find_subject
from ckdsnn.studies.theory.predictions import map_gradient

FEW = 16  # images of the batch
ONE_IMAGES = ("raw", "literal", "rate", "sample")  # in these ranges a map is an image's own


@pytest.fixture(scope="module")
def subject(record, results):
    return find_subject(record, results, results)


@pytest.fixture(scope="module")
def batch(subject):
    """One step's view of the trained student, in double precision."""
    x, y = subject.training_images(FEW)
    student, teacher = (deepcopy(network).double() for network in (subject.network, subject.teacher))
    seen = teacher.requires_grad_(False)(x.double())
    return Batch(x, y, student.train()(x.double()), seen, teacher, torch.Generator().manual_seed(0), student)


@pytest.fixture(scope="module")
def values(batch):
    return pulls(batch)


def test_map_ranges_are_those_of_the_recipes():
    pairs = {name: (ranges["teacher_range"], ranges["student_range"]) for name, ranges in RANGES_BY_NAME.items()}
    assert pairs == {
        "raw": ("none", "none"),
        "literal": ("sample", "none"),
        "rate": ("sample", "rate"),
        "sample": ("sample", "sample"),
        "batch": ("batch", "batch"),
    }
    assert RECIPES["digits-ckdsnn"].map_temperature in TEMPERATURES


def test_the_cross_entropys_gradient_at_the_spikes_has_its_closed_form(batch, values):
    spikes, head = batch.student.stages[-1], batch.student_model.head
    error = batch.student.logits.softmax(1) - F.one_hot(batch.labels, 10)
    steps, count, _, *grid = spikes.shape
    by_channel = error @ head.weight / (steps * math.prod(grid) * count)  # the same for every step and cell
    expected = (by_channel.square().sum() * steps * math.prod(grid)).sqrt().item()
    assert values["spikes-ce"][0] == pytest.approx([expected, 1])


@pytest.mark.parametrize("reading", RANGES_BY_NAME)
def test_samds_gradient_at_the_spikes_is_that_of_the_map_for_every_channel_and_step(reading, batch, values):
    spikes = batch.student.stages[-1].detach()
    steps, count, channels = spikes.shape[:3]
    cam = class_activation_map(batch.teacher.stages[-1], batch.teacher_model.head_weight, batch.labels)
    ranges, units = RANGES_BY_NAME[reading], steps * channels
    raw, how = spike_activation_map(spikes), ranges["student_range"]
    if how == "rate":
        raw, how, units = raw / units, "none", 1 / units
    for (norm, _), temperature in zip(values[f"spikes-samd-{reading}"], TEMPERATURES, strict=True):
        closed = map_gradient(raw, map_range(cam, ranges["teacher_range"]), how, temperature) / count
        expected = closed.norm().item() * (units if reading == "rate" else 1) * math.sqrt(steps * channels)
        assert norm == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("reading", ONE_IMAGES)
def test_samd_is_at_right_angles_to_the_cross_entropy_at_the_spikes(reading, values):
    assert all(abs(cosine) < 1e-12 for _, cosine in values[f"spikes-samd-{reading}"])
    assert any(abs(cosine) > 1e-6 for _, cosine in values[f"weights-samd-{reading}"]), "but not at the weights"


def test_gradients_at_the_weights_are_those_of_a_training_step(subject, values):
    x, y = subject.training_images(FEW)
    student = deepcopy(subject.network).train()
    F.cross_entropy(student(x).logits, y).backward()
    norm = torch.cat([p.grad.flatten() for p in student.parameters()]).norm().item()
    assert values["weights-ce"][0][0] == pytest.approx(norm, rel=1e-3)


def test_losses_are_the_objectives(batch, values):
    for name, ranges in RANGES_BY_NAME.items():
        for value, temperature in zip(values[f"loss-samd-{name}"], TEMPERATURES, strict=True):
            assert value == pytest.approx(LOSSES["samd"](map_temperature=temperature, **ranges)(batch).item())
    noise = torch.Generator().manual_seed(0)
    assert values["loss-nld"] == [pytest.approx(LOSSES["nld"]()(batch._replace(generator=noise)).item())]


def test_a_gap_is_0_for_equal_maps_and_root_2_for_maps_that_never_meet(batch):
    maps = torch.zeros(3, 4, 4).double()
    maps[0, 0, 0] = maps[1, 1, 1] = maps[2, 2, 2] = 500

    class Fixed(LOSSES["samd"]):
        def of_student(self, *_):
            return maps

        def of_teacher(self, *_):
            return maps if self.map_temperature == 1 else maps.flip(1)

    assert gap(Fixed(map_temperature=1.0), batch) == 0
    assert gap(Fixed(map_temperature=1.1), batch) == pytest.approx(math.sqrt(2))


def test_divisors_are_the_units_and_the_ranges(batch, values):
    raw = spike_activation_map(batch.student.stages[-1])
    steps, _, channels = batch.student.stages[-1].shape[:3]
    assert divisor(LOSSES["samd"](student_range="none"), batch) == 1 == values["divisor-samd-literal"]
    assert values["divisor-samd-rate"] == pytest.approx(steps * channels)
    assert values["divisor-samd-batch"] == pytest.approx((raw.max() - raw.min()).item())
    ranges = raw.flatten(1).amax(1) - raw.flatten(1).amin(1)
    assert ranges.min() <= values["divisor-samd-sample"] <= ranges.max()


def test_norm_and_cosine():
    one, other = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 2.0])
    assert norm_and_cosine(one, other) == pytest.approx([5, 0.8]) and norm_and_cosine(-other, other) == [2, -1]


def test_a_gradient_is_a_derivative(batch):
    term = LOSSES["samd"](teacher_range="sample", student_range="sample")
    found = pull(term(batch), batch)["spikes"].view_as(batch.student.stages[-1])
    bump = torch.zeros_like(found)
    bump[0, 3, 5, 1, 2] = 1e-6

    def loss(change):
        stages = (*batch.student.stages[:-1], batch.student.stages[-1].detach() + change)
        return term(batch._replace(student=batch.student._replace(stages=stages)))

    slope = ((loss(bump) - loss(-bump)) / 2e-6).item()
    assert found[0, 3, 5, 1, 2].item() == pytest.approx(slope, rel=1e-4, abs=1e-10)


def test_the_study_has_the_fresh_weights_first_and_leaves_the_network_alone(subject, values, monkeypatch):
    assert len(subject.training_images(measure.IMAGES)[1]) == 96, "all that there are"
    monkeypatch.setattr(measure, "IMAGES", FEW)
    before = {name: tensor.clone() for name, tensor in subject.network.state_dict().items()}
    found_settings, found = gradients(subject)
    assert found_settings == {"images": FEW, "temperatures": list(TEMPERATURES)}
    assert found.keys() == {f"{state}-{name}" for state in ("start", "end") for name in values}
    fresh = batch_of(subject, build_network(subject.recipe, 10, subject.record.seed))
    start = F.cross_entropy(fresh.student.logits, fresh.labels)
    assert found["start-loss-ce"] == [start.item()] and found["start-loss-ce"] != found["end-loss-ce"]
    assert found["end-spikes-samd-literal"][4][0] == pytest.approx(values["spikes-samd-literal"][4][0], rel=1e-3)
    assert all(torch.equal(tensor, before[name]) for name, tensor in subject.network.state_dict().items())
    assert len(json.dumps(found)) < 50_000
