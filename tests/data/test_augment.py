"""Augmentation against slow loops over single images and against torchvision, with the same drawn numbers."""

import math
from collections import Counter

import pytest
import torch
from torchvision.transforms import RandomErasing, v2
from torchvision.transforms.v2 import functional as F

from ckdsnn.data import Augment, normalize
from ckdsnn.data.augment import crop_and_flip, draw_crops, draw_rectangles, erase
from ckdsnn.data.autoaugment import IDENTITY, POLICIES, AutoAugment
from ckdsnn.errors import CkdsnnError

MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
EVERYTHING = {"policy": "cifar10", "crop_padding": 4, "flip": True, "erasing": 0.5, "mean": MEAN, "std": STD}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def images(n, size=16, seed=0):
    """Gradients under noise, so that geometry, contrast and histograms all have something to change."""
    slope = torch.linspace(0, 160, size)
    noise = torch.randint(96, (n, 3, size, size), generator=seeded(seed))
    return (slope[:, None] * 0.4 + slope * 0.6 + noise).to(torch.uint8)


# crop, flip, normalisation


@pytest.mark.parametrize(("padding", "flip"), [(4, True), (2, False), (0, True)])
def test_crop_and_flip_equal_a_loop(padding, flip):
    x = images(40)
    drawn = draw_crops(40, padding, flip, seeded())
    for image, top, left, mirrored, out in zip(x, *drawn, crop_and_flip(x, padding, *drawn), strict=True):
        cut = F.crop(F.pad(image, [padding] * 4), int(top), int(left), 16, 16)
        assert torch.equal(out, cut.flip(-1) if mirrored else cut)


def test_crops_are_uniform_and_half_is_mirrored():
    n = 81 * 200
    top, left, mirrored = draw_crops(n, 4, True, seeded())
    counts = torch.zeros(9, 9).index_put_((top, left), torch.ones(()), accumulate=True)
    assert (counts - 200).abs().max() < 5 * math.sqrt(200)
    assert abs(mirrored.double().mean() - 0.5) < 5 * 0.5 / math.sqrt(n)
    assert not draw_crops(n, 4, False, seeded())[2].any()


def test_normalize_is_torchvisions():
    x = images(5)
    expected = F.normalize(F.to_dtype(x, torch.float32, scale=True), MEAN, STD)
    torch.testing.assert_close(normalize(x, MEAN, STD), expected, rtol=0, atol=1e-6)


# AutoAugment


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("size", [16, 32])
def test_every_operation_equals_torchvisions_on_single_images(policy, size):
    ours, theirs = AutoAugment(policy), v2.AutoAugment(v2.AutoAugmentPolicy(policy))
    operations, _ = ours.operations(size, size)
    choice = torch.arange(len(operations)).repeat(3)[torch.randperm(3 * len(operations), generator=seeded())]
    x = images(len(choice), size)
    for image, index, out in zip(x, choice, ours.perform(x, operations, choice), strict=True):
        expected = theirs._apply_image_or_video_transform(
            image, *operations[index], interpolation=theirs.interpolation, fill=theirs._fill
        )
        assert torch.equal(out, expected), operations[index]


def drawn_by_torchvision(policy, n, size):
    """How often torchvision's own loop picks which tuple of (operation, magnitude)."""
    transform, done = v2.AutoAugment(v2.AutoAugmentPolicy(policy)), []
    image, counts = torch.zeros(3, size, size, dtype=torch.uint8), Counter()

    def only_note(image, name, magnitude, **_):
        done.append((name, magnitude))
        return image

    transform._apply_image_or_video_transform = only_note
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for _ in range(n):
            transform(image)
            counts[tuple(done)] += 1
            done.clear()
    return counts


@pytest.mark.parametrize("policy", ["cifar10", "svhn"])
def test_choices_are_distributed_as_in_torchvisions_loop(policy):
    few, many = 6_000, 200_000
    auto = AutoAugment(policy)
    operations, where = auto.operations(32, 32)
    steps = Counter(map(tuple, auto.draw(many, where, seeded()).tolist()))
    ours = Counter()
    for indices, count in steps.items():
        ours[tuple(operations[i] for i in indices if operations[i] != IDENTITY)] += count
    theirs = drawn_by_torchvision(policy, few, 32)
    assert set(theirs) <= set(ours)
    for done, count in ours.items():
        p = count / many
        assert abs(theirs[done] / few - p) < 5 * math.sqrt(p / few) + 1 / few, done


def test_every_image_draws_for_itself():
    x = images(1).expand(400, -1, -1, -1)
    assert len({out.numpy().tobytes() for out in AutoAugment("cifar10")(x, seeded())}) > 40


def test_two_steps_follow_each_other():
    auto, x = AutoAugment("svhn"), images(60)
    operations, where = auto.operations(16, 16)
    first, second = auto.draw(60, where, seeded()).unbind(1)
    expected = auto.perform(auto.perform(x, operations, first), operations, second)
    assert torch.equal(auto(x, seeded()), expected)


# erasing


def test_rectangles_keep_the_documented_range():
    top, left, height, width = draw_rectangles(20_000, 32, 32, 1.0, seeded()).double().T
    assert ((height > 0) & (width > 0) & (height < 32) & (width < 32)).all()
    assert ((top >= 0) & (left >= 0) & (top + height <= 32) & (left + width <= 32)).all()
    low, high = (height - 0.5) * (width - 0.5), (height + 0.5) * (width + 0.5)  # sides are rounded
    assert (high >= 0.02 * 1024).all() and (low <= 0.33 * 1024).all()
    assert ((height + 0.5) / (width - 0.5) >= 0.3).all() and ((height - 0.5) / (width + 0.5) <= 3.3).all()


def test_rectangles_are_distributed_as_torchvisions():
    n, image = 3_000, torch.zeros(3, 32, 32)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = [RandomErasing.get_params(image, (0.02, 0.33), (0.3, 3.3), [0.0])[:4] for _ in range(n)]
    ours = draw_rectangles(20 * n, 32, 32, 1.0, seeded())
    bound = 1.95 * math.sqrt(1 / n + 1 / (20 * n))  # Kolmogorov-Smirnov's at 0.1 %
    for columns in zip(ours.T, torch.tensor(theirs).T, strict=True):
        a, b = (column.bincount(minlength=33).cumsum(0) / len(column) for column in columns)
        assert (a - b).abs().max() < bound


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_the_asked_share_of_images_is_erased(probability):
    erased = (draw_rectangles(20_000, 32, 32, probability, seeded())[:, 2:] > 0).all(1).double().mean()
    assert abs(erased - probability) <= 5 * math.sqrt(probability * (1 - probability) / 20_000)


def test_erasing_equals_a_loop():
    x = normalize(images(50), MEAN, STD)
    rectangles = draw_rectangles(50, 16, 16, 0.5, seeded())
    expected = x.clone()
    for image, (top, left, height, width) in zip(expected, rectangles.tolist(), strict=True):
        image[:, top : top + height, left : left + width] = 0
    assert torch.equal(erase(x, rectangles), expected)


# all together


def test_the_same_generator_gives_the_same_batch():
    x, augment = images(30), Augment(**EVERYTHING)
    kept, state = x.clone(), torch.get_rng_state()
    first, second, other = (augment(x, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, second) and not torch.equal(first, other)
    assert torch.equal(x, kept) and torch.equal(torch.get_rng_state(), state)
    assert first.dtype == torch.float32 and first.shape == x.shape and first.is_contiguous()


def test_the_parts_come_in_the_documented_order():
    x, generator = images(30), seeded()
    expected = crop_and_flip(x, 4, *draw_crops(30, 4, True, generator))
    expected = normalize(AutoAugment("cifar10")(expected, generator), MEAN, STD)
    expected = erase(expected, draw_rectangles(30, 16, 16, 0.5, generator))
    assert torch.equal(Augment(**EVERYTHING)(x, seeded()), expected)


def test_nothing_chosen_only_normalises():
    x = images(3)
    assert torch.equal(Augment(None, 0, False, 0.0, MEAN, STD)(x, seeded()), normalize(x, MEAN, STD))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_sees_the_same_augmentation():
    x, augment = images(200, 32), Augment(**EVERYTHING)
    cpu, cuda = augment(x, seeded()), augment(x.cuda(), seeded()).cpu()
    assert ((cpu - cuda).abs() < 0.05).double().mean() > 0.98  # the rest: cells that round the other way


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("policy", "mnist", "'mnist'.*imagenet, cifar10, svhn"),
        ("crop_padding", -1, "crop_padding -1"),
        ("erasing", 1.5, "erasing 1.5"),
        ("erasing", -0.1, "erasing -0.1"),
    ],
)
def test_impossible_settings_are_refused(field, value, message):
    with pytest.raises(CkdsnnError, match=message):
        Augment(**(EVERYTHING | {field: value}))
