"""Both steps begin as one; the reference's learns, and does to its teacher what the released code does."""

import pytest
import torch

from ckdsnn.analysis.speed import training_step
from ckdsnn.bench.reference_step import ReferenceStep


@pytest.fixture
def steps():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        ours = training_step("resnet8", timesteps=2, batch=8, num_classes=3, device=torch.device("cpu"))
        yield ours, ReferenceStep(ours)


def weights(network):
    return {name.replace(".layer.", "."): value.clone() for name, value in network.state_dict().items()}


def test_both_start_from_the_same_weights_and_images(steps):
    ours, reference = steps
    torch.testing.assert_close(weights(reference.network), weights(ours.network), rtol=0, atol=0)
    torch.testing.assert_close(weights(reference.teacher), weights(ours.objective.teacher), rtol=0, atol=0)
    torch.testing.assert_close(reference.images, ours.images, rtol=0, atol=0)
    assert list(reference.phases) == list(ours.phases)


def test_neither_step_touches_the_other(steps):
    ours, reference = steps
    before = weights(ours.network), weights(ours.objective.teacher)
    reference()
    torch.testing.assert_close((weights(ours.network), weights(ours.objective.teacher)), before, rtol=0, atol=0)
    assert not ours.objective.teacher.training
    assert not any(p.requires_grad for p in ours.objective.teacher.parameters())


def test_the_reference_is_channels_first(steps):
    reference = steps[1]
    assert reference.images.is_contiguous()
    assert all(p.is_contiguous() for p in [*reference.network.parameters(), *reference.teacher.parameters()])


def test_every_call_is_a_step_that_learns(steps):
    losses = [steps[1]().item() for _ in range(30)]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_the_teacher_drifts_and_gets_gradients_but_is_not_trained(steps):
    teacher = steps[1].teacher
    before = weights(teacher)
    steps[1]()
    after = weights(teacher)
    drifted = {name for name in before if not torch.equal(before[name], after[name])}
    assert drifted == {name for name in before if "running" in name or "tracked" in name}
    assert all(p.grad.abs().max() > 0 for p in teacher.parameters())


def test_a_forward_pass_has_no_graph(steps):
    steps[1].forward()
    assert not steps[1].features.logits.requires_grad
