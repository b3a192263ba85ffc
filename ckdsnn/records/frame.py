"""Records as tidy data: one row a run, or one an epoch and quantity, with typed columns.

runs = load_records("results").frame()
runs.query("setting == 'cifar10-16k' and method in ['nld', 'ckdsnn']").pivot(index="seed", columns="method")
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.files import atomic
from ckdsnn.recipe.conditions import words_of
from ckdsnn.recipe.fields import is_teachers
from ckdsnn.recipe.named import method_of, place_of
from ckdsnn.records.record import Record
from ckdsnn.records.study import Study

if TYPE_CHECKING:
    import pandas as pd  # a quarter of a second, which not every command has to wait

COST = ("mac", "ac", "compute_nj", "memory_nj")
TYPES = {  # column of the frame of runs -> its type
    **dict.fromkeys(("id", "commit", "started"), "string"),
    **dict.fromkeys(("method", "label", "setting", "tier", "dataset", "model", "role", "teacher"), "category"),
    **dict.fromkeys(("device", "precision"), "category"),
    **dict.fromkeys(("seed", "T", "epochs", "train_images", "validation_images", "batch_size"), "Int64"),
    **dict.fromkeys(("test_images", "devices", "threads", "side_by_side", "format"), "Int64"),
    **dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high", "validation_accuracy", "best_accuracy"), "Float64"),
    **dict.fromkeys(("firing_rate", "last_firing_rate", *COST, *(f"folded_{name}" for name in COST)), "Float64"),
    **dict.fromkeys(("hours", "images_per_second"), "Float64"),
}
OF_RUN = ("id", "method", "label", "setting", "seed")  # columns by which a run is known in long frames


class Records(list[Record]):
    """The records of a folder, sorted by id."""

    def frame(self) -> "pd.DataFrame":
        """One row a run, in the order of the records.

        id; method, label, setting: "" where the run is of no named recipe; tier, dataset, model, role; T: time steps,
        NA for an ANN; seed; teacher: its record's id, or where it is from; epochs, train_images, validation_images,
        batch_size. In percent: accuracy (last epoch, test images) with accuracy_low and accuracy_high (95 %, Wilson),
        test_images, validation_accuracy (NA without validation images), best_accuracy (chosen on the test set),
        firing_rate (mean of the layers) and last_firing_rate (of the last one), both NA for an ANN. Of one image: mac
        and ac (operations), compute_nj, memory_nj (nanojoule), counted in the convention `strict` of
        `ckdsnn.measures.operations`, and folded_mac to folded_memory_nj in the other one, NA for older records. hours,
        of training and testing; images_per_second; device, devices, threads (of this student), side_by_side (students
        trained in one process, whose hours and images_per_second are shares), precision, commit, started (UTC), format.

        >>> from ckdsnn import load_records
        >>> runs = load_records("results").frame()
        >>> bool(((runs["accuracy_low"] <= runs["accuracy"]) & (runs["accuracy"] <= runs["accuracy_high"])).all())
        True
        """
        import pandas as pd

        rows = [row(record) for record in self]
        return pd.DataFrame(rows, columns=[*(rows[0] if rows else TYPES)]).astype(TYPES)

    def curves(self) -> "pd.DataFrame":
        """One row for each run, epoch and quantity: id, method, label, setting, seed, epoch, quantity, value.

        quantity: ce and the other terms of the loss, train_accuracy, test_accuracy, validation_accuracy (percent),
        seconds, test_seconds. Values that were not finite are NA.

        >>> from ckdsnn import load_records
        >>> records = Records(load_records("results")[:2])
        >>> curves = records.curves()
        >>> last = curves.query("quantity == 'test_accuracy'").groupby("id")["value"].last()
        >>> last.tolist() == [record.accuracy for record in records]
        True
        """
        import pandas as pd

        rows = [
            run | {"epoch": int(point["epoch"]), "quantity": name, "value": value}
            for record, run in zip(self, map(named, self), strict=True)
            for point in record.curve
            for name, value in point.items()
            if name != "epoch"
        ]
        return pd.DataFrame(rows, columns=[*OF_RUN, "epoch", "quantity", "value"]).astype({"value": "Float64"})

    def layers(self) -> "pd.DataFrame":
        """One row for each run and layer of neurons: id, method, label, setting, seed, layer, firing_rate (percent).

        layer: counted from 1, from the first to the last. An ANN has none.

        >>> from ckdsnn import load_records
        >>> records = Records(load_records("results")[:1])
        >>> bool(abs(records.layers()["firing_rate"].mean() - records[0].firing_rate) < 1e-9)
        True
        """
        import pandas as pd

        rows = [
            run | {"layer": layer, "firing_rate": 100 * rate}
            for record, run in zip(self, map(named, self), strict=True)
            for layer, rate in enumerate(record.final["firing_rate"].values(), start=1)
        ]
        return pd.DataFrame(rows, columns=[*OF_RUN, "layer", "firing_rate"])


def study_frame(studies: Iterable[Study]) -> "pd.DataFrame":
    """One row a number that was measured: id (of the study), kind, method, label, setting, seed, quantity, i, j, value.

    i, j: the number's place in a list or in a list of lists, NA for a single number. Values that were not finite are
    NaN. What the quantities of each kind are, its measurement says.
    """
    import pandas as pd

    rows = [
        (*run, name, *(*place, None, None)[:2], value)
        for study in studies
        for run in [(*named(study).values(), study.kind)]
        for name in study.values
        for place, value in np.ndenumerate(study.numbers(name))
    ]
    frame = pd.DataFrame(rows, columns=[*OF_RUN, "kind", "quantity", "i", "j", "value"])
    return frame.astype({"i": "Int64", "j": "Int64"})


def named(document: Record | Study) -> dict[str, Any]:
    """The columns OF_RUN of a run or of a study of one."""
    method, place = method_of(document.recipe), place_of(document.recipe)
    values = document.id, method, words_of(method), place.setting, document.seed
    return dict(zip(OF_RUN, values, strict=True))


def row(record: Record) -> dict[str, Any]:
    """A run's row in the frame; None where there is no value."""
    recipe, final, teaches = record.recipe, record.final, is_teachers(record.recipe)
    rates = list(final["firing_rate"].values())
    last, teacher = final["last_accuracy"], record.teacher or {}
    strict, folded = record.costs["strict"], record.costs["folded"] or {}
    return named(record) | {
        "tier": record.tier,
        "dataset": recipe["dataset"],
        "model": recipe["model"],
        "role": "teacher" if teaches else "student",
        "T": None if teaches else recipe["timesteps"],
        "teacher": teacher.get("record") or teacher.get("source") or "",
        "epochs": recipe["epochs"],
        "train_images": recipe["train_images"],
        "validation_images": recipe.get("validation_images", 0),
        "batch_size": recipe["batch_size"],
        "accuracy": last["value"],
        "accuracy_low": last["low"],
        "accuracy_high": last["high"],
        "test_images": last["test_images"],
        "validation_accuracy": record.validation_accuracy,
        "best_accuracy": final["best_accuracy"]["value"],
        "firing_rate": record.firing_rate,
        "last_firing_rate": 100 * rates[-1] if rates else None,
        **{name: strict[name] for name in COST},
        **{f"folded_{name}": folded.get(name) for name in COST},
        "hours": record.seconds / 3600,
        "images_per_second": record.images_per_second,
        "device": record.env["device"],
        "devices": record.devices,
        "threads": record.env["threads"],
        "side_by_side": record.side_by_side,
        "precision": record.env["dtype"],
        "commit": record.code["commit"],
        "started": record.started,
        "format": record.format,
    }


def export(records: Records, path: str | Path) -> None:
    """Write the frame of runs as the file's name says: .csv, or .parquet, for which pandas needs pyarrow.

    Raises CkdsnnError for another name, where pyarrow is missing, and for a file that cannot be written.
    """
    suffix = Path(path).suffix
    frame = records.frame()
    writers = {".csv": lambda file: frame.to_csv(file, index=False), ".parquet": frame.to_parquet}
    write = choose("kind of file", suffix, writers)
    with atomic(path) as partial:
        try:
            write(partial)
        except ImportError as error:
            raise CkdsnnError(f"{path}: {suffix} needs pyarrow (pip install pyarrow); .csv needs nothing") from error
