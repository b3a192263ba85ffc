"""The claims as Markdown: a summary for the landing page, and for each claim its evidence; every number is computed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from itertools import chain

from ckdsnn.report.claims.questions import ANY, CLAIMS, COUNT, HEAVY, MAP_RANGES, SCALED, Claim, Question
from ckdsnn.report.claims.verdicts import (
    CONTRADICTED,
    FAILS,
    HOLDS,
    MARGIN,
    OPEN,
    OPPOSITE,
    YES,
    Answer,
    Evidence,
    judge,
    verdict_of,
)
from ckdsnn.report.compare import Comparison
from ckdsnn.report.labels import MAPS, label_of
from ckdsnn.report.points import PAIRED_T, in_points, probability, remarks
from ckdsnn.report.tables import DASH, Show, Table, beside, in_markdown, spread, whole
from ckdsnn.report.where import PAGES

SHOWN = {  # what is compared -> in words, unit of a difference, digits after the point
    "accuracy": ("accuracy", "points", 2),
    "efficiency": ("accuracy for the energy (strict count)", "%/µJ", 2),
    "kl": ("distance of predictions", "nat", 2),
    "js-logits": ("distance of logits", "nat", 3),
    "correlation": ("likeness of SAM and CAM, beyond that of shuffled pairs", "", 3),
    "score": ("ROAD score", "", 3),
    "rise": ("rise of the loss", "nat", 2),
    "lost": ("accuracy lost", "points", 2),
}
RANGE_WORDS = {  # map range of a variant -> in words
    HEAVY: "with thirty times the weight of SAMD",
    COUNT: "with the student's map left a count of spikes",
}
LOOKS = {YES: "supported", HOLDS: "supported", OPPOSITE: "contradicted", FAILS: "contradicted", OPEN: "inconclusive"}


def badge(verdict: str) -> str:
    """A verdict or an answer as a coloured word."""
    return f'<span class="verdict verdict-{LOOKS.get(verdict, verdict).split()[0]}">{verdict}</span>'


def summary(evidence: Evidence, name: str) -> str:
    """One row a claim, with its verdict in each map range, or one across them all where that plays no role.

    As HTML, as no Markdown table has cells across columns; name: the table's id. The page `claims` has the evidence.
    """
    heads = "".join(f"<th>{in_markdown(head)}</th>" for head in ("", "Claim", *MAP_RANGES))
    rows = "\n".join(summary_row(claim, evidence) for claim in CLAIMS)
    return (
        f'<div class="pst-scrollable-table-container"><table class="table verdicts" id="{name}">\n'
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


def verdicts(claim: Claim, evidence: Evidence) -> str:
    """The verdict on a claim in a sentence, with those on its variants, and a link to its evidence; how a claim that is
    contradicted comes to it."""
    judged = judge(claim, evidence)
    found = {name: f"**{verdict_of(answers, name)}**" for name, answers in judged.items()}
    link = f"[{claim.key}](../book/claims.md#claim-{claim.key.lower()})"
    own, *variants = (
        verdict if name in (ANY, SCALED) else f"{RANGE_WORDS[name]}: {verdict}" for name, verdict in found.items()
    )
    aside = f" ({'; '.join(variants)})" * bool(variants)
    reasons = f" {why(judged.get(SCALED) or judged[ANY])}" * (CONTRADICTED in own)
    return f"At our small size, the claim ({link}) is {own}{aside}.{reasons}"


def differences(claim: Claim, evidence: Evidence) -> str:
    """By how much the paper's own version differs from all that its claim compares it with, a sentence a value."""
    judged = judge(claim, evidence)
    found = judged.get(SCALED) or judged[ANY]
    values = dict.fromkeys((one.question.method, one.question.value) for one in found)
    sentences = []
    for method, value in values:
        own = [one for one in found if (one.question.method, one.question.value) == (method, value) and measured(one)]
        parts = [f"{label_of(one.question.baseline)} by {difference(one)} {with_p(one.comparison)}" for one in own]
        sentences += [f"{label_of(method)}'s {SHOWN[value][0]} differs from that of {', of '.join(parts)}"] * bool(own)
    means = f"means with 95 % intervals of paired t tests, p values after Holm over {len(found)}"
    return f"{'; '.join(sentences)}: {means}." if sentences else ""


def with_p(comparison: Comparison) -> str:
    """The number of pairs and, of enough for one, the corrected p value, which a line break does not part."""
    p = probability(comparison.corrected)
    stated = "" if p == DASH else f", p {p}" if p.startswith("<") else f", p = {p}"
    return whole(f"(n = {comparison.n}{stated})")


def evidence_table(name: str, caption: str, found: Sequence[Answer]) -> Table:
    """One row a question: what was compared, both values, by how much they differ, and the answer."""
    columns = {
        "Question": lambda one: asked(one.question),
        "Both, mean ± sd": both,
        f"Difference {PAIRED_T}": difference,
        "n": lambda one: str(one.comparison.n if one.comparison else 0),
        "p (corrected)": lambda one: both_p(one.comparison),
        "Answer": lambda one: badge(one.verdict),
        "Remarks": noted,
    }
    return Table.of(name, caption, found, columns)


def measured(found: Answer) -> bool:
    """Whether there is at least one seed that counts."""
    return bool(found.comparison and found.comparison.n)


def measured_claims(evidence: Evidence) -> int:
    """How many claims have a question that was measured."""
    return sum(any(map(measured, chain(*judge(claim, evidence).values()))) for claim in CLAIMS)


def both(found: Answer) -> str:
    """The values of the two that are compared."""
    pair = found.question.method, found.question.baseline
    return beside(*(spread(found.values[m], SHOWN[found.question.value][2]) for m in pair)) if measured(found) else DASH


def difference(found: Answer) -> str:
    """Their difference with its interval and unit."""
    _, unit, digits = SHOWN[found.question.value]
    return f"{in_points(found.comparison, digits)} {unit}".strip() if measured(found) else DASH


def both_p(comparison: Comparison | None) -> str:
    """The p value as it is, and corrected; a dash for fewer seeds than a verdict needs."""
    if comparison is None or comparison.p is None:
        return DASH
    return f"{probability(comparison.p)} {whole(f'({probability(comparison.corrected)})')}"


def asked(question: Question) -> str:
    """A question in short: what is compared, and what the claim expects."""
    sign = ">" if question.higher else "<"
    names = [MAPS[m][0] if m in MAPS else label_of(m) for m in (question.method, question.baseline)]
    return f"{SHOWN[question.value][0]}: {f' {sign} '.join(names)}"


def why(found: Sequence[Answer]) -> str:
    """How many questions a verdict rests on, and how they were answered; which ones, the table says."""
    counts = Counter(answer.verdict for answer in found)
    against = sum(answer.verdict == OPPOSITE and answer.comparison.clear for answer in found)
    beyond = f", of which {against} remain after Holm's correction" if counts[OPPOSITE] else ""
    parts = [f"{counts.pop(YES, 0)} as claimed"]
    parts += [f"{n} {verdict}{beyond * (verdict == OPPOSITE)}" for verdict, n in counts.items()]
    return f"Of {len(found)} questions: {'; '.join(parts)}." if found else ""


def noted(found: Answer) -> str:
    """What has to be known beside an answer."""
    small = [f"a gain of {MARGIN:g} point or more is excluded"] * (found.small and found.verdict == OPEN)
    return "; ".join(filter(None, [*small, remarks(found.comparison, SHOWN[found.question.value][2])]))


def section(claim: Claim, evidence: Evidence, show: Show) -> str:
    """A claim with its evidence, a table for each map range."""
    name, parts = claim.key.lower(), [f"(claim-{claim.key.lower()})=\n## {claim.key}: {claim.statement}"]
    for index, (map_range, found) in enumerate(judge(claim, evidence).items()):
        start, end = (f"Map range **{map_range}**: ", f", map range {map_range}") if map_range else ("", "")
        parts.append(f"{start}{badge(verdict_of(found, map_range))} {why(found)}".strip())
        table = evidence_table(f"claim-{name}-evidence-{index}", f"Evidence for {claim.key}{end}", found)
        parts += [show(table, PAGES[claim.shown], evidence.ids(one.question for one in found))] if found else []
    return "\n\n".join(parts)


def by_verdict(evidence: Evidence) -> dict[str, list[str]]:
    """Verdict -> the keys of the paper's claims that have it, in its own version of the method."""
    groups: dict[str, list[str]] = {}
    for claim in CLAIMS:
        found = judge(claim, evidence)
        groups.setdefault(verdict_of(found.get(SCALED) or found[ANY]), []).append(claim.key)
    return groups


def answer(evidence: Evidence) -> str:
    """How many of the paper's claims are supported, contradicted and open."""
    parts = [f"{len(keys)} **{verdict}** ({', '.join(keys)})" for verdict, keys in by_verdict(evidence).items()]
    return f"Of the paper's {len(CLAIMS)} claims, with both maps from 0 to 1, at our small size: {'; '.join(parts)}."


def counted(evidence: Evidence) -> str:
    """The same in short, for a page of the book's own folder."""
    parts = [f"{len(keys)} {verdict}" for verdict, keys in by_verdict(evidence).items()]
    return f"[The paper's {len(CLAIMS)} claims](claims.md), by our small runs: {', '.join(parts)}."
