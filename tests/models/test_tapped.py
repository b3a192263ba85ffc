"""Any torch module as a model: its stages and head by name, tokens as a grid, and what cannot be read."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from spikingjelly.activation_based import layer, neuron
from torch import nn
from torchvision import models

from ckdsnn.distill import Batch, nld_loss, samd_loss, spike_activation_map
from ckdsnn.distill.maps import cam, class_activation_map, grad_cam
from ckdsnn.distill.samd import SAMD
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import Features, OverTime, Spiking, Tapped, build_student, build_teacher, stage_pairs
from ckdsnn.models.features import has_closed_cam
from tests.networks import lively

STAGES = ("layer1", "layer2", "layer3", "layer4")


@pytest.fixture
def resnet():
    torch.manual_seed(0)
    return models.resnet18(num_classes=5).eval()


class Attention(nn.Module):
    """A small transformer over patches with a class token, as vision transformers are.

    Behind the last block nothing of the patches reaches the head: what is tapped lies before it.
    """

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.block, self.last = (nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True) for _ in range(2))
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = self.block(torch.cat([self.token.expand(len(x), -1, -1), tokens], 1))
        return self.head(self.last(tokens)[:, 0])


def test_stages_and_logits_are_those_of_the_module_itself(resnet):
    x = torch.randn(2, 3, 64, 64)
    logits, stages = Tapped(resnet, STAGES)(x)
    assert torch.equal(logits, resnet(x)) and len(stages) == 4
    seen = resnet.maxpool(resnet.relu(resnet.bn1(resnet.conv1(x))))
    for name, stage in zip(STAGES, stages, strict=True):
        seen = getattr(resnet, name)(seen)
        assert torch.equal(stage, seen)


def test_the_closed_form_and_grad_cam_agree_on_a_tapped_network(resnet):
    model, x, y = Tapped(resnet, STAGES), torch.randn(3, 3, 64, 64), torch.tensor([0, 4, 2])
    closed, gradient = cam(model, x, y), grad_cam(model, x, y)
    torch.testing.assert_close(closed, gradient * closed[0].numel(), rtol=1e-4, atol=1e-5)
    assert grad_cam(model, x, y, stage=0).shape == (3, 16, 16)


def test_the_head_reads_the_mean_of_the_last_stage(resnet):
    model, x = Tapped(resnet, STAGES), torch.randn(2, 3, 64, 64)
    logits, stages = model(x)
    torch.testing.assert_close(stages[-1].mean((-2, -1)) @ model.head_weight.T + resnet.fc.bias, logits)


def test_a_copy_taps_itself(resnet):
    model = Tapped(resnet, STAGES[-1:])
    copy = deepcopy(model)
    nn.init.zeros_(resnet.layer4[1].bn2.weight)
    x = torch.randn(1, 3, 32, 32)
    assert not torch.equal(copy(x).stages[0], model(x).stages[0])


def test_tokens_become_the_grid_of_their_patches():
    torch.manual_seed(0)
    network, x = Attention().eval(), torch.randn(2, 3, 16, 16)
    model = Tapped(network, ["block"], "head", leading_tokens=1, closed_cam=False)
    logits, (stage,) = model(x)
    assert torch.equal(logits, network(x)) and stage.shape == (2, 8, 4, 4)
    tokens = network.block(torch.cat([network.token.expand(2, -1, -1), network.patches(x).flatten(2).mT], 1))
    for patch in range(16):
        assert torch.equal(stage[:, :, patch // 4, patch % 4], tokens[:, 1 + patch])


def test_samd_takes_grad_cam_of_a_head_that_reads_a_class_token():
    torch.manual_seed(0)
    network = Tapped(Attention(), ["block"], "head", leading_tokens=1, closed_cam=False).eval()
    student, x, y = build_student("resnet8", 5, width=1, timesteps=2), torch.randn(2, 3, 16, 16), torch.tensor([1, 3])
    batch = Batch(x, y, student(x), network(x), network, student_model=student)
    judge = grad_cam(network, x, y)
    assert judge.any() and torch.equal(SAMD(teacher_range="none").of_teacher(batch, -1), judge)
    assert torch.equal(cam(network, x, y), judge)
    with pytest.raises(CkdsnnError, match="heads that read the mean of the last stage"):
        batch.heads()


def test_frames_are_read_one_by_one_and_averaged():
    torch.manual_seed(0)
    teacher = lively(build_teacher("resnet8", 5, width=1), torch.randn(8, 3, 16, 16))
    frames = torch.randn(3, 2, 3, 16, 16)
    logits, stages = OverTime(teacher)(frames)
    alone = [teacher(frame) for frame in frames]
    torch.testing.assert_close(logits, sum(seen.logits for seen in alone) / 3)
    torch.testing.assert_close(stages[-1], sum(seen.stages[-1] for seen in alone) / 3)
    y = torch.tensor([0, 4])
    closed = class_activation_map(stages[-1], OverTime(teacher).head_weight, y)
    torch.testing.assert_close(cam(OverTime(teacher), frames, y), closed)
    assert torch.equal(OverTime(teacher)(frames[0]).logits, teacher(frames[0]).logits)
    with pytest.raises(CkdsnnError, match="Conv2d returns a Tensor: expected Features; Tapped makes them"):
        OverTime(nn.Conv2d(frames.shape[2], 4, 1))(frames)


@pytest.mark.parametrize(
    ("stages", "head", "message"),
    [
        ((), "fc", "stages is empty"),
        (("layer5",), "fc", "no part 'layer5' in ResNet; there are: conv1, bn1"),
        (("layer1.9",), "fc", "no part 'layer1.9' in ResNet; there are in 'layer1': 0, 1"),
        (("layer4",), "classifier", "no part 'classifier'"),
        (("layer4",), "avgpool", "head = 'avgpool' is a AdaptiveAvgPool2d: expected a linear layer"),
        (("layer4",), "conv1", "head = 'conv1' is a Conv2d: expected a linear layer"),
        (("layer4",), "bn1", "head = 'bn1' is a BatchNorm2d: expected a linear layer"),
        ("layer4", "fc", r"stages = 'layer4' is one name; expected a sequence of them, as \('layer4',\)"),
    ],
)
def test_names_that_are_none_and_heads_that_are_not_linear_are_refused(resnet, stages, head, message):
    resnet.bn1 = nn.BatchNorm2d(64, affine=False)  # its weight is None
    with pytest.raises(CkdsnnError, match=message):
        Tapped(resnet, stages, head)


def test_outputs_that_are_no_grid_are_refused(resnet):
    with pytest.raises(CkdsnnError, match=r"stage 'fc' gives \[1, 5\]: expected a grid"):
        Tapped(resnet, ["fc"])(torch.randn(1, 3, 32, 32))
    with pytest.raises(CkdsnnError, match=r"stage 'block' gives \[1, 17, 8\].* all but 0 fill a square"):
        Tapped(Attention(), ["block"], "head")(torch.randn(1, 3, 16, 16))


@pytest.mark.parametrize("student", range(1, 9))
@pytest.mark.parametrize("teacher", range(1, 9))
def test_stages_meet_at_the_same_share_of_the_depth_the_last_with_the_last(student, teacher):
    pairs = stage_pairs(student, teacher)
    assert [own for own, _ in pairs] == list(range(student))
    others = [other for _, other in pairs]
    assert others == sorted(others) and others[-1] == teacher - 1 and min(others) >= 0
    shares = np.abs([(other + 1) / teacher - (own + 1) / student for own, other in pairs])
    assert shares.max() < 1 / teacher, "none is a whole stage of the teacher's off"
    if student == teacher:
        assert all(own == other for own, other in pairs)


@pytest.mark.parametrize("stage", [0, 1, 2, 3, -1])
def test_a_student_of_four_stages_learns_from_a_teacher_of_three(stage):
    torch.manual_seed(0)
    teacher, x, y = build_teacher("resnet8", 5, width=1).eval(), torch.randn(2, 3, 32, 32), torch.tensor([0, 4])
    spikes = [torch.rand(2, 2, 4, side, side).requires_grad_() for side in (16, 8, 4, 2)]
    batch = Batch(x, y, Features(torch.randn(2, 5), tuple(spikes)), teacher(x), teacher)
    SAMD(stage=stage)(batch).backward()
    met = [place for place, stage in enumerate(spikes) if stage.grad is not None]
    assert met == [stage % 4]
    place = dict(stage_pairs(4, 3))[stage % 4]
    judge = grad_cam(teacher, x, y, place) * (64 if place == 2 else 1)
    torch.testing.assert_close(SAMD(teacher_range="none").of_teacher(batch, stage), judge, rtol=1e-4, atol=1e-6)


def test_the_two_losses_serve_a_network_of_ones_own(resnet):
    """A tapped teacher and spikes of any network: nothing else of the package is needed."""
    teacher, x, y = Tapped(resnet, STAGES), torch.randn(2, 3, 64, 64), torch.tensor([0, 4])
    spikes, logits = torch.rand(3, 2, 8, 4, 4).requires_grad_(), torch.randn(2, 5).requires_grad_()
    with torch.no_grad():
        seen = teacher(x)
    loss = samd_loss(spike_activation_map(spikes), cam(teacher, x, y)) + nld_loss(logits, seen.logits)
    loss.backward()
    assert spikes.grad.isfinite().all() and logits.grad.any()


def test_a_spiking_network_of_spikingjellys_neurons_keeps_nothing_and_can_be_copied():
    torch.manual_seed(0)
    parts = layer.Conv2d(3, 8, 3, step_mode="m"), neuron.LIFNode(step_mode="m"), nn.Flatten(2), nn.Linear(8 * 36, 5)
    student, x = Spiking(Tapped(nn.Sequential(*parts), ["1"], "3", closed_cam=False), 2), 3 * torch.rand(2, 3, 8, 8)
    logits, stages = student(x)
    logits.sum().backward()
    assert stages[0].any() and parts[0].weight.grad.any()
    assert torch.equal(deepcopy(student)(x).logits, logits)


def test_networks_over_time_have_steps_and_return_features():
    for wrong in ({"timesteps": 0}, {"timesteps": 2, "channels": 0}):
        with pytest.raises(CkdsnnError, match=" = 0; expected an integer of at least 1"):
            Spiking(nn.Identity(), **wrong)
    x = torch.rand(2, 1, 3, 8, 8)
    for network in (Spiking(nn.Flatten(2), 2), OverTime(nn.Flatten())):
        for shown in (x, x[0]):
            with pytest.raises(CkdsnnError, match="Flatten returns a Tensor: expected Features; Tapped makes them"):
                network(shown)


def test_frames_say_that_they_have_no_grad_cam():
    teacher = OverTime(build_teacher("resnet8", 5, width=1))
    with pytest.raises(CkdsnnError, match="stage 0 of OverTime does not lie on the path to its logits"):
        grad_cam(teacher, torch.randn(3, 2, 3, 16, 16), torch.tensor([0, 4]), 0)


def test_whether_there_is_a_closed_form_is_handed_on():
    inner = Tapped(Attention(), ["block"], "head", leading_tokens=1, closed_cam=False)
    assert not has_closed_cam(Spiking(inner, 2)) and not has_closed_cam(OverTime(inner))
    assert has_closed_cam(Spiking(build_teacher("resnet8", 5, width=1), 2))


def test_a_stage_whose_channels_come_last_or_that_is_no_tensor_is_refused():
    class Last(nn.Module):
        def __init__(self, stage):
            super().__init__()
            self.stage, self.head = stage, nn.Linear(7, 5)

        def forward(self, x):
            out = self.stage(x)
            return self.head((out[0] if isinstance(out, tuple) else out).mean((1, 2)))

    class Turned(nn.Conv2d):
        def forward(self, x):
            return super().forward(x).permute(0, 2, 3, 1)

    class Pair(Turned):
        def forward(self, x):
            return super().forward(x), x

    x = torch.randn(1, 3, 8, 8)
    with pytest.raises(CkdsnnError, match="stage 'stage' has 8 channels, the head reads 7"):
        Tapped(Last(Turned(3, 7, 1)), ["stage"], "head")(x)
    with pytest.raises(CkdsnnError, match="stage 'stage' gives a tuple: expected one tensor"):
        Tapped(Last(Pair(3, 7, 1)), ["stage"], "head")(x)
