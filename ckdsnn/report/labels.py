"""What figures and tables call the methods and their variants, and in which colour they show them.

A name's label and family stand in the table of methods; nothing here reads them out of the name. Cells of a suite over
several settings bear whole names, SETTING-METHOD: their setting is part of the label.
"""

from collections.abc import Iterable

from ckdsnn.recipe.conditions import split_condition, words_of
from ckdsnn.recipe.methods import METHODS, ROWS
from ckdsnn.recipe.named import PLACE_OF_NAME, method_of
from ckdsnn.records import Record
from ckdsnn.records.study import Study
from ckdsnn.report.style import COLOURS, OTHER_COLOUR

SETTING_WORDS = {  # setting whose cells stand beside those of others -> in words
    "cifar10-events": "simulated events",
    "cifar10-events-rgb": "simulated events, RGB teacher",
    "imagenet10-sew18": "SEW-ResNet-18",
    "imagenet10-resnet34": "spiking ResNet-34",
    "imagenet-sew34": "SEW-ResNet-34",
    "imagenet-sew18": "SEW-ResNet-18",
    "imagenet-resnet34": "spiking ResNet-34",
}

MAPS = {  # kind of map of a student -> label and colour, in the order in which figures and tables show them
    "sam": ("SAM, last stage", "#0072B2"),
    "grad_cam": ("Grad-CAM, last stage", "#D55E00"),
    "sam_first": ("SAM, first stage", "#56B4E9"),
    "grad_cam_first": ("Grad-CAM, first stage", "#E69F00"),
    "grad_cam_far": ("Grad-CAM, other surrogate", "#882255"),
    "teacher_cam": ("Teacher's CAM", "#000000"),
    "centre": ("Centred Gaussian", "#009E73"),
    "random": ("Random", "#AAAAAA"),
}


def split_setting(name: str) -> tuple[str, str]:
    """SETTING-METHOD -> the words of its setting, if that has any, and METHOD; any other name -> "" and itself."""
    setting, method = PLACE_OF_NAME.get(name, ("", ""))
    return (SETTING_WORDS[setting], method) if setting in SETTING_WORDS else ("", name)


def label_of(method: str) -> str:
    """A method's or a variant's label, with its condition and setting; the teacher's; any other name is its own."""
    setting, method = split_setting(method)
    return ", ".join(part for part in (words_of(method), setting) if part)


def added_by(method: str, baseline: str) -> str:
    """The label of what one method learns from beside all that another learns from, as SAMD in CKDSNN against NLD.

    "" where the two differ in anything else, or where that part is no method of its own.
    """
    (place, one), (other_place, other) = split_setting(method), split_setting(baseline)
    (one, condition), (other, other_condition) = split_condition(one), split_condition(other)
    if (place, condition) != (other_place, other_condition) or not {one, other} <= ROWS.keys():
        return ""
    own, rest = dict(ROWS[one].fields), dict(ROWS[other].fields)
    learned, before = own.pop("losses").split("+"), {*rest.pop("losses").split("+")} - {"none"}
    if not before < {*learned} or not rest.items() <= own.items():
        return ""
    part = own | {"losses": "+".join(term for term in learned if term not in before)}
    return next((row.label for row in ROWS.values() if row.fields == part), "")


def family_of(method: str) -> str:
    """The method of which this is a variant, itself included; "" for none."""
    base, _ = split_condition(split_setting(method)[1])
    return ROWS[base].family or base if base in ROWS else ""


def colour_of(method: str) -> str:
    """The colour of the method of which this is a variant, itself included."""
    return COLOURS.get("teacher" if method == "teacher" else family_of(method), OTHER_COLOUR)


def dash_of(method: str) -> str | tuple[int, int]:
    """How the line of a method looks where others cross it: dashed where its map stays a count, as seaborn says it."""
    return (4, 2) if family_of(method).endswith("-count") else ""


def in_families(methods: Iterable[str], baseline: str) -> list[str]:
    """The baseline, then each method with its variants, in the order of METHODS; what is none of them comes last."""
    ranks = {name: rank for rank, name in enumerate(METHODS)}
    return sorted(methods, key=lambda method: (method != baseline, ranks.get(family_of(method), len(ranks))))


def style_of(record: Record | Study) -> tuple[str, str]:
    """Label and colour of a run or of a study of it: its method's, else its recipe's name and one colour."""
    method = method_of(record.recipe)
    return (label_of(method), colour_of(method)) if method else (record.recipe["name"], OTHER_COLOUR)
