"""Verdicts on claims: from answers to a verdict, readings apart, and the page that shows them."""

from dataclasses import fields, replace

import pytest

from ckdsnn.analysis.cells import suite_recipes
from ckdsnn.recipe import SUITES
from ckdsnn.records.study import Study
from ckdsnn.report.claims.page import SHOWN, sections, summary, why
from ckdsnn.report.claims.questions import ANY, CLAIMS, COUNT, HEAVY, MAP_RANGES, SCALED, Claim, Question, ask, both
from ckdsnn.report.claims.verdicts import (
    CONTRADICTED,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    OPEN,
    OPPOSITE,
    SUPPORTED,
    UNMEASURED,
    VALUES,
    VOID,
    YES,
    Answer,
    Evidence,
    answers,
    judge,
    verdict_of,
)
from ckdsnn.report.compare import Comparison, compare, correct, values_of
from tests.report.examples import cells_of, readable

FOUND = {
    "snn": [50.0, 51.0, 52.0],
    "kd": [55.0, 56.1, 57.0],
    "ckdsnn-count": [40.0, 41.1, 42.0],
    "ckdsnn": [55.1, 56.0, 57.1],
}
CLAIM = Claim(
    "C0",
    "It helps.",
    "notebooks/x.ipynb",
    ask("components", "kd", "snn")
    + ask("components", "ckdsnn-count", "snn")
    + ask("components", "ckdsnn", "snn", "nld"),
    "A remark.",
)


@pytest.fixture
def evidence(record):
    return Evidence(lambda suite: cells_of(record, FOUND if suite == "components" else {}))


def verdicts(found):
    return [answer.verdict for answer in found]


def test_each_map_range_is_a_family_of_its_own_with_what_it_shares(evidence, record):
    judged = judge(CLAIM, evidence)
    assert {name: verdicts(found) for name, found in judged.items()} == {
        COUNT: [YES, OPPOSITE],
        SCALED: [YES, YES, UNMEASURED],
    }
    values = values_of(cells_of(record, FOUND))
    for name, methods, asked in ((COUNT, ["kd", "ckdsnn-count"], 2), (SCALED, ["kd", "ckdsnn"], 3)):
        family = correct([compare(values, [(method, "snn")])[0] for method in methods], asked)
        found = [answer.comparison for answer in judged[name]][:2]
        assert [(c.differences, c.corrected) for c in found] == [(c.differences, c.corrected) for c in family]


@pytest.mark.parametrize(("map_range", "holds", "fails"), [
    (ANY, SUPPORTED, CONTRADICTED), (SCALED, SUPPORTED, CONTRADICTED), (HEAVY, HOLDS, FAILS), (COUNT, HOLDS, FAILS),
])  # fmt: skip
def test_only_maps_from_0_to_1_contradict_a_claim(map_range, holds, fails):
    assert verdict_of([answered(2.0)], map_range) == holds
    assert verdict_of([answered(2.0), answered(-2.0)], map_range) == fails
    assert verdict_of([answered(2.0), answered(0.1)], map_range) == INCONCLUSIVE


def answered(mean, spread=0.2, corrected=0.01, silent=(), **fields):
    """An answer from three seeds whose differences lie `spread` apart."""
    comparison = Comparison("kd", "snn", {0: mean - spread, 1: mean, 2: mean + spread}, corrected=corrected)
    return Answer(Question("components", "kd", "snn", **fields), comparison, {}, silent)


@pytest.mark.parametrize(
    ("mean", "corrected", "higher", "answer", "verdict"),
    [
        (2.0, 0.9, True, YES, SUPPORTED),  # all have to hold: no correction
        (-2.0, 0.9, True, OPPOSITE, INCONCLUSIVE),  # one against it would do: correction
        (-2.0, 0.049, True, OPPOSITE, CONTRADICTED),
        (-2.0, 0.9, False, YES, SUPPORTED),
        (2.0, 0.049, False, OPPOSITE, CONTRADICTED),
        (0.1, 0.9, True, OPEN, INCONCLUSIVE),
    ],
)
def test_an_answer_is_the_intervals_and_contradiction_needs_the_corrected_p(mean, corrected, higher, answer, verdict):
    found = answered(mean, corrected=corrected, higher=higher)
    assert found.verdict == answer and verdict_of([found]) == verdict


def test_to_beat_a_network_that_has_fallen_silent_is_no_evidence():
    void = answered(20.0, silent=("snn",))
    assert void.verdict == VOID
    assert verdict_of([void]) == VOID and verdict_of([]) == UNMEASURED
    assert verdict_of([void, answered(2.0)]) == SUPPORTED


def test_a_silent_network_that_wins_is_no_evidence_but_one_that_loses_is():
    assert answered(2.0, silent=("kd",), value="efficiency").verdict == VOID
    assert answered(-20.0, silent=("kd",)).verdict == OPPOSITE


def test_silent_is_who_no_longer_spikes_in_the_last_layer(record):
    cells = cells_of(record, {"kd": [50.0, 51.0], "at": [10.0, 11.0]})
    rates = cells["at"][0].final["firing_rate"]
    mute = {"firing_rate": rates | {list(rates)[-1]: 2e-4}}
    cells["at"] = [replace(run, final=run.final | mute) for run in cells["at"]]
    evidence = Evidence(lambda _: cells)
    assert evidence.answer(Question("map-losses", "kd", "at")).silent == ("at",)


def test_a_small_gain_is_excluded_where_the_interval_ends_below_a_point():
    assert answered(0.1).small
    assert not answered(0.9).small
    assert not answered(-0.1, higher=False).small and not answered(0.1, value="kl").small


def test_means_are_those_of_the_seeds_that_are_compared(record):
    evidence = Evidence(lambda _: cells_of(record, {"kd": [55.0, 56.0, 58.0], "snn": [50.0, 52.0]}))
    found = evidence.answer(Question("components", "kd", "snn"))
    assert found.values == {"kd": {0: 55.0, 1: 56.0}, "snn": {0: 50.0, 1: 52.0}}
    assert evidence.answer(Question("components", "kd", "nld")).values == {}


def test_a_value_that_should_be_lower_is_supported_by_a_fall(evidence):
    lower = ask("components", "kd", "snn", higher=False)
    assert verdicts(answers(lower, evidence)) == [OPPOSITE]
    run = evidence.load("components")["kd"][0]
    assert VALUES["efficiency"](run) == pytest.approx(run.accuracy / (run.final["energy"]["compute_nj"] / 1000))


def test_the_map_range_is_that_of_the_methods_row():
    assert [q.map_range for q in both("scaling", "l2")] == [SCALED, COUNT]
    assert [q.baseline for q in both("scaling", "l2")] == ["ckdsnn-l2", "ckdsnn-count-l2"]
    assert ask("components", "samd", "snn")[0].map_range == SCALED
    assert ask("components", "ckdsnn-beta30", "nld")[0].map_range == HEAVY
    assert ask("noise", "nld", "kd") == (Question("noise", "nld", "kd"),)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_every_claim_asks_for_cells_of_its_suites(claim):
    for question in claim.questions:
        suite = question.source if question.source in SUITES else "components"  # whose networks are studied
        assert set(question.sources) <= suite_recipes(suite, "reduced").keys()
        assert (question.source in SUITES) == (question.value in VALUES)
        assert question.value in SHOWN


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
    maps = Question("flat", "a", "b", value="score", networks=("kd",))
    assert evidence.values(lower) == {"snn": {0: 2.0, 1: 2.5}, "kd": {0: 1.0, 1: 1.4}}
    assert evidence.values(maps) == {"a": {0: 1.5, 1: 1.5}, "b": {0: 1.0, 1: 1.4}}
    of_both = replace(maps, networks=("snn", "kd"))  # a mean over the networks of a seed, which began alike
    assert evidence.values(of_both) == {"a": {0: 1.5, 1: 1.5}, "b": {0: 1.5, 1: pytest.approx(1.95)}}
    assert evidence.answer(of_both).comparison.n == 2
    assert [s.seed for s in evidence.documents([maps])] == [0, 1] and len(evidence.documents([lower])) == 4


def test_a_correlation_counts_beyond_that_of_shuffled_pairs(record):
    run = cells_of(record, {"snn": [50.0]})["snn"][0]
    studied = {"snn": [study_of(run, "flat", correlation=[0.5, 0.2], **{"correlation-shuffled": 0.4})]}
    (found,) = Evidence(lambda _: studied).values(Question("flat", "snn", "snn", value="correlation")).values()
    assert found == {0: pytest.approx(0.1)}


def test_a_network_that_has_diverged_answers_no_question(record):
    runs = cells_of(record, {"snn": [50.0, 51.0]})["snn"]
    broken = study_of(runs[0], "flat", rise=None, kl=[None, 1.0], **{"js-logits": [0.1, None], "a.score": [None]})
    whole = study_of(runs[1], "flat", rise=2.0, kl=[0.5, 1.0], **{"js-logits": [0.1, 0.3], "a.score": [0.7]})
    evidence = Evidence(lambda _: {"snn": [broken, whole]})
    questions = [Question("flat", "snn", "snn", value=name) for name in ("rise", "kl", "js-logits")]
    maps = Question("flat", "a", "a", value="score", networks=("snn",))
    found = [next(iter(evidence.values(question).values())) for question in (*questions, maps)]
    assert found == [{1: 2.0}, {1: 0.5}, {1: 0.2}, {1: 0.7}]


def test_the_page_names_every_record_once_and_shows_what_was_found(evidence):
    seen = []

    def legend(notebook, records):
        seen.append((notebook, [record.id for record in records]))
        return "LEGEND"

    page = readable(sections(evidence, legend, [CLAIM]))
    assert seen == [("notebooks/x.ipynb", sorted(set(seen[0][1])))] and len(seen[0][1]) == 12
    row = "| accuracy: KD > SNN, no distillation | 56.03 ± 1.00 / 51.00 ± 1.00 | +5.03 ["
    assert page.count(row) == 2  # in both map ranges
    assert 'verdict-not">not measured yet' in page and page.rstrip().endswith("LEGEND")


def test_the_reason_of_a_verdict_names_what_is_not_supported(evidence):
    judged = judge(CLAIM, evidence)
    assert why(judged[COUNT]) == (
        "1 of 2 questions answered as claimed. The opposite holds: accuracy: CKDSNN (count) > SNN, no distillation."
    )
    assert why(judged[SCALED]) == "2 of 3 questions answered as claimed. Not measured yet: accuracy: CKDSNN > NLD."
    assert "A gain of 1 point or more is excluded: accuracy: KD > SNN" in why([answered(0.1, corrected=0.9)])


def test_a_claim_without_a_map_range_has_one_cell_in_the_summary():
    rows = [line for line in summary(Evidence(lambda _: {}), "verdicts").splitlines() if line.startswith("<tr><td>")]
    assert len(rows) == len(CLAIMS)
    for claim, row in zip(CLAIMS, rows, strict=True):
        merged = not any(question.map_range for question in claim.questions)
        assert row.count("<td") == (3 if merged else 2 + len(MAP_RANGES)) and ('colspan="3"' in row) == merged


def test_a_claim_without_records_has_no_legend():
    page = sections(Evidence(lambda _: {}), lambda *_: pytest.fail("nothing to name"), [CLAIM])
    assert "verdict-supported" not in page and "verdict-contradicted" not in page


def test_a_claim_that_asks_nothing_yet_is_shown_all_the_same():
    untested = Claim("C9", "It needs no CNN.", "", (), "Needs a spiking transformer.")
    page = sections(Evidence(lambda _: {}), lambda *_: pytest.fail("nothing to name"), [untested])
    (part,) = page.split("(claim-c9)=")[1:]
    assert "Needs a spiking transformer." in part and "not measured yet" in part and "table" not in part
