"""The switches of the fast paths: who keeps which, and that a whole step is the same whatever they are."""

import os

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ckdsnn.analysis.evaluate import evaluate
from ckdsnn.analysis.speed import training_step
from ckdsnn.cli import main
from ckdsnn.data import load_dataset
from ckdsnn.engine import Engine, computes_half, engine, precision_name, reading_processes, using, wait_asleep
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import LIF, build_student
from ckdsnn.studies.subject import Subject
from ckdsnn.training.machine import Machine

SLOW = Engine(neuron="spikingjelly", channels_last=False, closed_cam=False)


def test_the_switches_hold_inside_the_block():
    with pytest.raises(ZeroDivisionError), using(SLOW) as switches:
        assert engine() is switches
        raise ZeroDivisionError
    assert engine() == Engine()


def test_a_network_on_a_cpu_leaves_alone_how_cuda_multiplies(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    Engine().prepare(torch.nn.Linear(1, 1), torch.device("cpu"))
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(
    ("cores", "sharers", "readers"), [(1, 1, 0), (2, 1, 2), (4, 2, 2), (4, 3, 1), (2, 4, 0), (64, 1, 8), (64, 2, 8)]
)
def test_pictures_are_read_by_a_process_for_each_core_but_not_by_many(cores, sharers, readers, monkeypatch):
    monkeypatch.setattr("ckdsnn.engine.usable_cores", lambda: cores)
    assert reading_processes(sharers) == Machine(devices=sharers).readers == readers


def test_who_only_looks_at_data_has_no_more_readers_than_a_training(record, results, monkeypatch):
    asked = []

    def noted(*arguments, **options):
        asked.append(options["workers"])
        return load_dataset(*arguments, **options)

    monkeypatch.setattr("ckdsnn.engine.usable_cores", lambda: 64)
    for place in ("ckdsnn.assemble.load_dataset", "ckdsnn.data.load_dataset"):
        monkeypatch.setattr(place, noted)
    assert evaluate(record.id, results) and Subject(record, results).module and main(["data", "digits"]) == 0
    assert asked == [8, 8, 8]


def test_a_network_keeps_what_it_was_told_wherever_it_was_built():
    with using(SLOW):
        student = build_student("resnet8", 10, width=1, timesteps=1)
    assert {module.kind for module in student.modules() if isinstance(module, LIF)} == {"auto"}
    SLOW.tell(student)
    assert {module.kind for module in student.modules() if isinstance(module, LIF)} == {"spikingjelly"}


def test_an_unknown_neuron_is_answered_with_the_known_ones():
    with pytest.raises(CkdsnnError, match="unknown neuron 'jelly'; choose one of: auto, fused, compiled, spikingjelly"):
        Engine(neuron="jelly")


def step_under(switches: Engine, timesteps: int):
    """A step in float64 under these switches; its loss and the student's gradients."""
    torch.manual_seed(0)
    with using(switches):
        step = training_step("resnet8", 1, timesteps, batch=6, num_classes=5, precision="fp32")
    step.network.double(), step.objective.double()
    step.images = step.images.double()
    torch.manual_seed(1)  # NLD's noise
    for phase in ("teacher", "student", "losses", "backward"):
        step.phases[phase]()
    return step.total.detach(), [p.grad for p in step.network.parameters()]


@pytest.mark.parametrize("timesteps", [1, 3])
@pytest.mark.parametrize(
    "switches", [SLOW, Engine(neuron="spikingjelly"), Engine(channels_last=False), Engine(closed_cam=False)]
)
def test_every_switch_leaves_the_step_what_it_is(switches, timesteps):
    (loss, gradients), (slow_loss, slow_gradients) = step_under(Engine(), timesteps), step_under(switches, timesteps)
    torch.testing.assert_close(loss, slow_loss, rtol=1e-9, atol=1e-12)
    for fast, slow in zip(gradients, slow_gradients, strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-7, atol=1e-10)


class Convolved(TorchDispatchMode):
    """Notes the tensors that convolutions read, forward and backward."""

    def __init__(self):
        super().__init__()
        self.read = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function in (torch.ops.aten.convolution.default, torch.ops.aten.convolution_backward.default):
            self.read += [x for x in args if isinstance(x, torch.Tensor) and x.dim() == 4]
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("timesteps", [1, 3])
@pytest.mark.parametrize("switch", [True, False])
def test_every_convolution_reads_the_layout_that_was_asked_for(timesteps, switch):
    """One that reads another copies first, which no profile of the network's own code shows."""
    with using(Engine(channels_last=switch)):
        step = training_step("resnet8", 1, timesteps, batch=2, num_classes=5)
    with Convolved() as convolved:
        step()
    assert len(convolved.read) > 50
    assert all(x.is_contiguous(memory_format=Engine(channels_last=switch).layout) for x in convolved.read)


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")  # torch's own import
def test_student_and_teacher_are_compiled_where_asked_under_the_same_weights_names():
    plain = training_step("resnet8", 1, 2, batch=4, num_classes=5)
    with using(Engine(compile=True)):
        compiled = training_step("resnet8", 1, 2, batch=4, num_classes=5)
    assert plain.network.state_dict().keys() == compiled.network.state_dict().keys()
    assert compiled.network._compiled_call_impl and compiled.objective.teacher._compiled_call_impl
    assert not plain.network._compiled_call_impl


@pytest.mark.parametrize(
    ("precision", "device", "able", "name"),
    [
        ("auto", "cpu", {}, "32-true"),
        ("auto", "cpu", {"amx_bf16": True}, "bf16-mixed"),
        ("auto", "cpu", {"avx512_bf16": True}, "bf16-mixed"),
        ("auto", "cuda", {}, "bf16-mixed"),
        ("auto", "gpu", {}, "bf16-mixed"),
        ("auto", "mps", {"amx_bf16": True}, "32-true"),
        ("fp32", "cpu", {"amx_bf16": True}, "32-true"),
        ("fp32", "cuda", {}, "32-true"),
        ("bf16", "cpu", {}, "bf16-mixed"),
    ],
)
def test_auto_is_bf16_where_the_hardware_multiplies_it(precision, device, able, name, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert precision_name(precision, device) == name
    assert computes_half(precision, device) == (name == "bf16-mixed")
    with using(Engine(cpu_bf16=False)):
        assert computes_half(precision, device) == (name == "bf16-mixed" and (precision, device) != ("auto", "cpu"))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "3000"}),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, {"OMP_WAIT_POLICY": "ACTIVE"}),
        ({"GOMP_SPINCOUNT": "7"}, {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "7"}),
    ],
)
def test_threads_wait_asleep_unless_the_user_says_otherwise(given, found, monkeypatch):
    monkeypatch.setattr(os, "environ", dict(given))
    wait_asleep()
    assert os.environ == found
