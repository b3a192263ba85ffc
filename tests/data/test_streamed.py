"""Pictures from folders that the tests write: layouts, order, digest, cuts, and what may be wrong."""

import hashlib
import io
import os
import resource
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import v2

from ckdsnn.cli import main
from ckdsnn.data import Augment, Streamed, load_dataset, streamed
from ckdsnn.data.module import DataModule
from ckdsnn.errors import CkdsnnError
from tests.forked import FORKS

SIZE = 16
SIDES = (24, 40)  # of a picture, unless asked otherwise
SPLITS = {"train": 6, "val": 3}
CLASSES = ("ant", "bee", "cat")


def draw(path, sides=SIDES):
    """A picture of noise that its path decides on."""
    rng = np.random.default_rng(list(hashlib.sha256(path.name.encode()).digest()))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 256, (*sides, 3), dtype=np.uint8)).save(path)


def tree(folder, parts=SPLITS, classes=CLASSES):
    """A folder in torchvision's layout, or with parts {"": N} with the classes alone."""
    for part, count in parts.items():
        for name in classes:
            for number in range(count):
                draw(folder / part / name / f"{part}{name}{number}.png")
    return folder


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """A folder that no test changes."""
    return tree(tmp_path_factory.mktemp("usual") / "pets")


@pytest.fixture
def own(usual, tmp_path):
    """A copy of it, to be changed."""
    return Path(shutil.copytree(usual, tmp_path / "pets"))


def opened(folder, size=SIZE, workers=0):
    return load_dataset(f"folder:{folder}", size=size, workers=workers)


def paths(source, split):
    return [path.decode() for path in source.paths[split]]


def taken(source, split="train", rows=None, batch_size=4, crops=None):
    """Pictures and labels of these rows, or of all."""
    rows = torch.arange(len(source.labels(split))) if rows is None else rows
    x, y = zip(*source.chunks(split, rows, batch_size, crops), strict=True)
    return torch.cat(x), torch.cat(y)


# layouts, order, labels, digest


@pytest.mark.parametrize("test", ["val", "test"])
def test_a_folder_with_splits_keeps_them(test, tmp_path):
    source = opened(tree(tmp_path, {"train": 5, test: 2}))
    assert source.spec.classes == CLASSES
    for split, part, count in (("train", "train", 5), ("test", test, 2)):
        assert sorted(paths(source, split)) == sorted(
            f"{part}/{name}/{part}{name}{number}.png" for name in CLASSES for number in range(count)
        )
        named = [CLASSES.index(path.split("/")[1]) for path in paths(source, split)]
        assert source.labels(split).tolist() == named and source.labels(split).dtype == torch.int64


def test_of_classes_alone_a_fifth_of_each_is_for_testing(tmp_path):
    source = opened(tree(tmp_path, {"": 11}))
    train, test = (np.bincount(source.labels(split)) for split in ("train", "test"))
    assert train.tolist() == [9, 9, 9] and test.tolist() == [2, 2, 2]
    assert not set(paths(source, "train")) & set(paths(source, "test"))


def test_a_picture_more_moves_none_of_another_class_and_one_at_most_of_its_own(tmp_path):
    before = opened(tree(tmp_path, {"": 11}))
    for number in range(20):
        draw(tmp_path / "bee" / f"more{number}.png")
        after = opened(tmp_path)
        moved = set(paths(before, "test")) ^ set(paths(after, "test"))
        assert {path.split("/")[0] for path in moved} <= {"bee"}
        assert len(set(paths(before, "test")) - set(paths(after, "test"))) <= 1
        before = after


def test_canonical_order_is_that_of_the_paths_hashes(usual):
    source = opened(usual)
    for split, part in (("train", "train"), ("test", "val")):
        below = [path.relative_to(usual).as_posix() for path in (usual / part).glob("*/*.png")]
        assert paths(source, split) == sorted(below, key=lambda path: hashlib.sha256(path.encode()).hexdigest())


@pytest.mark.parametrize("parts", [SPLITS, {"": 7}], ids=["splits", "alone"])
def test_the_file_systems_order_decides_over_nothing(parts, tmp_path, monkeypatch):
    first = opened(tree(tmp_path, parts))
    walk = os.walk

    def backwards(*arguments, **options):
        for place, inner, names in walk(*arguments, **options):
            inner.sort(reverse=True)
            yield place, inner, sorted(names, reverse=True)

    monkeypatch.setattr(os, "walk", backwards)
    again = opened(tmp_path)
    assert again.digest == first.digest
    for split in ("train", "test"):
        assert paths(first, split) == paths(again, split)
        assert torch.equal(first.labels(split), again.labels(split))


def test_the_digest_is_that_of_paths_and_sizes(usual):
    lines = [
        f"{path.relative_to(usual).as_posix()} {path.stat().st_size}\n"
        for part in ("train", "val")
        for path in sorted((usual / part).glob("*/*.png"), key=lambda path: path.relative_to(usual).as_posix())
    ]
    assert opened(usual).digest == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_digest_does_not_ask_where_the_folder_lies(usual, own):
    assert opened(own).digest == opened(usual).digest


CHANGES = {
    "added": lambda folder: draw(folder / "val" / "bee" / "new.png"),
    "removed": lambda folder: (folder / "val" / "bee" / "valbee0.png").unlink(),
    "renamed": lambda folder: (folder / "train" / "ant" / "trainant0.png").rename(folder / "train" / "ant" / "a.png"),
    "moved": lambda folder: (folder / "train" / "ant" / "trainant0.png").rename(folder / "val" / "ant" / "a.png"),
    "another size": lambda folder: draw(folder / "train" / "ant" / "trainant0.png", (30, 30)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_digest_changes_with_the_files(change, own):
    before = opened(own).digest
    CHANGES[change](own)
    assert opened(own).digest != before


def test_there_may_be_more_classes_than_a_byte_counts(tmp_path):
    classes = [f"c{number:03}" for number in range(300)]
    for name in classes:
        for number in range(2):
            draw(tmp_path / name / f"{number}.png", (2, 2))
    source = opened(tmp_path, 2)
    assert source.spec.classes == tuple(classes)
    for split in ("train", "test"):
        y = taken(source, split)[1]
        assert sorted(y.tolist()) == list(range(300))
        assert [f"c{label:03}" for label in y] == [path.split("/")[0] for path in paths(source, split)]


def test_folders_in_a_class_belong_to_it_and_hidden_ones_to_nothing(own):
    before = opened(own).digest
    draw(own / "train" / "ant" / ".thumbnails" / "a.png")
    draw(own / "train" / ".cache" / "a.png")
    (own / "train" / "ant" / ".DS_Store").write_text("")
    (own / "README.txt").write_text("beside the classes anything may lie")
    assert opened(own).digest == before
    draw(own / "train" / "ant" / "2024" / "a.JPEG")
    assert "train/ant/2024/a.JPEG" in paths(opened(own), "train")


def test_links_are_followed(usual, tmp_path):
    """To the whole folder, to a split, to a class, to a folder in one, and to a picture."""
    linked = tmp_path / "linked"
    (linked / "train" / "bee").mkdir(parents=True)
    for link, target in {
        "val": "val",
        "train/ant": "train/ant",
        "train/bee/more": "train/bee",
        "train/cat/a.png": "train/cat/traincat0.png",
    }.items():
        (linked / link).parent.mkdir(exist_ok=True)
        (linked / link).symlink_to(usual / target)
    (tmp_path / "whole").symlink_to(linked)
    source = opened(tmp_path / "whole")
    assert len(source.labels("test")) == 9
    assert np.bincount(source.labels("train")).tolist() == [6, 6, 1]
    assert {"train/bee/more/trainbee3.png", "train/cat/a.png"} <= set(paths(source, "train"))


@pytest.mark.parametrize("written", ["pets", "./pets", "~/pets", "elsewhere/../pets"])
def test_a_folder_may_be_written_as_people_do(written, own, monkeypatch):
    monkeypatch.chdir(own.parent)
    monkeypatch.setenv("HOME", str(own.parent))
    (own.parent / "elsewhere").mkdir()
    source = opened(written)
    monkeypatch.chdir("/")
    assert len(taken(source)[1]) == 18


def test_names_in_no_encoding_are_names_too(own):
    draw(own / "train" / "ant" / "plain.png")
    os.rename(own / "train" / "ant" / "plain.png", os.fsencode(own / "train" / "ant") + b"/caf\xe9 \xc3\xbc.png")
    assert len(taken(opened(own))[1]) == 19


# what is shown of a picture


def alone(folder, picture, **options):
    """A source of which every picture is this one."""
    for name in CLASSES[:2]:
        for number in range(2):
            (folder / name).mkdir(parents=True, exist_ok=True)
            picture.save(folder / name / f"{number}.png", **options)
    return opened(folder)


@pytest.mark.parametrize("sides", [(70, 50), (50, 70), (64, 64), (9, 12), (33, 200)])
def test_a_test_picture_is_the_scaled_middle(sides, tmp_path):
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (*sides, 3), dtype=np.uint8))
    x, _ = taken(alone(tmp_path, picture), "test")
    scale = SIZE * 8 / 7 / min(sides)
    scaled = v2.functional.resize(picture, [round(side * scale) for side in sides], antialias=True)
    judge = v2.functional.pil_to_tensor(v2.CenterCrop(SIZE)(scaled))
    assert x.dtype == torch.uint8 and x.shape == (2, 3, SIZE, SIZE)
    assert all(torch.equal(image, judge) for image in x)


@pytest.mark.parametrize("sides", [(60, 140), (140, 60)], ids=["landscape", "portrait"])
def test_a_circle_stays_one(sides, tmp_path):
    """Its size in the picture is that of the shorter side, of which 1/16 is cut off at either end."""
    rows, columns = (np.arange(side) - (side - 1) / 2 for side in sides)
    disc = np.where(np.hypot(rows[:, None], columns) < 20, 255, 0).astype(np.uint8)
    x, _ = taken(alone(tmp_path, Image.fromarray(disc)), "test")
    inside = x[0, 0].double() / 255
    height, width = inside.max(1).values.sum(), inside.max(0).values.sum()
    expected = 40 * SIZE * 8 / 7 / 60
    assert abs(height - expected) < 1 and abs(width - expected) < 1
    assert abs(inside.sum() - np.pi * (expected / 2) ** 2) < 0.06 * inside.sum()


@pytest.mark.parametrize("sides", [(1, 30_000), (30_000, 1)])
def test_a_strip_is_not_blown_up(sides, tmp_path, monkeypatch):
    pixels, resize = [], v2.functional.resize

    def noted(picture, size, **options):
        pixels.append(size[0] * size[1])
        return resize(picture, size, **options)

    monkeypatch.setattr(v2.functional, "resize", noted)
    x, _ = taken(alone(tmp_path, Image.new("RGB", sides, (9, 8, 7))), "test")
    assert (x == torch.tensor([9, 8, 7])[:, None, None]).all()
    assert max(pixels) < 20 * SIZE**2


def test_turned_grey_and_transparent_pictures_are_shown_as_people_see_them(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    shades = np.arange(SIZE * SIZE).reshape(SIZE, SIZE).astype(np.uint8)
    upright, _ = taken(alone(tmp_path / "a", Image.fromarray(shades)), "test")
    turned, _ = taken(alone(tmp_path / "b", Image.fromarray(np.rot90(shades)), exif=exif), "test")
    deep, _ = taken(alone(tmp_path / "c", Image.fromarray(shades.astype(np.uint16) * 256)), "test")
    clear, _ = taken(alone(tmp_path / "d", Image.new("RGBA", (20, 20))), "test")
    assert torch.equal(upright, turned) and torch.equal(upright, deep)
    assert (upright == upright[:, :1]).all() and (clear == 255).all()


def test_training_pictures_are_cut_as_torchvisions_are(tmp_path):
    """Each shows a part of 8 to 100 % of a ramp, and is as wide as 3/4 to 4/3 of its height."""
    rows, columns = np.mgrid[:200, :200].astype(np.uint8)
    source = alone(tmp_path, Image.fromarray(np.stack([rows, columns, rows], -1)))
    x = torch.cat([taken(source, crops=crops)[0] for crops in range(150)]).double()
    height, width = ((x[:, plane].amax((1, 2)) - x[:, plane].amin((1, 2))) / (1 - 1 / SIZE) for plane in (0, 1))
    area, shape = height * width / 200**2, width / height
    assert area.min() > 0.07 and area.max() < 1.05 and shape.min() > 0.7 and shape.max() < 1.45
    assert abs(area.mean() - 0.54) < 5 * 0.27 / len(x) ** 0.5 + 0.05, "uniform in area, but for parts that do not fit"


def test_a_cut_is_decided_by_its_seed_and_row_alone(usual):
    one, two = opened(usual), opened(usual, workers=2)
    whole, labels = taken(one, crops=5)
    torch.manual_seed(0)
    state, rows = torch.get_rng_state(), torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))
    for source, size in ((one, 4), (two, 4), (two, 5), (one, 1)):
        x, y = taken(source, rows=rows, batch_size=size, crops=5)
        assert torch.equal(x, whole[rows]) and torch.equal(y, labels[rows])
    assert torch.equal(torch.get_rng_state(), state), "nothing is drawn from the global generator"
    other = taken(one, crops=6)[0]
    assert all(not torch.equal(a, b) for a, b in zip(whole, other, strict=True))


def test_rows_of_one_picture_are_cut_differently(tmp_path):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    x, _ = taken(alone(tmp_path, picture), crops=0)
    assert not torch.equal(x[0], x[1])


@settings(max_examples=15)
@given(
    st.lists(st.integers(0, 17), min_size=1, max_size=30),
    st.integers(1, 7),
    st.one_of(st.none(), st.integers(0, 2**64 - 1)),
)
def test_chunks_are_whole_batches_of_the_rows_in_their_order(usual, rows, batch_size, crops):
    source = opened(usual)
    chunks = list(source.chunks("train", torch.tensor(rows), batch_size, crops))
    sizes = [len(y) for _, y in chunks]
    assert sum(sizes) == len(rows) and all(size % batch_size == 0 for size in sizes[:-1])
    whole, labels = taken(source, crops=crops)
    assert torch.equal(torch.cat([x for x, _ in chunks]), whole[rows])
    assert torch.equal(torch.cat([y for _, y in chunks]), labels[rows])


def pictures_of_an_epoch(source, epoch, **options):
    """Row -> picture, of a whole epoch as the trainer sees it."""
    mean, std = (0.5,) * 3, (0.2,) * 3
    module = DataModule(source, augment=Augment(None, 0, False, 0, mean, std), mean=mean, std=std, **options)
    module.trainer = SimpleNamespace(current_epoch=epoch, global_rank=0, world_size=1)
    numbered = source.own_labels["train"]
    source.own_labels["train"] = torch.arange(len(numbered))  # so that a batch says which pictures it holds
    batches = list(module.train_dataloader())
    source.own_labels["train"] = numbered
    images, rows = torch.cat([batch.images for batch in batches]), torch.cat([batch.labels for batch in batches])
    assert len(set(rows.tolist())) == len(rows)
    return dict(zip(rows.tolist(), images, strict=True))


def test_epoch_seed_and_row_decide_how_a_training_picture_is_cut(usual):
    source = opened(usual)
    first = pictures_of_an_epoch(source, 1, batch_size=6, seed=3)
    assert len(first) == 18
    for again in (
        pictures_of_an_epoch(source, 1, batch_size=2, seed=3),
        pictures_of_an_epoch(opened(usual, workers=2), 1, batch_size=9, seed=3),
    ):
        assert all(torch.equal(first[row], again[row]) for row in first)
    for other in (pictures_of_an_epoch(source, 2, batch_size=6, seed=3), pictures_of_an_epoch(source, 1, batch_size=6)):
        assert not any(torch.equal(first[row], other[row]) for row in first)


# what may be wrong


def emptied(folder):
    for path in (folder / "train" / "bee").iterdir():
        path.unlink()


def into(path, text="no picture"):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def half_a_photograph():
    buffer = io.BytesIO()
    Image.effect_noise((40, 40), 90).save(buffer, "JPEG")
    return buffer.getvalue()[:900]


WRONG = {
    "no folder": (shutil.rmtree, r"no folder .*pets; expected .* train/CLASS/\*"),
    "one class": (
        lambda folder: [shutil.rmtree(folder / part / name) for part in SPLITS for name in CLASSES[1:]],
        "train has 1 folders; expected one for each of two classes",
    ),
    "no class": (lambda folder: [shutil.rmtree(path) for path in folder.glob("train/*")], "train has 0 folders"),
    "an empty class": (emptied, r"no pictures in .*train/bee; expected files that end in \.jpeg"),
    "a class of val alone": (lambda folder: draw(folder / "val" / "dog" / "a.png"), "val/dog is of a class that"),
    "a class of train alone": (lambda folder: draw(folder / "train" / "dog" / "a.png"), "val has no folder dog"),
    "no val": (lambda folder: shutil.rmtree(folder / "val"), "has only one of the folders train and val"),
    "no train": (lambda folder: shutil.rmtree(folder / "train"), "has only one of the folders train and val"),
    "others": (
        lambda folder: [into(folder / "train" / "bee" / f"{number}.txt") for number in range(3)],
        r"3 files in .*train are no pictures: .*bee/0\.txt, .*bee/1\.txt, .*bee/2\.txt; remove them",
    ),
    "text": (lambda folder: into(folder / "val" / "bee" / "a.png"), r"1 of 28 files in .* cannot .*val/bee/a\.png;"),
    "half": (
        lambda folder: (folder / "train" / "bee" / "a.jpg").write_bytes(half_a_photograph()),
        r"1 of 28 files in .* cannot .*train/bee/a\.jpg; repair or remove",
    ),
    "a link to nothing": (
        lambda folder: (folder / "train" / "bee" / "a.jpg").symlink_to("nowhere"),
        r"cannot read .*train/bee/a\.jpg: No such file",
    ),
    "a loop": (
        lambda folder: (folder / "train" / "bee" / "up").symlink_to(folder / "train"),
        "the link .*train/bee/up leads back to a folder around it",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named(what, own, capsys):
    break_it, message = WRONG[what]
    break_it(own)
    with pytest.raises(CkdsnnError, match=message):
        opened(own)
    assert main(["data", f"folder:{own}"]) == 2
    assert "ckdsnn data: " in capsys.readouterr().err


def test_a_class_of_one_picture_cannot_be_shared_out(tmp_path):
    tree(tmp_path, {"": 3})
    draw(tmp_path / "dog" / "a.png")
    with pytest.raises(CkdsnnError, match="dog has one picture; expected two or more, one for the test"):
        opened(tmp_path)


def test_many_broken_files_are_counted_and_the_first_named(own):
    for number in range(50):
        into(own / "val" / "bee" / f"broken{number:02}.png")
    with pytest.raises(CkdsnnError) as error:
        opened(own)
    assert "50 of 77 files" in str(error.value) and "broken00.png, " in str(error.value)
    assert str(error.value).count("/broken") == streamed.NAMED and ", ...; " in str(error.value)


@pytest.mark.parametrize("workers", [0, 2])
def test_in_a_large_folder_a_broken_file_is_named_when_its_turn_comes(workers, own, monkeypatch, capsys):
    into(own / "val" / "bee" / "a.png")
    monkeypatch.setattr(streamed, "CHECKED_AT_ONCE", 27)
    source = opened(own, workers=workers)
    assert len(taken(source)[1]) == 18
    with pytest.raises(CkdsnnError, match=rf"cannot read {own}/val/bee/a\.png as a .*`ckdsnn data folder:{own}` finds"):
        taken(source, "test")
    with pytest.raises(CkdsnnError, match=r"1 of 28 files .*val/bee/a\.png; repair"):
        source.check()
    assert main(["data", f"folder:{own}"]) == 2
    assert "1 of 28 files" in capsys.readouterr().err


def test_a_picture_that_vanishes_is_named(own):
    source = opened(own)
    (own / "val" / "bee" / "valbee0.png").unlink()
    with pytest.raises(CkdsnnError, match=r"cannot read .*valbee0\.png as a picture"):
        taken(source, "test")


def test_a_named_data_set_has_its_number_of_classes(usual, tmp_path):
    (tmp_path / "imagenet10").symlink_to(usual)
    with pytest.raises(CkdsnnError, match="train has 3 folders; imagenet10 has 10 classes"):
        load_dataset("imagenet10", tmp_path)
    with pytest.raises(CkdsnnError, match=r"no folder .*imagenet; expected imagenet's pictures there"):
        load_dataset("imagenet", tmp_path)


def test_a_folder_without_a_name_is_refused():
    with pytest.raises(CkdsnnError, match="dataset = 'folder:'; expected folder:PATH"):
        load_dataset("folder:")


def test_the_command_says_what_lies_there(usual, capsys):
    assert main(["data", f"folder:{usual}"]) == 0
    digest = opened(usual).digest
    assert f"18 to train on, 9 to test on, 224 x 224, 3 classes, digest {digest}" in capsys.readouterr().out


# memory


def read_some(folder):
    """Training pictures of a folder, and the most memory in MB of a process that opens it and reads 20 batches."""
    source = opened(folder, size=64)
    order = torch.randperm(len(source.labels("train")), generator=torch.Generator().manual_seed(0))
    for _ in zip(range(20), source.chunks("train", order, 8, crops=0), strict=False):
        pass
    return len(order), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peak(folder):
    """The same of a process of its own."""
    with ProcessPoolExecutor(1, FORKS) as one:
        return one.submit(read_some, folder).result()


def test_memory_does_not_grow_with_the_set(tmp_path):
    """To keep the pictures of the larger set as they are shown would take 26 MB more."""
    for name in CLASSES:
        draw(tmp_path / "one" / name / "0.png", (128, 128))
    for folder, count in (("few", 100), ("many", 1000)):
        for name in CLASSES:
            for number in range(count):
                place = tmp_path / folder / name / f"{number}.png"
                place.parent.mkdir(parents=True, exist_ok=True)
                os.link(tmp_path / "one" / name / "0.png", place)
    (few, least), (many, most) = peak(tmp_path / "few"), peak(tmp_path / "many")
    assert (few, many) == (240, 2400)
    assert most - least < 8


def test_what_is_kept_of_a_picture_is_its_path(usual):
    source = opened(usual)
    assert isinstance(source, Streamed)
    for split, count in (("train", 18), ("test", 9)):
        assert source.paths[split].nbytes <= 30 * count
