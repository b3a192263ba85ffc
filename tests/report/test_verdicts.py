"""Verdicts on claims: from answers to a verdict, readings apart, and the page that shows them."""

from dataclasses import fields, replace

import pytest

from ckdsnn.analysis.cells import suite_recipes
from ckdsnn.recipe import SUITES
from ckdsnn.records.study import Study
from ckdsnn.report.claim_page import claims_page, why
from ckdsnn.report.claims import CLAIMS, LETTER, SAMPLE, Claim, Question, ask, both
from ckdsnn.report.compare import compare, correct, values_of
from ckdsnn.report.verdicts import UNMEASURED, VALUES, Evidence, answer, by_reading, verdict_of
from tests.report.conftest import cells_of

FOUND = {
    "snn": [50.0, 51.0, 52.0],
    "kd": [55.0, 56.1, 57.0],
    "ckdsnn": [40.0, 41.1, 42.0],
    "ckdsnn-sample": [55.1, 56.0, 57.1],
}
CLAIM = Claim(
    "C0",
    "It helps.",
    "notebooks/x.ipynb",
    ask("components", "kd", "snn")
    + ask("components", "ckdsnn", "snn")
    + ask("components", "ckdsnn-sample", "snn", "nld"),
    "A remark.",
)


@pytest.fixture
def evidence(record):
    return Evidence(lambda suite: cells_of(record, FOUND if suite == "components" else {}))


def verdicts(answers):
    return [found.verdict for found in answers]


def test_each_question_has_the_verdict_of_its_corrected_comparison(evidence, record):
    answers = answer(CLAIM, evidence)
    pairs = [("kd", "snn"), ("ckdsnn", "snn"), ("ckdsnn-sample", "snn")]
    values = values_of(cells_of(record, FOUND))
    family = correct([comparison for pair in pairs for comparison in compare(values, [pair])])
    assert [found.comparison for found in answers] == [*family, None]
    assert verdicts(answers) == ["supported", "contradicted", "supported", UNMEASURED]


def test_readings_have_verdicts_of_their_own_with_what_they_share(evidence):
    groups = by_reading(answer(CLAIM, evidence))
    assert {name: verdicts(found) for name, found in groups.items()} == {
        LETTER: ["supported", "contradicted"],
        SAMPLE: ["supported", "supported", UNMEASURED],
    }
    assert {name: verdict_of(found) for name, found in groups.items()} == {
        LETTER: "contradicted",
        SAMPLE: "inconclusive",
    }
    assert verdict_of(answer(Claim("C", "s", "n", ask("components", "nld", "kd"), "r"), evidence)) == UNMEASURED


def test_a_value_that_should_be_lower_is_supported_by_a_fall(evidence):
    lower = ask("components", "kd", "snn", higher=False)
    assert verdicts(answer(Claim("C", "s", "n", lower, "r"), evidence)) == ["contradicted"]
    assert VALUES["energy"](evidence.load("components")["kd"][0]) > 0


def test_the_reading_is_told_by_the_method():
    assert [q.reading for q in both("scaling", "ckdsnn", "l2")] == [LETTER, SAMPLE]
    assert [q.baseline for q in both("scaling", "ckdsnn", "l2")] == ["ckdsnn-l2", "ckdsnn-sample-l2"]
    assert ask("components", "samd-sample", "snn")[0].reading == SAMPLE
    assert ask("noise", "nld", "kd") == (Question("noise", "nld", "kd"),)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_every_claim_asks_for_cells_of_its_suites(claim):
    for question in claim.questions:
        suite = question.source if question.source in SUITES else "components"  # whose networks are studied
        assert set(question.networks) <= suite_recipes(suite, "reduced").keys()
        assert (question.source in SUITES) == (question.value in VALUES)


def study_of(record, kind, **values):
    """A study of a run's network that found these values."""
    parts = vars(record) | {"id": f"{kind}-{record.id}", "kind": kind, "record": record.id, "settings": {}}
    kept = {field.name: parts[field.name] for field in fields(Study) if field.name in parts}
    return Study(**kept | {"weights": record.weights["sha256"], "values": values})


def test_a_study_answers_about_two_methods_or_about_two_maps_of_one(record):
    studied = {
        method: [study_of(run, "flat", rise=[value - 1, value + 1], kl=[value, 9.0],
                          **{"a.score": [1.0, 2.0], "b.score": [value]})
                 for run, value in zip(cells_of(record, {method: [50.0, 51.0]})[method], values, strict=True)]
        for method, values in {"snn": (2.0, 2.5), "kd": (1.0, 1.4)}.items()
    }  # fmt: skip
    evidence = Evidence(lambda _: studied)
    lower = Question("flat", "kd", "snn", value="rise", higher=False)
    assert evidence.values(replace(lower, value="kl")) == evidence.values(lower)
    maps = Question("flat", "a", "b", value="score", network="kd")
    assert evidence.values(lower) == {"snn": {0: 2.0, 1: 2.5}, "kd": {0: 1.0, 1: 1.4}}
    assert evidence.values(maps) == {"a": {0: 1.5, 1: 1.5}, "b": {0: 1.0, 1: 1.4}}
    assert [s.seed for s in evidence.documents([maps])] == [0, 1] and len(evidence.documents([lower])) == 4


def test_a_network_that_has_diverged_answers_no_question(record):
    runs = cells_of(record, {"snn": [50.0, 51.0]})["snn"]
    broken = study_of(runs[0], "flat", rise=None, kl=[None, 1.0], **{"js-logits": [0.1, None], "a.score": [None]})
    whole = study_of(runs[1], "flat", rise=2.0, kl=[0.5, 1.0], **{"js-logits": [0.1, 0.3], "a.score": [0.7]})
    evidence = Evidence(lambda _: {"snn": [broken, whole]})
    questions = [Question("flat", "snn", "snn", value=name) for name in ("rise", "kl", "js-logits")]
    maps = Question("flat", "a", "a", value="score", network="snn")
    found = [next(iter(evidence.values(question).values())) for question in (*questions, maps)]
    assert found == [{1: 2.0}, {1: 0.5}, {1: 0.2}, {1: 0.7}]


def test_the_page_names_every_record_once_and_shows_what_was_found(evidence):
    seen = []

    def legend(notebook, records):
        seen.append((notebook, [record.id for record in records]))
        return "LEGEND"

    page = claims_page(evidence, legend, [CLAIM])
    assert seen == [("notebooks/x.ipynb", sorted(set(seen[0][1])))] and len(seen[0][1]) == 12
    assert "| accuracy: KD > SNN, no distillation | +5.03 [+4.89, +5.18] points | 3 |" in page
    assert 'verdict-not">not measured yet' in page and page.rstrip().endswith("LEGEND")


def test_the_reason_of_a_verdict_names_what_is_not_supported(evidence):
    groups = by_reading(answer(CLAIM, evidence))
    assert why(groups[LETTER]) == (
        "1 of 2 questions supported. The opposite holds: accuracy: CKDSNN > SNN, no distillation."
    )
    assert why(groups[SAMPLE]) == (
        "2 of 3 questions supported. Not measured yet: accuracy: CKDSNN, both maps 0 to 1 > NLD."
    )


def test_a_claim_without_records_has_no_legend():
    page = claims_page(Evidence(lambda _: {}), lambda *_: pytest.fail("nothing to name"), [CLAIM])
    assert "verdict-supported" not in page and "verdict-contradicted" not in page
