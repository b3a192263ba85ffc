"""Studies: measurements on a trained network, each a function from a Subject to numbers, kept as a record.

A new kind is a folder with `measure.py`, whose function of this name measures, and `report.py`, which tells, and a word
in KINDS. What measures is loaded when it is asked for: who only reads studies need not wait.
"""

import math
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from ckdsnn.assemble import require_student
from ckdsnn.engine import precision_name
from ckdsnn.errors import CkdsnnError, check_choice
from ckdsnn.files import nearest
from ckdsnn.records import Record, load_record
from ckdsnn.records.provenance import code_state, environment, utc_now
from ckdsnn.records.study import KINDS, STUDIES, Study, find_study, study_id
from ckdsnn.studies.subject import Subject, find_subject

Found = tuple[dict[str, Any], dict[str, Any]]  # settings and values


def measure_of(kind: str) -> Callable[[Subject], Found]:
    """What measures for a kind of study. Raises CkdsnnError for an unknown one."""
    check_choice("study", kind, KINDS)
    return getattr(import_module(f"ckdsnn.studies.{kind}.measure"), kind)


def study(kind: str, record_id: str, out: str | Path = "results", data: str | Path | None = None) -> Study:
    """The study of this kind on record below `out`, else one made now and saved there.

    Raises CkdsnnError for an unknown kind or record, a teacher's record, a study of other weights, and weights or data
    that cannot be had.
    """
    check_choice("study", kind, KINDS)
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
    settings, values = measure_of(kind)(subject)
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


def obtain_studies(kind: str, records: Iterable[Record], results: str | Path, out: str | Path) -> list[Study]:
    """As `obtain_study`, for several runs; those of other tiers than smoke that were not studied are left out.

    Raises CkdsnnError for an unknown kind, and for a study of other weights.
    """
    check_choice("study", kind, KINDS)
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
    check_choice("study", kind, KINDS)
    results = nearest(results)
    if found := find_study(kind, record, results, out):
        return found
    if record.tier != "smoke":
        raise CkdsnnError(f"no study {kind} of {record.id} in {results}; run `ckdsnn study {kind} {record.id}`")
    return keep(measure(kind, find_subject(record, results, out)), out)
