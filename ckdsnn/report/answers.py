"""What comparisons come to, in sentences, by one rule on all pages.

A difference is shown where its own 95 % interval leaves out 0, by LEAST pairs or more: so a question has one answer
wherever it is asked. Where that does not stand Holm's correction for all that is asked beside it, the answer says so.
The page of claims tells readers this rule.
"""

from collections.abc import Iterable, Mapping, Sequence

from ckdsnn.report.compare import PLAIN, Comparison
from ckdsnn.report.labels import added_by, label_of, split_setting
from ckdsnn.report.points import in_points
from ckdsnn.report.tables import series, signed, whole

FEW = 3  # comparisons of which an answer names each with its interval
RULE = "../book/claims.md#how-two-methods-are-compared"
IN_BRACKETS = (
    "In brackets: differences in points of test accuracy with their 95 % interval, and the number n of pairs of runs."
)
SAYING = {  # verdict of a comparison -> how a sentence on it begins, and what is before each statement in it
    1: ("", ""),
    -1: ("", ""),
    0: ("It is not shown ", "that "),
    None: ("Too few runs are on record to tell ", "whether "),
}


def answer(found: Iterable[Comparison]) -> str:
    """What these comparisons, asked together, found over at least one seed: a sentence for each verdict."""
    found = [one for one in found if one.n]
    own = {sign: statements([one for one in found if one.sign == sign], asked(found)) for sign in SAYING}
    return " ".join(sentence(sign, texts) for sign, texts in own.items() if texts)


def sentence(sign: int | None, texts: Iterable[str]) -> str:
    """Statements of one verdict as a sentence."""
    start, before = SAYING[sign]
    return f"{start}{'; '.join(before + text for text in texts)}."


def asked(found: Iterable[Comparison]) -> int:
    """How many questions the p values of these are corrected for."""
    return sum(one.p is not None for one in found)


def statements(found: Sequence[Comparison], family: int) -> list[str]:
    """What comparisons of one verdict say; those against one baseline, else those of one method, say it together."""
    parts = [one for one in found if added_by(one.method, one.baseline)]
    others = [one for one in found if one not in parts]
    texts = [f"{claim(one)} {named({'': one}, family)}" for one in parts]
    if len({one.baseline for one in others}) == 1 < len(others):
        baseline = label_of(others[0].baseline)
        methods = {apart(label_of(one.method), baseline): one for one in others}
        are = "are" if others[0].sign else "is"
        return [*texts, f"{named(methods, family)} {are} {better(others[0])} than {baseline}"]
    for label in dict.fromkeys(label_of(one.method) for one in others):
        own = {apart(label_of(one.baseline), label): one for one in others if label_of(one.method) == label}
        texts.append(f"**{label}** is {better(others[0])} than {named(own, family)}")
    return texts


def claim(one: Comparison) -> str:
    """What a comparison shows, or was to show: that a part helps, or that one method is better than another."""
    if part := added_by(one.method, one.baseline):
        to = "" if split_setting(one.baseline)[1] == PLAIN else f", added to {label_of(one.baseline)},"
        return f"**{part}**{to} {helps(one)}"
    return f"**{label_of(one.method)}** is {better(one)} than {label_of(one.baseline)}"


def better(one: Comparison) -> str:
    """What a method is beside its baseline, or was to be."""
    return "worse" if one.sign == -1 else "better"


def helps(one: Comparison) -> str:
    """What a part does, or was to do."""
    return "harms" if one.sign == -1 else "helps"


def apart(label: str, known: str) -> str:
    """A label; of a variant of what is named beside it the rest alone."""
    return f"“{label.removeprefix(start)}”" if label.startswith(start := f"{known}, ") else label


def named(found: Mapping[str, Comparison], family: int) -> str:
    """Names of one verdict, each with its number; of more than FEW the lowest and the highest mean alone."""
    last = "and" if next(iter(found.values())).sign else "or"
    return f"{series(found, last)} ({ends(found, family)})" if len(found) > FEW else listing(found, family, last)


def listing(found: Mapping[str, Comparison], family: int, last: str = "and", digits: int = 2) -> str:
    """Names, each with its number; last: the word before the last one; digits: of a number, after the point."""
    texts = [f"{name} ({number(one, digits)}{unless_corrected([one], family)})".strip() for name, one in found.items()]
    return series(texts, last)


def number(one: Comparison, digits: int = 2) -> str:
    """The mean difference with its interval and the number of pairs."""
    return f"{in_points(one, digits)}, {whole(f'n = {one.n}')}"


def ends(found: Mapping[str, Comparison], family: int) -> str:
    """The lowest and the highest mean of several."""
    ordered = sorted(found, key=lambda name: found[name].mean)
    low, high = (f"{signed(found[name].mean)} for {name}" for name in (ordered[0], ordered[-1]))
    return f"from {low} to {high}{unless_corrected(found.values(), family)}"


def unless_corrected(found: Iterable[Comparison], family: int) -> str:
    """How many of these are shown by themselves, but not after the correction for all questions; "" for none."""
    found = list(found)
    if not (lost := sum(bool(one.sign) and not one.clear for one in found)):
        return ""
    which = f"{lost} of them " * (len(found) > 1)
    return f"; {which}only without [Holm's correction]({RULE}) for {family} questions"
