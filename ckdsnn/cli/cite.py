"""The command that names the works to cite, as BibTeX: of one key, or of all that a method or a recipe builds on."""

import re
from importlib.resources import files

from jsonargparse import Namespace

from ckdsnn.cli.complete import recipes
from ckdsnn.cli.options import Parser
from ckdsnn.errors import choose
from ckdsnn.recipe import Recipe

PAPER, COMPANION = "liu2026closer", "ckdsnn2026companion"
KEY_OF_TERM = {"samd": PAPER, "nld": PAPER, "bkd": "bkdsnn"}  # where it is not the term's own name
KEYS_OF_DATASET = {"cifar10": ["cifar"], "cifar100": ["cifar"], "nmnist": ["nmnist"]}
KEYS_OF_SPIKING = ["tdbn", "surrogate", "spikingjelly"]


def works() -> dict[str, str]:
    """Key -> BibTeX entry, of every work that the book cites."""
    text = files("ckdsnn").joinpath("references.bib").read_text(encoding="utf-8")
    return {match[1]: match[0] for match in re.finditer(r"^@\w+\{(\w+),.*?^\}", text, re.M | re.S)}


def keys_of(recipe: Recipe) -> list[str]:
    """The works that a training of this recipe builds on, the paper first, each once."""
    spiking = [] if recipe.is_teacher else KEYS_OF_SPIKING
    augmentation = ["autoaugment"] * recipe.autoaugment + ["erasing"] * bool(recipe.erasing)
    data = KEYS_OF_DATASET.get(recipe.dataset, [])
    return list(dict.fromkeys([*learning_keys(recipe), *recipe.model_spec.cite, *spiking, *data, *augmentation]))


def learning_keys(recipe: Recipe) -> list[str]:
    """The works behind what a student learns from and how it ends, the paper first."""
    terms = [KEY_OF_TERM.get(name, name) for name in recipe.loss_names]
    maps = map_keys(recipe) if "samd" in recipe.loss_names else []
    ending = ["enof"] * (recipe.last_activation == "relu")  # whose idea a last ReLU is
    return list(dict.fromkeys([PAPER, *terms, *maps, *ending]))


def map_keys(recipe: Recipe) -> list[str]:
    """The teacher's maps in SAMD: CAM at the last stage, and Grad-CAM before it."""
    ends = -1, recipe.stages - 1
    last = recipe.every_stage or recipe.stage in ends
    before = recipe.every_stage or recipe.stage not in ends
    return ["cam"] * last + ["gradcam"] * before


def keys_by_name(name: str) -> list[str]:
    """The keys of a work's key itself, else of a recipe, else of a method's or a variant's name; else the name.

    "companion" is this work.
    """
    name = COMPANION if name == "companion" else name
    if name in works():
        return [name]
    # a tenth of a second, which the paper needs not
    from ckdsnn.recipe.named import RECIPES, STUDENT_RECIPES, TIER_SETTINGS

    if name in RECIPES:
        return keys_of(RECIPES[name])
    by_method = STUDENT_RECIPES[TIER_SETTINGS["smoke"]]  # by name, with all variants and conditions
    return learning_keys(by_method[name]) if name in by_method else [name]


def cite_parser() -> Parser:
    parser = Parser()
    text = "a recipe's or a method's name, or a work's key; an unknown one lists the keys"
    parser.add_argument("name", type=str, nargs="?", default=PAPER, help=text).offered = recipes
    return parser


def cite_command(options: Namespace) -> None:
    known = works()
    print(*(choose("work", key, known) for key in keys_by_name(options.name)), sep="\n\n")
