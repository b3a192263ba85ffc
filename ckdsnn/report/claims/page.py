"""The page of claims as Markdown: a summary, and for each claim its evidence; every number is computed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from ckdsnn.records.shelf import Document
from ckdsnn.report.claims.questions import ANY, CLAIMS, MAP_RANGES, Claim, Question
from ckdsnn.report.claims.verdicts import (
    FAILS,
    HOLDS,
    MARGIN,
    OPEN,
    OPPOSITE,
    UNMEASURED,
    VOID,
    YES,
    Answer,
    Evidence,
    judge,
    verdict_of,
)
from ckdsnn.report.compare import Comparison
from ckdsnn.report.labels import label_of
from ckdsnn.report.style import MAPS
from ckdsnn.report.suites.tables import PAIRED_T, in_points, probability, remarks, with_remarks
from ckdsnn.report.tables import DASH, Table, beside, joined, spread, whole

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


LOOKS = {YES: "supported", HOLDS: "supported", OPPOSITE: "contradicted", FAILS: "contradicted", OPEN: "inconclusive"}


def badge(verdict: str) -> str:
    """A verdict or an answer as a coloured word."""
    return f'<span class="verdict verdict-{LOOKS.get(verdict, verdict).split()[0]}">{verdict}</span>'


def summary(evidence: Evidence, name: str) -> str:
    """One row a claim, with its verdict in each map range, or one across them all where that plays no role.

    As HTML, as no Markdown table has cells across columns; name: the table's id. The page `claims` has the evidence.
    """
    heads = "".join(f"<th>{joined(head)}</th>" for head in ("", "Claim", *MAP_RANGES))
    rows = "\n".join(summary_row(claim, evidence) for claim in CLAIMS)
    return (
        f'<div class="pst-scrollable-table-container"><table class="table" id="{name}">\n'
        "<caption>The claims and their verdicts, by map range</caption>\n"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


def summary_row(claim: Claim, evidence: Evidence) -> str:
    """A claim and its verdicts, as a row in HTML."""
    found = {name: badge(verdict_of(answers, name)) for name, answers in judge(claim, evidence).items()}
    link = f'<a href="claims.html#claim-{claim.key.lower()}">{claim.key}</a>'
    return f"<tr><td>{link}</td><td>{escape(claim.statement)}</td>{verdict_cells(found)}</tr>"


def verdict_cells(found: Mapping[str, str]) -> str:
    """One cell a map range, or a single one across them all."""
    if ANY in found:
        return f'<td colspan="{len(MAP_RANGES)}">{found[ANY]}</td>'
    return "".join(f"<td>{found.get(name, DASH)}</td>" for name in MAP_RANGES)


def name_of(compared: str) -> str:
    """What is compared, a method or a kind of map, as readers know it."""
    return MAPS[compared][0] if compared in MAPS else label_of(compared)


def row(found: Answer) -> list[str]:
    """One question: what was compared, both values, by how much they differ, and the answer."""
    question, comparison = found.question, found.comparison
    if comparison is None or not comparison.n:
        return [asked(question), DASH, DASH, "0", DASH, badge(found.verdict)]
    _, unit, digits = SHOWN[question.value]
    first, second = (spread(list(seeds.values()), digits) for seeds in found.values.values())
    difference = f"{in_points(comparison, digits)} {unit}".strip()
    n, p = str(comparison.n), both_p(comparison)
    return [asked(question), beside(first, second), difference, n, p, badge(found.verdict)]


HEADER = ["Question", "Both, mean ± sd", f"Difference {PAIRED_T}", "n", "p (corrected)", "Answer"]


def evidence_table(name: str, caption: str, found: Sequence[Answer]) -> Table:
    """One row a question."""
    notes = [remarks(one.comparison, SHOWN[one.question.value][2]) if one.comparison else "" for one in found]
    return Table(name, caption, *with_remarks(HEADER, list(map(row, found)), notes))


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
    parts = [f"{sum(answer.verdict == YES for answer in found)} of {len(found)} questions answered as claimed"]
    still_open = [answer for answer in found if answer.verdict == OPEN]
    against = [answer for answer in found if answer.verdict == OPPOSITE]
    for words, group in (
        ("The opposite holds", [answer for answer in against if answer.comparison.clear]),
        ("The opposite, but not beyond chance among so many", [a for a in against if not a.comparison.clear]),
        (f"A gain of {MARGIN:g} point or more is excluded", [answer for answer in still_open if answer.small]),
        ("Open", [answer for answer in still_open if not answer.small]),
        ("No evidence, as students have fallen silent", [answer for answer in found if answer.verdict == VOID]),
        ("Not measured yet", [answer for answer in found if answer.verdict == UNMEASURED]),
    ):
        if group:
            parts.append(f"{words}: {'; '.join(asked(answer.question) for answer in group)}")
    return ". ".join(parts) + "."


def section(claim: Claim, evidence: Evidence, legend: Legend) -> str:
    """A claim with its evidence, a table for each map range; the legend names the records, where there are any."""
    key, parts = claim.key.lower(), [f"(claim-{claim.key.lower()})=\n## {claim.key}: {claim.statement}", claim.remark]
    for index, (name, found) in enumerate(judge(claim, evidence).items()):
        start, end = (f"Map range **{name}**: ", f", map range {name}") if name else ("", "")
        parts.append(f"{start}{badge(verdict_of(found, name))} {why(found)}".strip())
        if found:
            title = f"Evidence for {claim.key}{end}"
            parts.append(evidence_table(f"claim-{key}-evidence-{index}", title, found).markdown())
    documents = evidence.documents(claim.questions)
    return "\n\n".join(parts + ([legend(claim.notebook, documents)] if documents else []))


def sections(evidence: Evidence, legend: Legend, claims: Iterable[Claim] = CLAIMS) -> str:
    """All claims with their evidence, one after the other."""
    return "\n\n".join(section(claim, evidence, legend) for claim in claims)
