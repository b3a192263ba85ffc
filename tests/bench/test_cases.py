"""Words of the command become cases and steps; all implementations of a case begin as one."""

import shutil

import pytest
import torch

from ckdsnn.bench.cases import Case, build, engine_of, find_cases, find_implementations, sweep_cases, switched
from ckdsnn.engine import Engine, cpu_has_bf16, using
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import LIF

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
SMALL = Case("resnet8", 1, 2, 4)


@pytest.mark.parametrize(("device", "wide"), [(CPU, 2), (CUDA, 8)], ids=str)
def test_every_model_meets_every_t_at_the_devices_width(device, wide):
    found = find_cases("resnet20, resnet19", "1,4", 16, device)
    sizes = [("resnet20", 1), ("resnet19", wide)]
    assert found == [Case(model, width, t, 16) for model, width in sizes for t in (1, 4)]


def test_a_width_can_be_given_and_nothing_is_measured_twice():
    assert find_cases("resnet19:1,resnet8:3,resnet8:3", "2,2", 4, CPU) == [
        Case("resnet19", 1, 2, 4),
        Case("resnet8", 3, 2, 4),
    ]


@pytest.mark.parametrize(
    ("models", "timesteps", "batch", "message"),
    [
        ("vgg", "1", 8, "unknown model 'vgg'; choose one of: resnet8, resnet19, resnet20"),
        ("", "1", 8, "unknown model ''"),
        ("resnet8:0", "1", 8, "width = 0; expected an integer from 1 to 32"),
        ("resnet8:wide", "1", 8, "width = 'wide'; expected an integer of at least 1"),
        ("resnet8", "1,", 8, "timesteps = ''; expected an integer of at least 1"),
        ("resnet8", "0", 8, "timesteps = 0; expected"),
        ("resnet8", "1", 0, "batch = 0; expected"),
    ],
)
def test_impossible_cases_are_named(models, timesteps, batch, message):
    with pytest.raises(CkdsnnError, match=message):
        find_cases(models, timesteps, batch, CPU)


def test_the_implementations_that_differ_on_a_device(monkeypatch):
    with using(Engine(cpu_bf16=False)):
        monkeypatch.setattr(shutil, "which", lambda _: None)
        assert find_implementations("", CPU) == ["reference", "spikingjelly", "ours"]
        monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
        assert find_implementations("", CPU) == ["reference", "spikingjelly", "ours", "ours-compiled"]
        assert switched(CPU)[-1] == "ours-bf16" and "ours-bf16" not in switched(CUDA)
    assert find_implementations("", CUDA) == ["reference", "spikingjelly", "ours", "ours-fp32"]
    assert find_implementations("ours-fp32, reference,ours-fp32", CUDA) == ["ours-fp32", "reference"]
    with pytest.raises(
        CkdsnnError, match="unknown implementation 'theirs'; choose one of: reference, spikingjelly, ours"
    ):
        find_implementations("ours,theirs", CPU)


@pytest.mark.parametrize("device", [CPU, CUDA], ids=str)
def test_every_switch_is_turned_once_and_alone(device):
    names = [name for name in switched(device) if name != "ours-bf16"]
    for name in names:
        engine = engine_of(name)
        differing = [f for f in vars(Engine()) if getattr(engine, f) != getattr(Engine(), f)]
        assert [name] == [f"ours, {f}={getattr(engine, f)}" for f in differing]
    turned = {name.removeprefix("ours, ").partition("=")[0] for name in names}
    untried = {"keep_memory", "tf32", "cpu_bf16"} | ({"compile", "graph"} if device == CPU else set())
    assert turned == vars(Engine()).keys() - untried


def weights(step):
    """Student's and teacher's, in order."""
    teacher = getattr(step, "teacher", None) or step.objective.teacher
    return [list(m.state_dict().values()) for m in (step.network, teacher)]


@pytest.mark.parametrize("name", ["reference", "spikingjelly", "ours-fp32", "ours-bf16", *switched(CPU)])
def test_all_implementations_of_a_case_start_from_the_same_weights(name):
    torch.testing.assert_close(weights(build(SMALL, name, CPU)), weights(build(SMALL, "ours", CPU)), rtol=0, atol=0)


def test_a_step_is_built_as_its_name_says():
    assert build(SMALL, "ours-bf16", CPU).half and not build(SMALL, "ours-fp32", CPU).half
    assert build(SMALL, "ours", CPU).half == cpu_has_bf16()
    neurons = {m.kind for m in build(SMALL, "ours, neuron=spikingjelly", CPU).network.modules() if isinstance(m, LIF)}
    assert neurons == {"spikingjelly"}
    assert build(SMALL, "ours, channels_last=False", CPU).images.is_contiguous()
    assert not build(SMALL, "ours", CPU).images.is_contiguous()
    for other in ("reference", "spikingjelly"):
        assert build(SMALL, other, CPU).images.shape == (4, 3, 32, 32) and not build(SMALL, other, CPU).half


def test_the_present_switches_are_ours_alone():
    with using(Engine(closed_cam=False, channels_last=False)):
        assert build(SMALL, "spikingjelly", CPU).objective.closed_cam
        assert not build(SMALL, "ours", CPU).objective.closed_cam


def test_building_leaves_the_random_state_alone():
    before = torch.get_rng_state()
    build(SMALL, "ours", CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_sweep_moves_along_one_axis_at_a_time():
    start = Case("resnet20", 1, 1, 128)
    for axis, along in sweep_cases(128).items():
        assert len(along) >= 3 and start in along
        for case in along:
            assert {name for name in vars(start) if getattr(case, name) != getattr(start, name)} <= {axis}
