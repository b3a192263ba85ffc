"""Operations against a hand count, firing rates against a slow count."""

import pytest
import torch
from torch import nn

from ckdsnn.measures import energy
from ckdsnn.measures.energy import energy_per_image, firing_rates
from ckdsnn.models import LIF, build_student, build_teacher
from tests.networks import lively

X = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def student():
    torch.manual_seed(0)
    return lively(build_student("resnet8", 10, width=1, timesteps=2), X).train()


def macs_of_resnet20(size=32):
    """Stem, three stages of 3 blocks (two 3x3 convolutions each), two 1x1 shortcuts, the head."""
    total = 3 * 16 * 9 * size**2
    for stage, (before, after) in enumerate([(16, 16), (16, 32), (32, 64)]):
        cells = (size // 2**stage) ** 2
        total += (before + 5 * after) * after * 9 * cells + (before * after * cells if stage else 0)
    return total + 64 * 10


def slow_counts(model, x):
    """(MACs, synaptic accumulates) of all images: each layer's dense count if its input is real, else by its spikes."""
    counts = {"mac": 0, "ac": 0}

    def count(layer, inputs, output):
        (inputs,) = inputs
        spikes = bool(((inputs == 0) | (inputs == 1)).all())
        values = inputs if spikes else torch.ones_like(inputs)
        if isinstance(layer, nn.Conv2d):
            ones = torch.ones_like(layer.weight)
            made = nn.functional.conv2d(values, ones, None, layer.stride, layer.padding).sum()
            if not spikes:
                made = torch.tensor(output.numel() * layer.weight[0].numel())  # padding counted, as is usual
        else:
            made = values.sum() * layer.out_features
        counts["ac" if spikes else "mac"] += int(made)

    handles = [m.register_forward_hook(count) for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    with torch.no_grad():
        model.eval()(x)
    for handle in handles:
        handle.remove()
    return counts["mac"], counts["ac"]


def test_macs_of_the_teacher_equal_the_hand_count():
    report = energy_per_image(build_teacher("resnet20", 10, width=1), torch.randn(2, 3, 32, 32))
    assert report["mac"] == macs_of_resnet20() == 40_813_184
    assert report["images"] == 2


@pytest.mark.parametrize("events", [False, True], ids=["images", "events"])
def test_operations_of_the_student_equal_a_slow_count(student, events):
    x = torch.stack([X, -X]) if events else X
    report = energy_per_image(student, x)
    mac, ac = slow_counts(student, x)
    assert report["images"] == 3 and report["mac"] == mac / 3
    assert ac / 3 > 0 and report["ac"] >= ac / 3, "the rest are element-wise additions"
    assert report["compute_nj"] == pytest.approx((4.6 * report["mac"] + 0.9 * report["ac"]) / 1000, abs=1e-3)


def test_firing_rates_equal_a_slow_count(student):
    seen = {}
    layers = {name: module for name, module in student.named_modules() if isinstance(module, LIF)}
    handles = [
        module.register_forward_hook(lambda _, __, spikes, name=name: seen.__setitem__(name, spikes))
        for name, module in layers.items()
    ]
    with torch.no_grad():
        student.eval()(X)
    for handle in handles:
        handle.remove()
    rates = firing_rates(student.train(), [X])
    assert rates.keys() == layers.keys() and all(0 < rate < 1 for rate in rates.values())
    for name, spikes in seen.items():
        assert spikes.shape[0] == 2 * 3  # steps and images
        assert rates[name] == pytest.approx(sum(spikes.flatten().tolist()) / spikes.numel(), abs=1e-6)


def test_an_ann_has_no_firing_rates_and_a_relu_stage_none_of_its_own():
    assert firing_rates(build_teacher("resnet8", 10, width=1), [X]) == {}
    relu = build_student("resnet8", 10, width=1, timesteps=2, last_activation="relu")
    assert "stages.2.0.activation" not in firing_rates(relu, [X])


@pytest.mark.parametrize("measure", [lambda network, x: firing_rates(network, [x]), energy_per_image])
def test_measuring_leaves_the_model_as_it_was(student, measure):
    before = {name: tensor.clone() for name, tensor in student.state_dict().items()}
    assert measure(student, X) == measure(student, X)
    assert student.training and not any(module._forward_hooks for module in student.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in student.state_dict().items())


@pytest.mark.parametrize("events", [False, True], ids=["images", "events"])
def test_rates_and_energy_do_not_depend_on_how_many_images_run_at_once(student, events, monkeypatch):
    x = torch.stack([X, -X]) if events else X
    whole, costs = firing_rates(student, [x]), energy_per_image(student, x)
    assert firing_rates(student, x.split((2, 1), -4)) == pytest.approx(whole, abs=2e-6)
    monkeypatch.setattr(energy, "AT_ONCE", 2)
    assert firing_rates(student, [x]) == pytest.approx(whole, abs=2e-6)
    assert energy_per_image(student, x) == costs
