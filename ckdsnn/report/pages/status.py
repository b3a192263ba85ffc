"""How far each figure, table and claim of the paper is rebuilt here. What is declared: which page shows it, and which
suites and studies it rests on; state, tier, n and date are those of the records of these."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ckdsnn.recipe import Recipe
from ckdsnn.records import Record
from ckdsnn.records.study import Study
from ckdsnn.report.tables import DASH, Table, between, whole
from ckdsnn.report.where import PAGES

if TYPE_CHECKING:
    from ckdsnn.report.claims.questions import Claim

CAPTION, SUMMARY = "its caption", "a summary by others"
FULL, SHORT, SMALL = "rebuilt", "rebuilt, shorter trainings", "rebuilt at small size"
DRAWN, NOTHING = "drawn anew", "not attempted"
TIERS = ("paper", "reduced")  # the former tells more; smoke tells nothing of the paper
FIGURES = ("cam-sam", "sam-gradcam")  # of a notebook that shows some runs of a suite alone
Documents = Sequence[Record | Study]


@dataclass(frozen=True)
class Piece:
    """A figure, a table or a claim of the paper."""

    name: str
    shows: str
    """what it shows or says, in our words"""
    known: str = ""
    """what we know of it from"""
    sources: tuple[str, ...] = ()
    """the suites, kinds of studies, and of FIGURES, whose runs show it here"""
    page: str = ""
    """that shows it, where that is not the page of its first source"""
    evidence: str = ""
    """where its verdict stands, of a claim"""
    drawn: bool = False
    """whether it is a drawing, behind which there is no run"""

    @property
    def shown(self) -> str:
        """The page that shows it; "" for none."""
        return self.page or (PAGES[self.sources[0]] if self.sources else "")


PIECES = (
    Piece("Figure 1", "aligning raw features, and aligning maps", CAPTION, ("distributions",)),
    Piece("Figure 2", "the framework", CAPTION, page="book/method.md", drawn=True),
    Piece("Figure 3 (a)", "Grad-CAM fails in a spiking network", CAPTION, ("faithfulness", "surrogate")),
    Piece(
        "Figure 3 (b, c)",
        "how a SAM is made; CAMs and SAMs side by side",
        CAPTION,
        FIGURES,
        "notebooks/02_maps.ipynb",
    ),
    Piece("Figure 4 (a)", "either part alone, and both", CAPTION, ("components",)),
    Piece("Figure 4 (b)", "SAM with CAM, and earlier distillation of maps, T = 1", CAPTION, ("map-losses",)),
    Piece("Figure 5", "adaptive noise, and random noise", CAPTION, ("noise",)),
    Piece("A figure", "loss landscapes", SUMMARY, ("landscape",)),
    Piece("A table", "CIFAR-10 and CIFAR-100, against rivals", SUMMARY, ("gpu",)),
    Piece("A table", "the same for Spikformer", SUMMARY, ("spikformer",)),
    Piece("A table", "ImageNet", SUMMARY, ("imagenet",)),
    Piece("A table", "event data, CIFAR10-DVS", SUMMARY, ("events", "simulated")),
    Piece("A table", "how maps are scaled", SUMMARY, ("scaling",)),
    Piece("A table", "at which stage maps are compared", SUMMARY, ("stage",)),
    Piece("A table", "energy and firing rates", SUMMARY, ("timesteps",), "notebooks/14_energy.ipynb"),
    Piece("The rest", "of 12 figures and 7 tables: what they show is not known to us"),
)


def claimed(claims: Iterable["Claim"]) -> list[Piece]:
    """The claims as pieces, each resting on what its questions are asked of."""
    return [
        Piece(
            claim.key,
            claim.statement,
            sources=tuple(dict.fromkeys(question.source for question in claim.questions)),
            page=PAGES[claim.shown],
            evidence=f"#claim-{claim.key.lower()}",
        )
        for claim in claims
    ]


def status_table(name: str, caption: str, pieces: Iterable[Piece], found: Mapping[str, Documents]) -> Table:
    """One row a piece. found: suite, kind of study or figure -> its records, of all tiers but smoke."""
    pieces = list(pieces)

    def of(text: Callable[[Documents], str]) -> Callable[[Piece], str]:
        return lambda piece: text([document for source in piece.sources for document in found[source]])

    columns = {
        "In the paper": lambda piece: f"[{piece.name}]({piece.evidence})" if piece.evidence else piece.name,
        "What": lambda piece: piece.shows,
        "Known from": lambda piece: piece.known,
        "State": lambda piece: DRAWN if piece.drawn else of(state)(piece),
        "Tier": of(tiers),
        "n": of(seeds),
        "Newest record": lambda piece: of(newest)(piece).replace("-", "\u2011"),  # which no line break parts
        "Shown on": lambda piece: shown(piece, of(state)(piece)),
    }
    return Table.of(name, caption, pieces, columns)


def shown(piece: Piece, state: str) -> str:
    """A link to the page that shows a piece; a dash for what is not there."""
    if not piece.drawn and state == NOTHING:
        return DASH
    return f"[](../{piece.shown})"  # its title


def state(documents: Documents) -> str:
    """How far something is rebuilt with these records: by the one that tells most."""
    paper = [document for document in documents if document.tier == TIERS[0]]
    if not paper:
        return SMALL if documents else NOTHING
    return FULL if any(document.recipe["epochs"] >= Recipe.epochs for document in paper) else SHORT


def tiers(documents: Documents) -> str:
    """Their tiers, the one that tells most first."""
    return ", ".join(tier for tier in TIERS if any(document.tier == tier for document in documents))


def seeds(documents: Documents) -> str:
    """How many seeds there are of each method: the fewest and the most."""
    groups: dict[tuple[str, str], set[int]] = {}
    for document in documents:
        kind, digest = getattr(document, "kind", ""), document.id.rsplit("-", 1)[1]  # an id ends in its recipe's digest
        groups.setdefault((kind, digest), set()).add(document.seed)
    return whole(between([len(group) for group in groups.values()])) if groups else ""


def newest(documents: Documents) -> str:
    """The day, UTC, on which the youngest of them was begun."""
    return max(document.started[:10] for document in documents) if documents else ""


def answer(found: Mapping[str, Documents], claims: Sequence[Piece]) -> str:
    """How many of the known figures and tables, and of the claims, stand where."""
    parts = []
    for noun, pieces in (("figures and tables that we know of", PIECES[:-1]), ("claims", claims)):
        states = [DRAWN if one.drawn else state([d for source in one.sources for d in found[source]]) for one in pieces]
        counts = "; ".join(
            f"{states.count(one)} {one}" for one in (FULL, SHORT, SMALL, DRAWN, NOTHING) if one in states
        )
        parts.append(f"Of {len(pieces)} {noun}: {counts}.")
    return " ".join(parts)
