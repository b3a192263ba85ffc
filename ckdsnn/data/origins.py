"""Where the images come from: scikit-learn's bundled digits, the array cache, torchvision's download.

The cache `<root>/<name>.npz` holds x_train, x_test: uint8 [N, H, W, 3] and y_train, y_test: int64 [N].
"""

import math
from pathlib import Path

import numpy as np

from ckdsnn.arrays import LARGEST, read_arrays
from ckdsnn.data.specs import DatasetSpec
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import scratch_folder

Arrays = dict[str, np.ndarray]
KEYS = ("x_train", "y_train", "x_test", "y_test")
DIGITS_TEST = 360
SPARE = 2**20  # bytes of a cache besides its examples


def digits() -> Arrays:
    """scikit-learn's 1,797 digits, enlarged to 16x16, three equal channels; the last 360 are the test set."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    grey = np.round(images.reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8)
    x = grey.repeat(2, axis=1).repeat(2, axis=2).repeat(3, axis=3)  # [N, 16, 16, 3]
    y = labels.astype(np.int64)
    train, test = slice(None, -DIGITS_TEST), slice(-DIGITS_TEST, None)
    return dict(zip(KEYS, (x[train], y[train], x[test], y[test]), strict=True))


def read_cache(spec: DatasetSpec, path: Path, *more: str) -> Arrays:
    """The arrays of `path`, and those with other keys. Raises CkdsnnError where it is not a whole archive of them."""
    one = math.prod(shape_of(spec)) + np.dtype(np.int64).itemsize
    try:
        arrays = read_arrays(path, one * sum(spec.examples) + SPARE if spec.examples else LARGEST)
        arrays = {key: arrays[key] for key in (*KEYS, *more)}
    except (CkdsnnError, KeyError) as error:
        raise CkdsnnError(f"cannot read {path} ({error}); delete the file and load again") from error
    for split in ("train", "test"):
        if not _well_formed(spec, arrays[f"x_{split}"], arrays[f"y_{split}"]):
            shape = shape_of(spec)
            raise CkdsnnError(
                f"{path} does not hold {spec.name}: x_{split} must be uint8 [N, {', '.join(map(str, shape))}] "
                f"and y_{split} int64 [N], labels below {len(spec.classes)}; delete the file and load again"
            )
    return arrays


def shape_of(spec: DatasetSpec) -> tuple[int, int, int]:
    """One example in the cache: height, width, planes."""
    return spec.inputs.height, spec.inputs.width, spec.planes


def _well_formed(spec: DatasetSpec, x: np.ndarray, y: np.ndarray) -> bool:
    return (
        (x.dtype, y.dtype) == (np.uint8, np.int64)
        and x.shape[1:] == shape_of(spec)
        and y.shape == x.shape[:1]
        and bool(np.isin(y, np.arange(len(spec.classes))).all())
    )


def fetch(spec: DatasetSpec, cache: Path) -> Arrays:
    """Let torchvision download the dataset, with its progress bar, into a temporary folder beside `cache`.

    Raises CkdsnnError without a network, naming the file that can be put in place instead.
    """
    from torchvision import datasets

    reader = getattr(datasets, spec.torchvision)
    with scratch_folder(cache.with_suffix("")) as folder:
        try:
            train, test = (reader(folder, train=part, download=True) for part in (True, False))
        except Exception as error:  # no network, half an answer, a damaged archive: each has its own kind
            raise CkdsnnError(
                f"torchvision.datasets.{spec.torchvision} could not download {spec.name} ({error}); "
                f"with no network, put the arrays {', '.join(KEYS)} into {cache}"
            ) from error
    y_train, y_test = (np.asarray(split.targets, dtype=np.int64) for split in (train, test))
    return dict(zip(KEYS, (train.data, y_train, test.data, y_test), strict=True))
