"""A replayed step is the step itself: on a CPU by a graph's stand-in, on a GPU by CUDA's."""

import re
import subprocess
import sys

import pytest
import torch

from ckdsnn.analysis.graph import WARM_UP, CudaGraph, Replayed
from ckdsnn.analysis.speed import Step, training_step
from ckdsnn.engine import Engine, using
from ckdsnn.errors import CkdsnnError
from tests.recorded_graph import RecordedGraph, stand_in

STEPS = WARM_UP + 3
NEEDS_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=NEEDS_CUDA)])
def device(request, monkeypatch) -> str:
    """Where the step is: a CPU with the stand-in, or a GPU."""
    if request.param == "cpu":
        stand_in(monkeypatch, "ckdsnn.analysis.speed")
    return request.param


def make_step(device: str, timesteps: int, precision: str = "fp64", **switches) -> Step:
    """A step in float64, where no rounding flips a spike, or in another precision."""
    torch.manual_seed(0)
    with using(Engine(**switches)):
        given = "fp32" if precision == "fp64" else precision
        step = training_step("resnet8", 1, timesteps, 6, 5, torch.device(device), given)
    if precision == "fp64":
        step.network.double(), step.objective.double()
    torch.manual_seed(1)  # NLD's noise
    return step


def batches(device: str, sizes: list[int], layout: torch.memory_format = torch.channels_last):
    """Another batch for every step."""
    generator = torch.Generator().manual_seed(2)
    for size in sizes:
        images = torch.randn(size, 3, 16, 16, generator=generator, dtype=torch.float64).to(device)
        labels = torch.randint(5, (size,), generator=generator).to(device)
        yield images.contiguous(memory_format=layout), labels


def train(step: Step, batches) -> list[torch.Tensor]:
    """The losses of steps on these batches."""
    losses = []
    for images, labels in batches:
        step.images, step.labels = images, labels
        losses.append(step())
    return losses


def assert_same(step: Step, other: Step) -> None:
    for ours, theirs in zip(step.network.state_dict().values(), other.network.state_dict().values(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    ("timesteps", "switches"),
    [
        (1, {}),
        (4, {"neuron": "fused"}),
        (4, {"neuron": "spikingjelly"}),
        (4, {"neuron": "triton"}),
        (1, {"channels_last": False}),
        (1, {"closed_cam": False}),
    ],
)
def test_losses_and_weights_are_those_of_single_steps(device, timesteps, switches):
    if switches.get("neuron") == {"cpu": "triton", "cuda": "spikingjelly"}[device]:
        pytest.skip("our kernel needs CUDA, and spikingjelly's computes in float32 there")
    slow, fast = (make_step(device, timesteps, graph=graph, **switches) for graph in (False, True))
    layout = Engine(**switches).layout
    torch.manual_seed(1)
    expected = train(slow, batches(device, [6] * STEPS, layout))
    torch.manual_seed(1)
    losses = train(fast, batches(device, [6] * STEPS, layout))
    assert fast.replayed.results is not None
    torch.testing.assert_close(losses, expected, rtol=1e-5, atol=1e-8)
    assert_same(fast, slow)
    assert len(torch.stack(losses).unique()) == STEPS


def test_autocast_is_replayed_too(monkeypatch):
    """On a CPU, where half precision rounds every time alike."""
    stand_in(monkeypatch, "ckdsnn.analysis.speed")
    slow, fast = (make_step("cpu", 2, "bf16", graph=graph) for graph in (False, True))
    rounded = [(images.float(), labels) for images, labels in batches("cpu", [6] * STEPS)]
    torch.manual_seed(1)
    expected = train(slow, rounded)
    torch.manual_seed(1)
    assert train(fast, rounded) == expected
    assert fast.replayed.results is not None and fast.half


def test_a_batch_of_another_size_is_computed_as_usual_between_replays(device):
    sizes = [6] * (WARM_UP + 1) + [4] + [6] * 2
    slow, fast = (make_step(device, 1, graph=graph) for graph in (False, True))
    torch.manual_seed(1)
    expected = train(slow, batches(device, sizes))
    torch.manual_seed(1)
    torch.testing.assert_close(train(fast, batches(device, sizes)), expected, rtol=1e-5, atol=1e-8)
    assert_same(fast, slow)


def test_a_learning_rate_that_a_schedule_changes_is_read_at_every_replay(device):
    whole = list(batches(device, [6] * STEPS))
    steps = [make_step(device, 1, graph=graph) for graph in (False, True)]
    for step in steps:
        torch.manual_seed(1)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(step.optimizer, STEPS)
        for batch in whole:
            train(step, [batch])
            schedule.step()
    assert_same(*steps)


def test_a_step_that_goes_on_from_what_another_has_saved_ends_like_one_that_went_through(device):
    whole = list(batches(device, [6] * 2 * STEPS))
    through, first, second = (make_step(device, 1, graph=True) for _ in range(3))
    train(through, whole)
    torch.manual_seed(1)
    train(first, whole[:STEPS])
    second.network.load_state_dict(first.network.state_dict())
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    train(second, whole[STEPS:])
    assert_same(second, through)


REFUSED = "this step cannot be recorded as a CUDA graph; set graph = False: .+"


def test_what_would_wait_for_the_gpu_is_refused():
    step, x = Replayed(lambda x: (x * x.sum().item(),), RecordedGraph(torch.device("cpu"))), torch.ones(3)
    assert [step(x)[0].sum().item() for _ in range(WARM_UP)] == [9] * WARM_UP
    with pytest.raises(CkdsnnError, match=REFUSED):
        step(x)


ON_CUDA = """
import torch
from ckdsnn.analysis.graph import WARM_UP, CudaGraph, Replayed
step = Replayed(lambda x: (x * x.sum().item(),), CudaGraph(torch.device("cuda")))
for _ in range(WARM_UP + 1):
    step(torch.ones(3, device="cuda"))
"""


@NEEDS_CUDA
def test_cuda_refuses_what_waits():
    """In a process of its own, which is of no use afterwards."""
    done = subprocess.run([sys.executable, "-c", ON_CUDA], capture_output=True, text=True)
    assert re.search(REFUSED, done.stderr)


@NEEDS_CUDA
def test_cuda_replays_without_the_workspaces_that_were_there_before():
    """As after Lightning, which frees them and empties the cache at the end of another training."""
    x, y = (torch.randn(2048, 2048, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    graph = CudaGraph(x.device)
    expected = graph.run(lambda: (x @ y,))[0].clone()
    (result,) = graph.record(lambda: (x @ y,))
    torch._C._cuda_clearCublasWorkspaces()
    torch.cuda.empty_cache()
    others = [torch.full((2**20,), torch.nan, device="cuda") for _ in range(64)]
    graph.replay()
    torch.testing.assert_close(result, expected)
    assert all(other.isnan().all() for other in others)


def test_a_step_on_another_device_has_no_graph():
    with pytest.raises(CkdsnnError, match="graph = True needs a CUDA device; a step on cpu has no graph"):
        Step(torch.nn.Linear(2, 2), torch.nn.Identity(), 2, 2, torch.device("cpu"), switches=Engine(graph=True))


def test_the_stand_in_keeps_what_python_told_it_and_computes_nothing_when_it_records():
    """So that a step that only seems to be replayed would be found out."""
    weight, factor, graph = torch.ones(2), [2.0], RecordedGraph(torch.device("cpu"))

    def work():
        return (weight.mul_(factor[0]).sum(),)

    (result,) = graph.record(work)
    assert weight.tolist() == [1, 1]
    factor[0] = 100.0
    graph.replay()
    assert weight.tolist() == [2, 2] and result == 4


def test_fused_sgd_changes_the_weights_as_sgd_does():
    plain, fused = (make_step("cpu", 1, fused_sgd=switch) for switch in (False, True))
    for step in (plain, fused):
        torch.manual_seed(1)
        train(step, batches("cpu", [6] * 3))
    assert fused.optimizer.defaults["fused"] and not plain.optimizer.defaults["fused"]
    assert_same(fused, plain)
