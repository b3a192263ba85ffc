"""The page of claims as Markdown: a summary, and for each claim its evidence; every number is computed."""

from collections.abc import Callable, Iterable, Sequence

from ckdsnn.records.shelf import Document
from ckdsnn.report.claims.questions import CLAIMS, EITHER, READINGS, Claim, Question
from ckdsnn.report.claims.verdicts import MARGIN, UNMEASURED, VOID, Answer, Evidence, judge, verdict_of
from ckdsnn.report.compare import Comparison
from ckdsnn.report.labels import label_of
from ckdsnn.report.style import MAPS
from ckdsnn.report.suites.tables import in_points, probability
from ckdsnn.report.tables import DASH, Table, beside, spread, whole

Legend = Callable[[str, list[Document]], str]  # notebook, records -> the line that says where a table comes from
SHOWN = {  # what is compared -> in words, unit of a difference, digits after the point
    "accuracy": ("accuracy", "points", 2),
    "efficiency": ("accuracy for the energy", "%/µJ", 2),
    "kl": ("distance of predictions", "nat", 2),
    "js-logits": ("distance of logits", "nat", 3),
    "correlation": ("likeness of SAM and CAM, beyond that of shuffled pairs", "", 3),
    "score": ("ROAD score", "", 3),
    "rise": ("rise of the loss", "nat", 2),
    "lost": ("accuracy lost", "points", 2),
}


def badge(verdict: str) -> str:
    """A verdict as a coloured word."""
    return f'<span class="verdict verdict-{verdict.split()[0]}">{verdict}</span>'


def summary(evidence: Evidence, name: str) -> str:
    """One row a claim, with its verdict in each reading; `name` is the table's, by which pages refer to it."""
    rows = []
    for claim in CLAIMS:
        verdicts = {reading: badge(verdict_of(found)) for reading, found in judge(claim, evidence).items()}
        shown = [verdicts.get(reading, verdicts.get(EITHER, DASH)) for reading in READINGS]
        rows.append([f"[{claim.key}](#claim-{claim.key.lower()})", claim.statement, *shown])
    return Table(name, "The claims and their verdicts, by reading", ["", "Claim", *READINGS], rows).markdown()


def name_of(compared: str) -> str:
    """What is compared, a method or a kind of map, as readers know it."""
    return MAPS[compared][0] if compared in MAPS else label_of(compared)


def row(found: Answer) -> list[str]:
    """One question: what was compared, both values, by how much they differ, and the verdict."""
    question, comparison = found.question, found.comparison
    if comparison is None:
        return [asked(question), DASH, DASH, "0", DASH, badge(found.verdict)]
    _, unit, digits = SHOWN[question.value]
    first, second = (spread(list(seeds.values()), digits) for seeds in found.values.values())
    difference = f"{in_points(comparison, digits)} {unit}".strip()
    n, p = str(comparison.n), both_p(comparison)
    return [asked(question), beside(first, second), difference, n, p, badge(found.verdict)]


HEADER = ["Question", "Both, mean ± sd", "Difference [95 %]", "n", "p (corrected)", "Verdict"]


def both_p(comparison: Comparison) -> str:
    """The p value as it is, and corrected; a dash for fewer seeds than a verdict needs."""
    if comparison.p is None:
        return DASH
    return f"{probability(comparison.p)} {whole(f'({probability(comparison.corrected)})')}"


def asked(question: Question) -> str:
    """A question in short: what is compared, and what the claim expects."""
    sign = ">" if question.higher else "<"
    return f"{SHOWN[question.value][0]}: {name_of(question.method)} {sign} {name_of(question.baseline)}"


def why(found: Sequence[Answer]) -> str:
    """What the verdict of these answers rests on: how many questions are supported, and which are not."""
    if not found:
        return ""
    parts = [f"{sum(answer.verdict == 'supported' for answer in found)} of {len(found)} questions supported"]
    still_open = [answer for answer in found if answer.verdict == "inconclusive"]
    for words, group in (
        ("The opposite holds", [answer for answer in found if answer.verdict == "contradicted"]),
        (f"A gain of {MARGIN:g} point or more is excluded", [answer for answer in still_open if answer.small]),
        ("Open", [answer for answer in still_open if not answer.small]),
        ("No evidence, as students have fallen silent", [answer for answer in found if answer.verdict == VOID]),
        ("Not measured yet", [answer for answer in found if answer.verdict == UNMEASURED]),
    ):
        if group:
            parts.append(f"{words}: {'; '.join(asked(answer.question) for answer in group)}")
    return ". ".join(parts) + "."


def section(claim: Claim, evidence: Evidence, legend: Legend) -> str:
    """A claim with its evidence, a table for each reading; the legend names the records, where there are any."""
    key, parts = claim.key.lower(), [f"(claim-{claim.key.lower()})=\n## {claim.key}: {claim.statement}", claim.remark]
    for index, (reading, found) in enumerate(judge(claim, evidence).items()):
        title = f"Evidence for {claim.key}" + f", {reading}" * bool(reading)
        start = f"Reading **{reading}**: " if reading else ""
        parts.append(f"{start}{badge(verdict_of(found))} {why(found)}".strip())
        if found:
            parts.append(Table(f"claim-{key}-evidence-{index}", title, HEADER, [row(one) for one in found]).markdown())
    documents = evidence.documents(claim.questions)
    return "\n\n".join(parts + ([legend(claim.notebook, documents)] if documents else []))


def sections(evidence: Evidence, legend: Legend, claims: Iterable[Claim] = CLAIMS) -> str:
    """All claims with their evidence, one after the other."""
    return "\n\n".join(section(claim, evidence, legend) for claim in claims)
