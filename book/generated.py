"""Parts of pages that every build computes anew: `<!-- generated: NAME ARGUMENT... -->` becomes Markdown."""

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from book.provenance import Records, legend
from ckdsnn.analysis.cells import Cells, load_cells, load_studies
from ckdsnn.errors import choose
from ckdsnn.recipe import SUITES
from ckdsnn.records import load_records
from ckdsnn.records.paper import load_published
from ckdsnn.records.shelf import Document
from ckdsnn.records.study import Study
from ckdsnn.report.claim_page import claims_page, summary
from ckdsnn.report.headline import headline
from ckdsnn.report.labels import label_of
from ckdsnn.report.result_page import own_table, published_table, reproduce_table, worth
from ckdsnn.report.suite_tables import suite_table
from ckdsnn.report.verdicts import Evidence

PLACE = re.compile(r"<!-- generated: ([\w-]+)((?: [\w.-]+)*) -->")
TIER = "reduced"  # of the suites that the book shows
NOTEBOOKS = {  # suite -> the page that shows it
    "ranges": "notebooks/06_ranges.ipynb",
    "components": "notebooks/07_components.ipynb",
    "map-losses": "notebooks/08_map_losses.ipynb",
    "noise": "notebooks/09_noise.ipynb",
    "scaling": "notebooks/10_scaling.ipynb",
    "stage": "notebooks/11_stage.ipynb",
    "rivals": "notebooks/12_rivals.ipynb",
    "timesteps": "notebooks/13_timesteps.ipynb",
    "released": "notebooks/16_released.ipynb",
    "weights": "notebooks/17_weights.ipynb",
}


class Generator:
    """Fills in the places of pages, from the results below `root`; records: as for `legend`."""

    def __init__(self, root: Path, records: Records):
        self.results, self.records = root / "results", records

    @cached_property
    def evidence(self) -> Evidence:
        return Evidence(self.load)

    def load(self, source: str) -> Cells | dict[str, list[Study]]:
        """The cells of a suite, or the studies of a kind of the networks of the suite `components`."""
        if source in SUITES:
            return load_cells(source, TIER, self.results)
        return load_studies(source, load_cells("components", TIER, self.results), self.results)

    def suites(self) -> dict[str, Cells]:
        return {suite: self.evidence.load(suite) for suite in NOTEBOOKS}

    def legend(self, notebook: str, documents: list[Document]) -> str:
        return legend(notebook, {"records": [document.id for document in documents]}, self.records)

    def claims(self) -> str:
        """The page of claims."""
        return claims_page(self.evidence, self.legend)

    def verdicts(self) -> str:
        """The claims in short."""
        return summary(self.evidence, "verdicts")

    def headline(self) -> str:
        """What the runs come to, in a few sentences."""
        return headline(self.evidence)

    def suite(self, name: str, baseline: str) -> str:
        """All methods of a suite against one of them."""
        cells = self.evidence.load(name)
        records = [record for runs in cells.values() for record in runs]
        table = suite_table(f"{name}-in-short", f"Suite {name}, against {label_of(baseline)}", cells, baseline)
        return table.markdown() + ("\n\n" + self.legend(NOTEBOOKS[name], records) if records else "")

    def published(self) -> str:
        """Published numbers beside ours."""
        return published_table(load_published(self.results), load_records(self.results))

    def own(self) -> str:
        """Every cell of every suite, with the records behind them."""
        cells = {method: runs for suite in self.suites().values() for method, runs in suite.items()}
        records = sorted({r.id: r for runs in cells.values() for r in runs}.values(), key=lambda record: record.id)
        return own_table(cells) + ("\n\n" + self.legend("book/results.md", records) if records else "")

    def worth(self, variant: str, baseline: str) -> str:
        """What a released variant is worth."""
        return worth(self.evidence.load("released"), variant, baseline)

    def reproduce(self) -> str:
        """The commands behind each suite."""
        return reproduce_table(self.suites(), NOTEBOOKS)

    def fill(self, text: str) -> str:
        """The page with all its places filled in. Raises CkdsnnError for an unknown name."""
        makers: dict[str, Callable[..., str]] = {
            "claims": self.claims,
            "verdicts": self.verdicts,
            "headline": self.headline,
            "suite": self.suite,
            "published": self.published,
            "own": self.own,
            "worth": self.worth,
            "reproduce": self.reproduce,
        }
        return PLACE.sub(lambda match: choose("generated part", match[1], makers)(*match[2].split()), text)
