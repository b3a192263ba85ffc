"""SEW and spiking ResNets and Spikformer: sizes as published, what their stages hold, state, gradients, energy."""

import numpy as np
import pytest
import torch
from spikingjelly.activation_based.layer.attention import SpikingSelfAttention
from torchvision import models

from ckdsnn.distill import Batch
from ckdsnn.distill.samd import SAMD
from ckdsnn.engine import Engine
from ckdsnn.errors import CkdsnnError
from ckdsnn.inputs import InputSpec
from ckdsnn.measures.energy import energy_per_image, firing_rates
from ckdsnn.models import LIF, STUDENTS, TEACHERS, build_student, build_teacher
from tests.networks import lively

SMALL = {  # model -> what makes it quick to run
    "sew_resnet18": (InputSpec(3, 64, 64), {}),
    "spiking_resnet18": (InputSpec(3, 64, 64), {}),
    "spikformer": (InputSpec(3, 16, 16), {"depth": 2, "dim": 64}),
}
BINARY = {"sew_resnet18": False, "spiking_resnet18": True, "spikformer": False}


def small(name, timesteps=2, classes=5, seed=0):
    inputs, options = SMALL[name]
    torch.manual_seed(seed)
    return build_student(name, classes, timesteps, inputs, **options), torch.randn(4, 3, inputs.height, inputs.width)


def count_of(spec, options=None):
    """The number of a model's stages with these options."""
    return {**spec.options, **(options or {})}.get(spec.stages, spec.stages)


@pytest.mark.parametrize(
    ("build", "name", "classes", "options", "millions"),
    [
        (build_student, "sew_resnet18", 1000, {}, 11.7),
        (build_student, "sew_resnet34", 1000, {}, 21.8),
        (build_student, "sew_resnet50", 1000, {}, 25.6),
        (build_student, "spiking_resnet18", 1000, {}, 11.7),
        (build_student, "spiking_resnet34", 1000, {}, 21.8),
        (build_student, "spikformer", 10, {"depth": 4, "dim": 384}, 9.3),
        (build_student, "resnet19", 10, {}, 12.6),
        (build_student, "resnet20", 10, {"width": 1}, 0.27),
        (build_teacher, "imagenet_resnet34", 1000, {}, 21.8),
    ],
)
def test_sizes_are_the_published_ones(build, name, classes, options, millions):
    with torch.device("meta") if build is build_teacher else torch.random.fork_rng():
        network = build(name, classes, **options)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.06)


@pytest.mark.parametrize("name", SMALL)
def test_stages_are_grids_over_time_of_spikes_or_sums_of_them(name):
    network, x = small(name)
    logits, stages = lively(network, x)(x)
    assert logits.shape == (4, 5) and len(stages) == count_of(STUDENTS[name], SMALL[name][1])
    for stage in stages:
        assert stage.dim() == 5 and stage.shape[:2] == (2, 4) and stage.any()
        assert torch.equal(stage, stage.round()) and stage.min() >= 0
        assert (stage.max() <= 1) == BINARY[name]


@pytest.mark.parametrize("name", SMALL)
def test_no_state_is_left_from_one_input_to_the_next(name):
    network, x = small(name)
    network = lively(network, x)
    first = network(x).logits
    network(torch.randn_like(x))
    assert torch.equal(network(x).logits, first)


@pytest.mark.parametrize("name", SMALL)
def test_an_image_is_shown_at_every_step(name):
    network, x = small(name)
    network = lively(network, x)
    assert torch.equal(network(x).logits, network(x.expand(2, *x.shape)).logits)


@pytest.mark.parametrize("name", SMALL)
def test_the_head_reads_the_mean_of_the_last_stage(name):
    network, x = small(name)
    logits, stages = lively(network, x)(x)
    head = next(m for m in network.modules() if getattr(m, "weight", None) is network.head_weight)
    torch.testing.assert_close(stages[-1].mean((0, -2, -1)) @ network.head_weight.T + head.bias, logits)


@pytest.mark.parametrize("name", SMALL)
def test_the_fused_neuron_gives_what_spikingjellys_gives(name):
    def outcome(neuron):
        network, x = small(name)
        network = Engine(neuron=neuron).tell(network).double().train()
        logits, stages = network(x[:2].double())
        (logits.square().sum() + stages[0].mean()).backward()
        return logits, [p.grad for p in network.parameters()]

    (fused, gradients), (slow, others) = outcome("fused"), outcome("spikingjelly")
    torch.testing.assert_close(fused, slow)
    torch.testing.assert_close(gradients, others)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("every_stage", [False, True])
def test_samd_reaches_every_stage(name, every_stage):
    network, x = small(name)
    teacher = lively(build_teacher("resnet8", 5, width=1), x)
    features, y = network(x), torch.tensor([0, 1, 2, 3])
    for stage in features.stages:
        stage.retain_grad()
    SAMD(every_stage=every_stage)(Batch(x, y, features, teacher(x), teacher)).backward()
    pulled = [stage.grad is not None and bool(stage.grad.any()) for stage in features.stages]
    assert all(pulled) if every_stage else pulled[-1]


@pytest.mark.parametrize("name", SMALL)
def test_firing_rates_and_energy_are_counted(name):
    network, x = small(name)
    network = lively(network, x)
    rates = firing_rates(network, [x])
    assert len(rates) == sum(isinstance(module, LIF) for module in network.modules()) > 3
    assert all(0 <= rate <= 1 for rate in rates.values()) and any(rates.values())
    energy = energy_per_image(network, x)
    assert energy["ac"] > 0 and energy["mac"] > 0 and energy["images"] == 4


@pytest.mark.parametrize("name", ["sew_resnet18", "spiking_resnet18"])
def test_networks_read_events_of_two_polarities(name):
    events = InputSpec(2, 32, 32, timesteps=3)
    network = build_student(name, 5, 3, events)
    frames = torch.rand(3, 2, 2, 32, 32)
    assert network(frames).stages[-1].shape[:2] == (3, 2)
    for wrong in (torch.rand(3, 2, 3, 32, 32), torch.rand(4, 2, 2, 32, 32), torch.rand(2, 3, 32, 32)):
        with pytest.raises(CkdsnnError, match=r"expected images \[B, 2, H, W\] or event frames \[3, B, 2, H, W\]"):
            network(wrong)


def test_sizes_of_numpys_make_the_same_spikformer():
    sizes = {"num_classes": 5, "timesteps": 2, "depth": 2, "dim": 64, "patch": 4}
    inputs = InputSpec(np.int8(3), np.int8(16), np.int8(16))
    network = build_student("spikformer", inputs=inputs, **{name: np.int8(size) for name, size in sizes.items()})
    seen = network(inputs.blank(4))
    assert seen.logits.shape == (4, 5) and seen.stages[-1].shape == (2, 4, 64, 4, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "spikformer", "dim": 100}, "dim = 100; expected a multiple of 32"),
        ({"name": "spikformer", "patch": 8}, "patch = 8 of images 32 x 32; expected one of 4, 16"),
        ({"name": "spikformer", "depth": 0}, "depth = 0"),
        ({"name": "spikformer", "width": 2}, "spikformer has no option 'width'; its options: depth, dim, patch"),
        ({"name": "sew_resnet18", "head": "two_linear"}, "sew_resnet18 has no option 'head'; its options: none"),
        ({"name": "spikformer", "inputs": InputSpec(3, 30, 32)}, "patch = 4 of images 30 x 32"),
        ({"name": "resnet9"}, "unknown student 'resnet9'; choose one of: resnet8"),
    ],
)
def test_what_a_model_does_not_have_is_refused(arguments, message):
    with pytest.raises(CkdsnnError, match=message):
        build_student(**arguments)


def test_every_model_names_its_works_and_twins_have_as_many_stages():
    for spec in (*TEACHERS.values(), *STUDENTS.values()):
        assert spec.cite and count_of(spec) >= 3
    for depth in (18, 34):
        twin = TEACHERS[f"imagenet_resnet{depth}"]
        assert twin.stages == STUDENTS[f"sew_resnet{depth}"].stages == 4


def test_the_ann_twin_is_torchvisions_network():
    teacher = build_teacher("imagenet_resnet18", 5).eval()
    judge, x = models.resnet18(num_classes=5).eval(), torch.randn(1, 3, 64, 64)
    judge.load_state_dict({name.removeprefix("module."): w for name, w in teacher.state_dict().items()})
    assert torch.equal(teacher(x).logits, judge(x))
    assert build_teacher("imagenet_resnet18", 5, InputSpec(2, 64, 64)).eval()(x[:, :2]).logits.shape == (1, 5)


def test_the_products_of_attention_are_counted(monkeypatch):
    """What is counted with them less what is counted where they are known beforehand, for two images."""
    network, x = small("spikformer")
    network, known, spikes = lively(network, x), [], []
    product = SpikingSelfAttention._ssa_kernel_torch

    def noting(qkv, scale):
        spikes.append(qkv.flatten(2, 3).chunk(3, dim=2))
        known.append(product(qkv, scale))
        return known[-1]

    monkeypatch.setattr(SpikingSelfAttention, "_ssa_kernel_torch", staticmethod(noting))
    whole = energy_per_image(network, x)
    answers = iter(known[-2:])
    monkeypatch.setattr(SpikingSelfAttention, "_ssa_kernel_torch", staticmethod(lambda *_: next(answers)))
    rest = energy_per_image(network, x)
    expected = 0.0
    for q, k, v in spikes[-2:]:
        first = v @ k.transpose(-2, -1)  # of spikes with spikes: one addition where both are
        expected += first.sum().item() + q.count_nonzero().item() * first.shape[-2]  # of sums with spikes
    assert 4 * (whole["ac"] - rest["ac"]) == expected
