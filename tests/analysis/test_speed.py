"""The measured step is a real one: it learns its batch, and only the student moves."""

import pytest
import torch

from ckdsnn import CkdsnnError
from ckdsnn.analysis.speed import training_step


def test_every_call_is_a_step_that_learns():
    torch.manual_seed(0)
    step = training_step("resnet8", width=1, timesteps=2, batch=8, num_classes=3)
    losses = [step().item() for _ in range(20)]
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])


@pytest.mark.parametrize("wrong", [{"student": "vgg"}, {"timesteps": 0}, {"width": 0}])
def test_impossible_steps_are_refused(wrong):
    with pytest.raises(CkdsnnError):
        training_step(**wrong)
