"""Studies: measurements on a trained network, each a function from a Subject to numbers, kept as a record.

A new kind is a folder with `measure.py`, which measures, and `report.py`, which tells, and a line in MEASURES.
"""

import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from ckdsnn.assemble import require_student
from ckdsnn.engine import precision_name
from ckdsnn.errors import CkdsnnError, choose
from ckdsnn.files import nearest
from ckdsnn.records import Record, load_record
from ckdsnn.records.provenance import code_state, environment, utc_now
from ckdsnn.records.study import STUDIES, Study, find_study, study_id
from ckdsnn.studies.distributions.measure import distributions
from ckdsnn.studies.faithfulness.measure import faithfulness
from ckdsnn.studies.gradients.measure import gradients
from ckdsnn.studies.landscape.measure import landscape
from ckdsnn.studies.subject import Subject, find_subject
from ckdsnn.studies.surrogate.measure import surrogate

Found = tuple[dict[str, Any], dict[str, Any]]  # settings and values
MEASURES: dict[str, Callable[[Subject], Found]] = {
    "distributions": distributions,
    "faithfulness": faithfulness,
    "surrogate": surrogate,
    "gradients": gradients,
    "landscape": landscape,
}


def study(kind: str, record_id: str, out: str | Path = "results", data: str | Path | None = None) -> Study:
    """The study of this kind on record below `out`, else one made now and saved there.

    Raises CkdsnnError for an unknown kind or record, a teacher's record, a study of other weights, and weights or data
    that cannot be had.
    """
    choose("study", kind, MEASURES)
    record = load_record(record_id, out)
    if found := find_study(kind, record, out):
        return found
    return keep(measure(kind, Subject(record, Path(out), data)), out)


def keep(made: Study, out: str | Path) -> Study:
    """The study, saved below `out`."""
    STUDIES.save(made, out)
    return made


def measure(kind: str, subject: Subject) -> Study:
    """A new study of a student. Raises CkdsnnError for a teacher."""
    record = subject.record
    require_student(record)
    code, started, clock = code_state(), utc_now(), time.perf_counter()
    settings, values = MEASURES[kind](subject)
    return Study(
        id=study_id(kind, record.id),
        kind=kind,
        record=record.id,
        weights=record.weights["sha256"],
        tier=record.tier,
        recipe=record.recipe,
        seed=record.seed,
        data=record.data,
        code=code,
        env=environment(torch.device("cpu"), precision_name("fp32", "cpu")),
        settings=settings,
        values={name: plain(value) for name, value in values.items()},
        started=started,
        seconds=round(time.perf_counter() - clock, 3),
    )


def plain(value: Any) -> Any:
    """Numbers, arrays and tensors as JSON has them, six significant digits; None for what is not finite."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def find_studies(kind: str, records: Iterable[Record], *folders: str | Path) -> list[Study]:
    """The studies of this kind of these runs' networks that are on record in one of the folders.

    Raises CkdsnnError as `find_study` does.
    """
    return [study for record in records if (study := find_study(kind, record, *folders))]


def obtain_studies(kind: str, records: Iterable[Record], results: str | Path, out: str | Path) -> list[Study]:
    """As `obtain_study`, for several runs; those of other tiers than smoke that were not studied are left out.

    Raises CkdsnnError for an unknown kind, and for a study of other weights.
    """
    choose("study", kind, MEASURES)
    results = nearest(results)
    found = (
        obtain_study(kind, record, results, out) if record.tier == "smoke" else find_study(kind, record, results, out)
        for record in records
    )
    return [study for study in found if study]


def obtain_study(kind: str, record: Record, results: str | Path, out: str | Path) -> Study:
    """The study of a run: looked up in `results`, then in `out`; a smoke run in either is studied now, into `out`.

    Raises CkdsnnError, naming the command, for another tier's that is not on record, and for one of other weights.
    """
    choose("study", kind, MEASURES)
    results = nearest(results)
    if found := find_study(kind, record, results, out):
        return found
    if record.tier != "smoke":
        raise CkdsnnError(f"no study {kind} of {record.id} in {results}; run `ckdsnn study {kind} {record.id}`")
    return keep(measure(kind, find_subject(record, results, out)), out)
