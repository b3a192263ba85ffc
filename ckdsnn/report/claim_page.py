"""The page of claims as Markdown: a summary, and for each claim its evidence; every number is computed."""

from collections.abc import Callable, Iterable, Sequence

from ckdsnn.records.shelf import Document
from ckdsnn.report.claims import CLAIMS, Claim, Question
from ckdsnn.report.labels import label_of
from ckdsnn.report.style import MAPS
from ckdsnn.report.suite_tables import in_points, probability
from ckdsnn.report.tables import Table
from ckdsnn.report.verdicts import UNMEASURED, Answer, Evidence, answer, by_reading, verdict_of

Legend = Callable[[str, list[Document]], str]  # notebook, records -> the line that says where a table comes from
UNITS = {"accuracy": "points", "energy": "nJ"}


def badge(verdict: str) -> str:
    """A verdict as a coloured word."""
    return f'<span class="verdict verdict-{verdict.split()[0]}">{verdict}</span>'


def summary(evidence: Evidence, name: str = "claims-summary") -> str:
    """One row a claim and reading, with its verdict; `name` is the table's, by which pages refer to it."""
    rows = [
        [f"[{claim.key}](#claim-{claim.key.lower()})", claim.statement, reading or "–", badge(verdict_of(answers))]
        for claim in CLAIMS
        for reading, answers in by_reading(answer(claim, evidence)).items()
    ]
    return Table(name, "The claims and their verdicts", ["", "Claim", "Reading", "Verdict"], rows).markdown()


def name_of(compared: str) -> str:
    """What is compared, a method or a kind of map, as readers know it."""
    return MAPS[compared][0] if compared in MAPS else label_of(compared)


def row(found: Answer) -> list[str]:
    """One question: what was compared, by how much they differ, and the verdict."""
    question, comparison = found.question, found.comparison
    if comparison is None:
        return [asked(question), "–", "0", "–", badge(found.verdict)]
    difference = f"{in_points(comparison)} {UNITS.get(question.value, '')}".strip()
    return [asked(question), difference, str(comparison.n), probability(comparison), badge(found.verdict)]


def asked(question: Question) -> str:
    """A question in short: what is compared, and what the claim expects."""
    of = f" of {label_of(question.network)}" if question.network else ""
    sign = ">" if question.higher else "<"
    return f"{question.value}{of}: {name_of(question.method)} {sign} {name_of(question.baseline)}"


def why(answers: Sequence[Answer]) -> str:
    """What the verdict of these answers rests on: how many questions are supported, and which are not."""
    parts = [f"{sum(found.verdict == 'supported' for found in answers)} of {len(answers)} questions supported"]
    for verdict, words in (
        ("contradicted", "The opposite holds"),
        ("inconclusive", "Open"),
        (UNMEASURED, "Not measured yet"),
    ):
        if names := [asked(found.question) for found in answers if found.verdict == verdict]:
            parts.append(f"{words}: {'; '.join(names)}")
    return ". ".join(parts) + "."


def section(claim: Claim, evidence: Evidence, legend: Legend) -> str:
    """A claim with its evidence; the legend names the records, where there are any."""
    answers, key = answer(claim, evidence), claim.key.lower()
    header = ["Question", "Difference [95 %]", "n", "p, corrected", "Verdict"]
    table = Table(f"claim-{key}-evidence", f"Evidence for {claim.key}", header, [row(found) for found in answers])
    verdicts = "\n".join(
        f"- {reading}{': ' * bool(reading)}{badge(verdict_of(found))} {why(found)}"
        for reading, found in by_reading(answers).items()
    )
    documents = evidence.documents(claim.questions)
    parts = [f"(claim-{key})=\n## {claim.key}: {claim.statement}", verdicts, claim.remark, table.markdown()]
    return "\n\n".join(parts + ([legend(claim.notebook, documents)] if documents else []))


def claims_page(evidence: Evidence, legend: Legend, claims: Iterable[Claim] = CLAIMS) -> str:
    """Everything below the page's introduction."""
    return "\n\n".join([summary(evidence), *(section(claim, evidence, legend) for claim in claims)])
