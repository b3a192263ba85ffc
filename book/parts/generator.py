"""Fills in the places of pages, `<!-- generated: NAME ARGUMENT... -->`, by the functions that are known as parts."""

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import pandas as pd

from book.provenance import Figure, Records, legend, with_data
from ckdsnn.errors import choose
from ckdsnn.records import Record, load_records
from ckdsnn.records.frame import Records as Runs
from ckdsnn.report.chart import Chart
from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.tables import Table
from ckdsnn.studies.evidence import evidence

PLACE = re.compile(r"<!-- generated: ([\w-]+)((?: [\w.-]+)*) -->")
TIER = "reduced"  # of the suites that the book shows
Maker = Callable[..., str]
PARTS: dict[str, Maker] = {}


def part(name: str) -> Callable[[Maker], Maker]:
    """Makes a function of a `Generator`, and of arguments, the maker of the part of this name."""

    def keep(maker: Maker) -> Maker:
        PARTS[name] = maker
        return maker

    return keep


class Generator:
    """Fills in the places of pages, from the results below `root`.

    records: as for `legend`; notebooks: the figures of the book's notebooks, which some parts speak of.
    """

    def __init__(self, root: Path, records: Records, notebooks: Iterable[Figure] = ()):
        self.root, self.results, self.records = root, root / "results", records
        self.notebooks = list(notebooks)
        self.data: dict[str, str] = {}
        """what is to lie beside the pages for download: name -> CSV"""
        self.figures: list[Figure] = []
        """that the pages show"""
        self.files: dict[str, bytes] = {}
        """what else is to lie there: path below _static -> content"""

    def fill(self, text: str) -> str:
        """The page with all its places filled in. Raises CkdsnnError for an unknown name."""
        return PLACE.sub(lambda match: self.make(match[1], *match[2].split()), text)

    def make(self, name: str, *arguments: str) -> str:
        """One part. Raises CkdsnnError for an unknown name."""
        return choose("generated part", name, PARTS)(self, *arguments)

    def shown(self, table: Table, page: str, ids: Iterable[str] = ()) -> str:
        """A table with the line that names these records, and its numbers for download; "" for an empty one."""
        if not table.rows:
            return ""
        self.data[table.name] = table.csv()
        stated = {"records": sorted(set(ids))}
        text = legend(page, stated, self.records) if stated["records"] else ""
        return f"{table.markdown()}\n\n{with_data(text, table.name)}"

    def drawn(self, name: str, chart: Chart, page: str, ids: Iterable[str]) -> str:
        """Keep a figure and its numbers; returns the line that names its records and leads to its numbers."""
        text = with_data(legend(page, {"records": sorted(set(ids))}, self.records), name, f".{chart.format}")
        self.figures.append(Figure(name, f".{chart.format}", chart.content(), text, chart.csv()))
        self.data[name] = chart.csv()
        return text

    @cached_property
    def evidence(self) -> Evidence:
        return evidence(TIER, self.results)

    @cached_property
    def runs(self) -> list[Record]:
        return load_records(self.results)

    def frame(self, wanted: Callable[[Record], bool]) -> pd.DataFrame:
        """The runs of the results of which this holds."""
        return Runs(filter(wanted, self.runs)).frame()
