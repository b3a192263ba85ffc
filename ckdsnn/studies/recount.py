"""What an image costs networks on record, counted again from their weights: older records have one convention alone."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ckdsnn.files import nearest
from ckdsnn.measures.energy import energy_per_image
from ckdsnn.reads import note_read
from ckdsnn.records import Record, home_of
from ckdsnn.records.frame import Records
from ckdsnn.studies.subject import Subject


def recount(records: Iterable[Record], results: str | Path, out: str | Path) -> Records:
    """Those of the records, in `results` or `out`, whose weights are at hand, with operations and energies counted now.

    Counted on the pictures of each record's gallery, as when it was made. Raises CkdsnnError for altered files.
    """
    subjects = (Subject(record, home_of(record, nearest(results), out)) for record in records)
    return Records(counted_again(subject) for subject in subjects if has_weights(subject))


def has_weights(subject: Subject) -> bool:
    """Whether the network's weights are there: those of most runs are not distributed."""
    path = subject.out / "weights" / subject.record.weights["file"]
    note_read(path)
    return path.is_file()


def counted_again(subject: Subject) -> Record:
    """The record with what is counted now."""
    images, _ = subject.gallery()
    return replace(subject.record, final=subject.record.final | {"energy": energy_per_image(subject.network, images)})
