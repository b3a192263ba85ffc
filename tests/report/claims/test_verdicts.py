"""Verdicts on claims: from answers to a verdict, readings apart, and the pages that show them."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ckdsnn.analysis.cells import suite_recipes
from ckdsnn.recipe import SUITES
from ckdsnn.records.frame import study_frame
from ckdsnn.report.claims import page
from ckdsnn.report.claims import verdicts as v
from ckdsnn.report.claims.questions import ANY, CLAIMS, COUNT, HEAVY, MAP_RANGES, SCALED, Claim, Question, ask, both
from ckdsnn.report.compare import Comparison, compare, correct, table_of
from ckdsnn.report.labels import label_of
from ckdsnn.report.where import PAGES
from tests.report.examples import readable, runs_of, study_of

FOUND = {"snn": [50.0, 51, 52], "kd": [55.0, 56.1, 57], "ckdsnn-count": [40.0, 41.1, 42], "ckdsnn": [55.1, 56, 57.1]}
ASKED = ("kd", "snn"), ("ckdsnn-count", "snn"), ("ckdsnn", "snn", "nld")
CLAIM = Claim("C0", "It helps.", "noise", sum((ask("components", *methods) for methods in ASKED), ()))
NOTHING = v.Evidence(lambda _: pd.DataFrame())


@pytest.fixture
def evidence(record):
    return v.Evidence(lambda suite: runs_of(record, FOUND if suite == "components" else {}))


def verdicts(found):
    return [answer.verdict for answer in found]


def test_each_map_range_is_a_family_of_its_own_with_what_it_shares(evidence, record):
    judged = v.judge(CLAIM, evidence)
    assert {name: verdicts(found) for name, found in judged.items()} == {
        COUNT: [v.YES, v.OPPOSITE],
        SCALED: [v.YES, v.YES, v.UNMEASURED],
    }
    values = table_of(runs_of(record, FOUND))
    for name, methods, asked in ((COUNT, ["kd", "ckdsnn-count"], 2), (SCALED, ["kd", "ckdsnn"], 3)):
        family = correct([compare(values, [(method, "snn")])[0] for method in methods], asked)
        found = [answer.comparison for answer in judged[name]][:2]
        assert [(c.differences, c.corrected) for c in found] == [(c.differences, c.corrected) for c in family]


def answered(mean, spread=0.2, corrected=0.01, silent=(), **fields):
    """An answer from three seeds whose differences lie `spread` apart."""
    comparison = Comparison("kd", "snn", {0: mean - spread, 1: mean, 2: mean + spread}, corrected=corrected)
    return v.Answer(Question("components", "kd", "snn", **fields), comparison, pd.DataFrame(), silent)


@pytest.mark.parametrize("map_range", [ANY, *MAP_RANGES])
def test_only_maps_from_0_to_1_contradict_a_claim(map_range):
    holds, fails = (v.HOLDS, v.FAILS) if map_range in (HEAVY, COUNT) else (v.SUPPORTED, v.CONTRADICTED)
    assert v.verdict_of([answered(2.0)], map_range) == holds
    assert v.verdict_of([answered(2.0), answered(-2.0)], map_range) == fails
    assert v.verdict_of([answered(2.0), answered(0.1)], map_range) == v.INCONCLUSIVE


@pytest.mark.parametrize(
    ("mean", "corrected", "higher", "answer", "verdict"),
    [
        (2.0, 0.9, True, v.YES, v.SUPPORTED),  # all have to hold: no correction
        (-2.0, 0.9, True, v.OPPOSITE, v.INCONCLUSIVE),  # one against it would do: correction
        (-2.0, 0.049, True, v.OPPOSITE, v.CONTRADICTED),
        (-2.0, 0.9, False, v.YES, v.SUPPORTED),
        (2.0, 0.049, False, v.OPPOSITE, v.CONTRADICTED),
        (0.1, 0.9, True, v.OPEN, v.INCONCLUSIVE),
    ],
)
def test_an_answer_is_the_intervals_and_contradiction_needs_the_corrected_p(mean, corrected, higher, answer, verdict):
    found = answered(mean, corrected=corrected, higher=higher)
    assert found.verdict == answer and v.verdict_of([found]) == verdict


def test_a_network_that_has_fallen_silent_is_evidence_only_where_it_loses():
    void = answered(20.0, silent=("snn",))
    assert void.verdict == v.VOID and v.verdict_of([void, answered(2.0)]) == v.SUPPORTED
    assert v.verdict_of([void]) == v.VOID and v.verdict_of([]) == v.UNMEASURED
    assert answered(2.0, silent=("kd",), value="efficiency").verdict == v.VOID
    assert answered(-20.0, silent=("kd",)).verdict == v.OPPOSITE


def test_silent_is_who_no_longer_spikes_in_the_last_layer(record):
    runs = runs_of(record, {"kd": [50.0, 51.0], "at": [10.0, 11.0]})
    runs.loc[runs["method"] == "at", "last_firing_rate"] = 0.02
    assert v.Evidence(lambda _: runs).answer(Question("map-losses", "kd", "at")).silent == ("at",)


def test_a_small_gain_is_excluded_where_the_interval_ends_below_a_point():
    assert answered(0.1).small and not answered(0.9).small
    assert not answered(-0.1, higher=False).small and not answered(0.1, value="kl").small


def test_values_are_those_of_the_seeds_that_are_compared(record):
    runs = runs_of(record, {"kd": [55.0, 56.0, 58.0], "snn": [50.0, 52.0]})
    evidence = v.Evidence(lambda _: runs)
    found = evidence.answer(Question("components", "kd", "snn"))
    assert found.values.to_dict() == {"kd": {0: 55.0, 1: 56.0}, "snn": {0: 50.0, 1: 52.0}}
    assert evidence.answer(Question("components", "kd", "nld")).verdict == v.UNMEASURED
    efficiency = evidence.answer(Question("components", "kd", "snn", value="efficiency")).comparison
    assert efficiency.differences[0] == pytest.approx(5 / (record.final["energy"]["compute_nj"] / 1000))
    lower = ask("components", "kd", "snn", higher=False)
    assert verdicts(v.answers(lower, v.Evidence(lambda _: runs_of(record, FOUND)))) == [v.OPPOSITE]


def test_differences_are_told_of_the_papers_own_version_with_p_of_its_family(record):
    values = FOUND | {"ckdsnn": [55.1, 51.0, 57.1]}
    evidence = v.Evidence(lambda suite: runs_of(record, values if suite == "components" else {}))
    text = readable(page.differences(CLAIM, evidence))
    found = [one.comparison for one in v.judge(CLAIM, evidence)[SCALED]][:2]
    for comparison in found:
        low, high = comparison.interval
        assert f"by {comparison.mean:+.2f} [{low:+.2f}, {high:+.2f}] points (n = 3, p " in text
    assert "KD's accuracy differs from that of plain SNN by" in text and "CKDSNN's accuracy differs from" in text
    assert found[1].corrected == pytest.approx(2 * found[1].p) and f"p = {found[1].corrected:.3f})" in text
    assert text.endswith("p values after Holm over 3.")
    assert "count" not in text and page.differences(CLAIM, NOTHING) == ""


def test_the_map_range_is_that_of_the_methods_row():
    assert [q.map_range for q in both("scaling", "l2")] == [SCALED, COUNT]
    assert [q.baseline for q in both("scaling", "l2")] == ["ckdsnn-l2", "ckdsnn-count-l2"]
    assert ask("components", "samd", "snn")[0].map_range == SCALED
    assert ask("components", "ckdsnn-beta30", "nld")[0].map_range == HEAVY
    assert ask("noise", "nld", "kd") == (Question("noise", "nld", "kd"),)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_every_claim_has_a_page_and_asks_for_cells_of_its_suites(claim):
    assert claim.shown in PAGES
    for question in claim.questions:
        suite = question.source if question.source in SUITES else "components"  # whose networks are studied
        assert set(question.sources) <= suite_recipes(suite, "reduced").keys()
        assert (question.source in SUITES) == (question.value in v.OF_RUNS)
        assert question.value in page.SHOWN


def studied(record, **values):
    """Evidence from studies: method -> one dict of values for each of the seeds 0, 1, ..."""
    studies = [
        study_of(record, "flat", method, seed, {}, found)
        for method in values
        for seed, found in enumerate(values[method])
    ]
    return v.Evidence(lambda _: study_frame(studies))


def test_a_study_answers_about_two_methods_or_about_two_maps_of_one(record):
    found = {"snn": (2.0, 2.5), "kd": (1.0, 1.4)}
    evidence = studied(record, **{
        method: [
            {"rise": [x - 1, x + 1], "kl": [x, 9.0], "a.score": [1.0, 2.0], "b.score": [x],
             "correlation": [x, 0.2], "correlation-shuffled": 0.4}
            for x in values
        ]
        for method, values in found.items()
    })  # fmt: skip

    def values(value, *pair, **fields):
        return {m: list(own) for m, own in evidence.values(Question("flat", *pair, value=value, **fields)).items()}

    plain = {method: pytest.approx(list(own)) for method, own in found.items()}
    assert values("rise", "kd", "snn") == plain and values("kl", "kd", "snn") == plain, "the mean; of kl the first"
    assert values("correlation", "kd", "snn")["kd"] == pytest.approx([0.6, 1.0]), "beyond that of shuffled pairs"
    assert values("score", "a", "b", networks=("kd",)) == {"a": [1.5, 1.5], "b": [1.0, 1.4]}
    of_both = Question("flat", "a", "b", value="score", networks=("snn", "kd"))  # which began alike, for each seed
    assert evidence.values(of_both)["b"].tolist() == pytest.approx([1.5, 1.95])
    assert evidence.answer(of_both).comparison.n == 2
    assert len(evidence.ids([of_both])) == 4 and len(evidence.ids([replace(of_both, networks=("kd",))])) == 2


def test_a_network_that_has_diverged_answers_no_question(record):
    broken = {"rise": None, "kl": [None, 1.0], "js-logits": [0.1, None], "a.score": [None]}
    whole = {"rise": 2.0, "kl": [0.5, 1.0], "js-logits": [0.1, 0.3], "a.score": [0.7]}
    evidence = studied(record, snn=[broken, whole])
    questions = [Question("flat", "snn", "snn", value=name) for name in ("rise", "kl", "js-logits")]
    questions.append(Question("flat", "a", "a", value="score", networks=("snn",)))
    found = [evidence.values(question).iloc[:, 0].dropna().to_dict() for question in questions]
    assert found == [{1: 2.0}, {1: 0.5}, {1: pytest.approx(0.2)}, {1: 0.7}]


def test_the_page_names_every_record_once_and_shows_what_was_found(evidence):
    seen = []
    text = readable(page.section(CLAIM, evidence, lambda table, *stated: seen.append(stated) or table.markdown()))
    runs = evidence.load("components")
    asked = [{*found} for found in (("kd", "snn", "ckdsnn-count"), ("kd", "snn", "ckdsnn"))]
    of_range = [sorted(runs.loc[runs["method"].isin(methods), "id"]) for methods in asked]
    assert {where for where, _ in seen} == {PAGES["noise"]} and sorted(ids for _, ids in seen) == sorted(of_range)
    kd, snn = np.array(FOUND["kd"]), np.array(FOUND["snn"])
    values = f"{kd.mean():.2f} ± {kd.std(ddof=1):.2f} / {snn.mean():.2f} ± {snn.std(ddof=1):.2f}"
    row = f"| accuracy: KD > {label_of('snn')} | {values} | {(kd - snn).mean():+.2f} ["
    assert text.count(row) == 2, "in both map ranges"
    assert 'verdict-not">not measured yet' in text


def test_the_reason_of_a_verdict_counts_the_answers_and_a_row_says_what_is_excluded(evidence):
    count, scaled = (page.why(v.judge(CLAIM, evidence)[name]) for name in (COUNT, SCALED))
    assert count == "Of 2 questions: 1 as claimed; 1 the opposite, of which 1 remain after Holm's correction."
    assert scaled == "Of 3 questions: 2 as claimed; 1 not measured yet."
    assert "1 point or more is excluded" in page.noted(answered(0.1, corrected=0.9)) and not page.noted(answered(2.0))


def test_a_verdict_is_told_of_each_map_range_and_counted_of_the_papers(record):
    """Maps from 0 to 1 are best at the last stage (C5), a count is best before it."""
    best = {"ckdsnn": FOUND["kd"]} | {
        f"ckdsnn-count-{stage}": FOUND["kd"] for stage in ("stage1", "stage2", "all-stages")
    }
    found = {method: [50.0, 51.2, 51.9] for question in CLAIMS[4].questions for method in question.sources} | best
    evidence = v.Evidence(lambda suite: runs_of(record, found if suite == "stage" else {}))
    said, other = page.verdicts(CLAIMS[4], evidence), page.verdicts(CLAIMS[2], evidence)
    assert "[C5](../book/claims.md#claim-c5)" in said
    assert re.findall(r"\*\*(.*?)\*\*", said) == [v.SUPPORTED, v.FAILS]
    assert re.findall(r"\*\*(.*?)\*\*", other) == [v.UNMEASURED] * 3 and all(
        words in other for words in page.RANGE_WORDS.values()
    )
    counted = page.answer(evidence)
    assert f"{len(CLAIMS)} claims" in counted and f"1 **{v.SUPPORTED}** (C5)" in counted
    assert f"{len(CLAIMS) - 1} **{v.UNMEASURED}** (C1, C2," in counted


def test_a_claim_without_a_map_range_has_one_cell_in_the_summary():
    rows = [line for line in page.summary(NOTHING, "verdicts").splitlines() if line.startswith("<tr><td>")]
    for claim, row in zip(CLAIMS, rows, strict=True):
        merged = not any(question.map_range for question in claim.questions)
        assert row.count("<td") == (3 if merged else 2 + len(MAP_RANGES)) and ('colspan="3"' in row) == merged


@pytest.mark.parametrize("claim", [CLAIM, replace(CLAIM, questions=())])
def test_a_claim_without_records_is_shown_without_verdict_and_legend(claim):
    text = page.section(claim, NOTHING, lambda table, _, ids: table.markdown() * (not ids))
    assert v.UNMEASURED in text and ("table" in text) == bool(claim.questions)
    assert "verdict-supported" not in text and "verdict-contradicted" not in text
