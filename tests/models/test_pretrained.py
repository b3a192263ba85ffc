"""Trained networks from elsewhere: their own logits, their stages, their maps, and what cannot be had."""

import hashlib

import numpy as np
import pytest
import timm
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from safetensors.torch import save_file
from torch import nn
from torchvision import models

from ckdsnn.data import DATASETS, statistics_of
from ckdsnn.distill import Batch
from ckdsnn.distill.maps import cam, grad_cam
from ckdsnn.distill.samd import SAMD
from ckdsnn.errors import CkdsnnError
from ckdsnn.inputs import InputSpec
from ckdsnn.models import TEACHERS, Features, ModelSpec, Tapped, build_student, build_teacher, pretrained
from ckdsnn.models.features import has_closed_cam
from ckdsnn.models.pretrained import IMAGENET, load_pretrained, read_source, weights_digest
from ckdsnn.models.renormalized import Renormalized
from ckdsnn.models.table import is_pretrained
from tests.networks import Logits, lively

K = 5
CIFAR10 = statistics_of(DATASETS["cifar10"], "own")
Y = torch.tensor([3, 0])


def images(side, count=2):
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(0))


def trained(network, side):
    """A network in eval mode, every stage of which is active."""
    torch.manual_seed(0)
    for part in network.modules():
        if isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=0.05)
    return lively(network, images(side, 4))


def kept(network, folder, suffix="pth"):
    """The file of its weights."""
    path = folder / f"weights.{suffix}"
    save_file(network.state_dict(), path) if suffix == "safetensors" else torch.save(network.state_dict(), path)
    return path


def loaded(teacher, side, shown=IMAGENET, classes=K, channels=3):
    return load_pretrained(teacher, classes, InputSpec(channels, side, side), shown)


def by_judge(network, layer, side, grid=None):
    """pytorch-grad-cam's map of the classes Y, each 0 to 1, at the images' size."""
    with GradCAM(network, [layer], reshape_transform=grid) as judge:
        return judge(images(side), [ClassifierOutputTarget(int(y)) for y in Y])


def as_judged(maps, side):
    """Ours in the same form."""
    size = (side, side)
    return scale_cam_image(scale_cam_image(maps.numpy(), size), size)


# networks


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_torchvisions_network_is_its_own_to_the_last_bit(suffix, tmp_path):
    own = trained(models.resnet18(num_classes=K), 64)
    state = torch.get_rng_state()
    teacher = loaded(f"torchvision:resnet18@{kept(own, tmp_path, suffix)}", 64)
    assert torch.equal(torch.get_rng_state(), state), "nothing is drawn from the global generator"
    seen = teacher(images(64))
    assert torch.equal(seen.logits, own(images(64))) and not teacher.training
    assert [stage.shape[1] for stage in seen.stages] == [64, 128, 256, 512]
    assert torch.equal(teacher.head_weight, own.fc.weight)
    assert has_closed_cam(teacher)
    closed, gradient = cam(teacher, images(64), Y), grad_cam(teacher, images(64), Y)
    assert closed.any()
    torch.testing.assert_close(closed, gradient * closed[0].numel(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(as_judged(closed, 64), by_judge(own, own.layer4, 64), atol=1e-4)


def test_timms_convolutional_network_is_its_own(tmp_path):
    own = trained(timm.create_model("test_resnet", num_classes=K), 64)
    shown = own.pretrained_cfg["mean"], own.pretrained_cfg["std"]
    teacher = loaded(f"timm:test_resnet@{kept(own, tmp_path)}", 64, shown)
    assert torch.equal(teacher(images(64)).logits, own(images(64)))
    assert has_closed_cam(teacher) and len(teacher(images(64)).stages) == 4
    np.testing.assert_allclose(
        as_judged(cam(teacher, images(64), Y), 64), by_judge(own, own.layer4, 64), rtol=0, atol=1e-4
    )


def test_timms_transformer_shows_its_patches_as_a_grid(tmp_path):
    own = trained(timm.create_model("test_vit", num_classes=K), 160)
    shown = own.pretrained_cfg["mean"], own.pretrained_cfg["std"]
    teacher = loaded(f"timm:test_vit@{kept(own, tmp_path, 'safetensors')}", 160, shown)
    noted = {}
    with own.blocks[-2].register_forward_hook(lambda _, __, tokens: noted.update(tokens=tokens)):
        logits = own(images(160))
    seen = teacher(images(160))
    assert torch.equal(seen.logits, logits) and not has_closed_cam(teacher)
    assert [stage.shape for stage in seen.stages] == [(2, 64, 10, 10)] * 4
    for patch in (0, 37, 99):
        assert torch.equal(seen.stages[-1][:, :, patch // 10, patch % 10], noted["tokens"][:, 1 + patch])
    maps = cam(teacher, images(160), Y)

    def grid(tokens):
        return tokens[:, 1:].mT.unflatten(2, (10, 10))

    assert maps.amax((1, 2)).min() > 0
    judge = by_judge(own, own.blocks[-2], 160, grid)
    np.testing.assert_allclose(as_judged(maps, 160), judge, rtol=0, atol=1e-3)


@pytest.mark.parametrize("blocks", range(2, 9))
@pytest.mark.parametrize("prefix", [0, 1])
def test_the_stages_of_a_transformer_come_in_order_and_the_last_still_reaches_the_head(blocks, prefix):
    network = nn.Module()
    network.blocks, network.attn, network.num_prefix_tokens = (
        nn.Sequential(*map(nn.Linear, [1] * blocks, [1] * blocks)),
        nn.Identity(),
        prefix,
    )
    names, leading = pretrained.stages_of(network, dict(network.named_modules()))
    places = [int(name.removeprefix("blocks.")) for name in names]
    assert places == sorted(set(places)) and len(places) == min(4, blocks - prefix)
    assert places[-1] == blocks - 1 - prefix and leading == prefix


@pytest.mark.parametrize(("name", "side"), [("alexnet", 128), ("mobilenet_v3_small", 64)])
def test_a_head_that_does_not_read_the_mean_has_grad_cam(name, side, tmp_path):
    own, x = trained(models.get_model_builder(name)(num_classes=K), side), images(side)
    teacher = loaded(f"torchvision:{name}@{kept(own, tmp_path)}", side)
    assert not has_closed_cam(teacher) and torch.equal(teacher(x).logits, own(x))
    maps = cam(teacher, x, Y)
    np.testing.assert_allclose(as_judged(maps, side), by_judge(own, own.features, side), rtol=0, atol=1e-3)
    student = build_student("resnet8", K, width=1, timesteps=2)
    batch = Batch(x, Y, student(x), teacher(x), teacher, student_model=student)
    assert torch.equal(SAMD(teacher_range="none").of_teacher(batch, -1), maps)
    loss = SAMD()(batch)
    loss.backward()
    assert loss.isfinite()


def test_a_normalised_mean_is_not_the_mean():
    """As in ConvNeXt: the head has the channels of the last stage, but a layer norm lies between."""
    head = nn.Linear(4, K)
    stage = torch.randn(1, 4, 3, 3)
    assert pretrained.reads_mean(head, Features(head(stage.mean((-2, -1))), (stage,)))
    normalised = nn.functional.layer_norm(stage.mean((-2, -1)), (4,))
    assert not pretrained.reads_mean(head, Features(head(normalised), (stage,)))


@pytest.mark.parametrize(
    ("between", "told", "closed"),
    [
        (nn.Identity(), None, True),
        (nn.LayerNorm(4), None, False),
        (nn.LayerNorm(4), True, True),
        (nn.Identity(), False, False),
    ],
    ids=["mean", "norm of the mean", "told that it does", "told that it does not"],
)
def test_whether_an_own_networks_head_reads_the_mean_is_found_out_unless_it_is_told(between, told, closed, monkeypatch):
    def build(num_classes, inputs):
        stage = nn.Conv2d(inputs.channels, 4, 3, padding=1)
        parts = stage, nn.Dropout(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), between, nn.Linear(4, num_classes)
        return Tapped(nn.Sequential(*parts), ("0",), "5", closed_cam=told)

    monkeypatch.setitem(TEACHERS, "own-ann", ModelSpec(build))
    state = torch.get_rng_state()
    assert has_closed_cam(loaded("model:own-ann", 8)) == closed
    assert torch.equal(torch.get_rng_state(), state)
    frames = InputSpec(3, 8, 8, timesteps=2)
    assert has_closed_cam(load_pretrained("model:own-ann", K, frames, IMAGENET)) == closed


def test_a_network_of_ours_takes_weights_and_options(tmp_path):
    own = trained(build_teacher("resnet8", K, width=1), 16)
    path = kept(own, tmp_path, "safetensors")
    seen, judge = loaded(f"model:resnet8+width=1@{path}", 16)(images(16)), own(images(16))
    assert all(
        torch.equal(a, b) for a, b in zip((seen.logits, *seen.stages), (judge.logits, *judge.stages), strict=True)
    )
    with pytest.raises(CkdsnnError, match=r"do not fit model:resnet8: .*size mismatch"):
        loaded(f"model:resnet8@{path}", 16)
    for option, message in (("width=x", "'width=x' in model:.* OPTION=NUMBER"), ("tall=1", "has no option 'tall'")):
        with pytest.raises(CkdsnnError, match=message):
            loaded(f"model:resnet8+{option}", 16)


def test_a_network_without_weights_is_the_same_one_every_time():
    digests = {weights_digest(loaded("model:resnet8+width=1", 16)) for _ in range(2)}
    assert len(digests) == 1


def test_images_of_other_statistics_are_normalised_again(tmp_path):
    own = trained(models.resnet18(num_classes=K), 32)
    teacher = loaded(f"torchvision:resnet18@{kept(own, tmp_path)}", 32, CIFAR10)
    assert isinstance(teacher, Renormalized) and has_closed_cam(teacher)
    assert torch.equal(teacher.head_weight, own.fc.weight)
    pixels = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))

    def by(statistics):
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in statistics)
        return (pixels - mean) / std

    torch.testing.assert_close(teacher(by(CIFAR10)).logits, own(by(IMAGENET)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        cam(teacher, by(CIFAR10), Y), 1.0 * grad_cam(teacher, by(CIFAR10), Y), rtol=1e-4, atol=1e-5
    )  # one cell: closed form and Grad-CAM are the same


def test_that_there_is_no_closed_form_is_handed_on():
    inner = build_teacher("resnet8", K, width=1)
    inner.closed_cam = False
    assert not has_closed_cam(Renormalized(inner, CIFAR10, IMAGENET))
    assert torch.equal(Renormalized(Logits(inner), CIFAR10, CIFAR10)(images(16)), inner.train()(images(16)).logits)


# digests


def test_equal_weights_have_equal_digests():
    one, same, other = (build_teacher("resnet8", K, width=1) for _ in range(3))
    same.load_state_dict(one.state_dict())
    assert weights_digest(one) == weights_digest(same) != weights_digest(other)
    with torch.no_grad():
        next(same.parameters()).view(-1)[0] += 1e-3
    assert weights_digest(one) != weights_digest(same)
    slow = hashlib.sha256()
    for name in sorted(one.state_dict()):
        slow.update(name.encode() + b"\0" + one.state_dict()[name].numpy().tobytes())
    assert weights_digest(one) == slow.hexdigest()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_every_type_of_number_has_a_digest(dtype):
    network = build_teacher("resnet8", K, width=1)
    digest = weights_digest(network.to(dtype))
    assert digest == weights_digest(network.to(dtype)) != weights_digest(network.to(torch.float32))


# what cannot be had


def test_a_colon_tells_a_network_from_a_recipe():
    assert is_pretrained("model:resnet8") and not is_pretrained("digits-teacher") and not is_pretrained("")
    for text in ("model:resnet8", "timm:resnet18.a1_in1k", "torchvision:resnet18@IMAGENET1K_V1", "model:a@/b@c:d.pth"):
        assert str(read_source(text)) == text
    assert read_source("model:a@/b@c:d.pth") == ("model", "a", "/b@c:d.pth")


@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        ("tensorflow:resnet", "unknown kind of teacher 'tensorflow'; choose one of: torchvision, timm, model"),
        ("torchvision:", "teacher = 'torchvision:'; expected torchvision:NAME, or torchvision:NAME@WEIGHTS"),
        ("timm:@a.pth", "teacher = 'timm:@a.pth'; expected timm:NAME"),
        ("torchvision:resnet17", "torchvision has no classifier 'resnet17'"),
        ("torchvision:fasterrcnn_resnet50_fpn@a.pth", "torchvision has no classifier 'fasterrcnn_resnet50_fpn'"),
        ("timm:resnet17", "timm has no network 'resnet17'"),
        ("timm:resnet*", r"timm has no network 'resnet\*'"),
        ("model:resnet17", "unknown teacher 'resnet17'; choose one of: resnet8"),
        ("torchvision:resnet18@V9", "unknown weights of resnet18 'V9'; choose one of: IMAGENET1K_V1, DEFAULT"),
        ("torchvision:resnet18@/nowhere/a.pth", "no weights at /nowhere/a.pth, which torchvision:resnet18@/nowhere"),
        ("timm:test_resnet@r160_in1k", "no weights at r160_in1k, which timm:test_resnet@r160_in1k names"),
        ("model:resnet8@~no-such-user/a.pth", "no weights at ~no-such-user/a.pth"),
    ],
)
def test_what_is_not_known_is_refused(teacher, message):
    with pytest.raises(CkdsnnError, match=message):
        loaded(teacher, 32)


def test_a_file_is_found_from_home(tmp_path, monkeypatch):
    own = build_teacher("resnet8", K, width=1).eval()
    monkeypatch.setenv("HOME", str(tmp_path))
    kept(own, tmp_path)
    assert torch.equal(loaded("model:resnet8+width=1@~/weights.pth", 16)(images(16)).logits, own(images(16)).logits)


JUNK = {
    "text.pth": b"no weights",
    "empty.pth": b"",
    "page.pth": b"<html>404</html>",
    "text.safetensors": b"no weights",
    "empty.safetensors": b"",
    "zip.pth": b"PK\x05\x06" + bytes(18),
}


@pytest.mark.parametrize("name", JUNK)
def test_a_file_that_holds_no_weights_is_refused(name, tmp_path):
    (tmp_path / name).write_bytes(JUNK[name])
    with pytest.raises(CkdsnnError, match=rf"cannot read {tmp_path}/{name} as weights .*expected a state dict"):
        loaded(f"model:resnet8@{tmp_path / name}", 16)


@pytest.mark.parametrize("damage", range(0, 600, 37))
def test_a_damaged_file_is_refused_or_read(damage, tmp_path):
    own = build_teacher("resnet8", K, width=1)
    path = tmp_path / "old.pth"
    torch.save(own.state_dict(), path, _use_new_zipfile_serialization=False)
    content = bytearray(path.read_bytes())
    content[damage] ^= 0x5A
    path.write_bytes(content)
    try:
        loaded(f"model:resnet8+width=1@{path}", 16)
    except CkdsnnError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ([1, 2], "holds more than weights, or none: list; expected a state dict"),
        ({"state_dict": {}, "epoch": 3}, "holds more than weights, or none: state_dict, epoch; expected"),
        (nn.Linear(2, 2), r"cannot read .* as weights \(UnpicklingError\)"),
    ],
)
def test_a_file_with_something_else_is_refused(held, message, tmp_path):
    torch.save(held, tmp_path / "a.pth")
    with pytest.raises(CkdsnnError, match=message):
        loaded(f"model:resnet8@{tmp_path}/a.pth", 16)


def test_weights_of_another_network_and_classes_of_another_number_are_refused(tmp_path):
    own = models.resnet18(num_classes=7)
    path = kept(own, tmp_path)
    with pytest.raises(CkdsnnError, match=r"the weights in .* do not fit torchvision:resnet34: .*Missing") as error:
        loaded(f"torchvision:resnet34@{path}", 32)
    assert len(str(error.value)) < 800
    with pytest.raises(CkdsnnError, match=r"do not fit torchvision:resnet18: .*size mismatch for fc"):
        loaded(f"torchvision:resnet18@{path}", 32)


def test_a_network_of_another_number_of_classes_is_refused(monkeypatch):
    monkeypatch.setitem(pretrained.LOADERS, "model", lambda *_: (build_teacher("resnet8", 7, width=1), None))
    with pytest.raises(CkdsnnError, match="model:resnet8 knows 7 classes, the data set has 5: expected a teacher of"):
        loaded("model:resnet8", 32)


@pytest.mark.parametrize(("name", "channels"), [("vit_tiny_patch16_224", 3), ("test_resnet", 2)])
def test_images_that_it_cannot_read_are_refused(name, channels, tmp_path):
    own = timm.create_model(name, num_classes=K)
    message = rf"timm:{name}@.* cannot read images of 64 x 64 pixels and {channels} channels"
    with pytest.raises(CkdsnnError, match=message):
        loaded(f"timm:{name}@{kept(own, tmp_path)}", 64, channels=channels)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("squeezenet1_1", "has no linear layer as its head"),
        ("shufflenet_v2_x0_5", "the stages of .* are not known; name them: Tapped"),
    ],
)
def test_a_network_that_cannot_be_tapped_is_refused(name, message, tmp_path):
    own = models.get_model_builder(name)(num_classes=K)
    with pytest.raises(CkdsnnError, match=message):
        loaded(f"torchvision:{name}@{kept(own, tmp_path)}", 64)


def test_channels_that_come_last_are_no_grid(tmp_path):
    own = timm.create_model("test_mambaout", num_classes=K)
    with pytest.raises(CkdsnnError, match=r"stage 'stages.\d' of timm:test_mambaout@.* expected a grid \[B, C, H, W\]"):
        loaded(f"timm:test_mambaout@{kept(own, tmp_path)}", 64)


def test_without_a_network_the_file_that_helps_is_named(tmp_path, monkeypatch):
    def unreachable(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr("torch.hub.urlopen", unreachable)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    weights = models.ResNet34_Weights.IMAGENET1K_V1
    place = tmp_path / "hub" / "checkpoints" / weights.url.rpartition("/")[2]
    message = (
        rf"cannot download .*34@IMAGENET1K_V1 \(.*no route to host.*\); put the file of {weights.url} into {place}"
    )
    with pytest.raises(CkdsnnError, match=message):
        loaded("torchvision:resnet34@IMAGENET1K_V1", 32, classes=1000)


def test_without_a_network_timm_takes_a_file(monkeypatch):
    class Unreachable(Exception):
        """Of a library of its own, as timm's downloads raise them."""

    def create(name, pretrained=False, **_):
        raise Unreachable("no route to host")

    monkeypatch.setattr(timm, "create_model", create)
    message = r"cannot download the weights of timm:test_resnet \(no route .*\); name a file: timm:test_resnet@FILE"
    with pytest.raises(CkdsnnError, match=message):
        loaded("timm:test_resnet", 64)
