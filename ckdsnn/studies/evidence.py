"""What claims are judged by: the runs of suites and the studies of their networks, as frames."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from ckdsnn.analysis.cells import load_cells
from ckdsnn.errors import choose
from ckdsnn.recipe import SUITES
from ckdsnn.records.frame import study_frame
from ckdsnn.records.study import KINDS, find_studies
from ckdsnn.report.claims.page import differences, verdicts
from ckdsnn.report.claims.questions import CLAIMS, Claim
from ckdsnn.report.claims.verdicts import Evidence

STUDIED = "components"  # the suite of whose networks there are studies


def evidence(tier: str, *folders: str | Path) -> Evidence:
    """What is on record in these folders of a tier.

    Looking up what is neither a suite nor a kind of study raises CkdsnnError.
    """

    def load(source: str) -> pd.DataFrame:
        choose("suite or kind of study", source, dict.fromkeys([*SUITES, *KINDS]))
        if source in SUITES:
            return load_cells(source, tier, *folders).frame() if tier in SUITES[source] else pd.DataFrame()
        return study_frame(find_studies(source, load_cells(STUDIED, tier, *folders).records, *folders))

    return Evidence(load)


def verdict(shown: str, tier: str, *folders: str | Path) -> str:
    """The verdicts on the claims of one page, in a sentence each, by what is on record in these folders of a tier.

    shown: what the page is about, a key of `report.where.PAGES`; "" where no claim is shown there.
    """
    return told(verdicts, shown, tier, *folders)


def measured_differences(shown: str, tier: str, *folders: str | Path) -> str:
    """The differences behind these verdicts, of the paper's own version of the method."""
    return told(differences, shown, tier, *folders)


def told(tell: Callable[[Claim, Evidence], str], shown: str, tier: str, *folders: str | Path) -> str:
    """What is told of each claim of one page."""
    found = evidence(tier, *folders)
    return " ".join(tell(claim, found) for claim in CLAIMS if claim.shown == shown)
