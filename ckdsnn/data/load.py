"""A data set by name, as the `Source` that fits it."""

from pathlib import Path
from typing import TYPE_CHECKING

from ckdsnn.data.resident import Resident, read_resident
from ckdsnn.data.specs import dataset_spec
from ckdsnn.files import data_root

if TYPE_CHECKING:
    from ckdsnn.data.streamed import Streamed


def load_dataset(
    name: str, root: str | Path | None = None, download: bool = True, size: int = 0, workers: int = 0
) -> "Resident | Streamed":
    """Load a data set of DATASETS, or "folder:PATH".

    CIFAR is read from `<root>/<name>.npz`; if there is none, torchvision downloads it once (`download=True`).
    Recordings of events are read once and kept likewise. ImageNet's pictures, and those of a folder, are read as they
    are needed, by so many `workers` (processes; 0: by this one). The digits need no file. `root`: see
    `ckdsnn.files.data_root`. size: see `dataset_spec`.
    Raises CkdsnnError for an unknown name, a damaged cache, a wrong content, no network, an unwritable root, a folder
    that does not hold pictures by class.

    >>> digits = load_dataset("digits")  # in scikit-learn: nothing to download
    >>> len(digits.labels("train")) + len(digits.labels("test"))
    1797
    """
    spec = dataset_spec(name, size)
    if spec.tree:
        from ckdsnn.data.streamed import open_folder  # here, because torchvision takes seconds

        return open_folder(spec, data_root(root), workers)
    return read_resident(spec, data_root(root), download)
