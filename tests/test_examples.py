"""Every public name has an example in its docstring, and the examples hold."""

import doctest
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import ckdsnn
from ckdsnn import data, distill, models, recipe, records, training
from ckdsnn.recipe import RECIPES
from ckdsnn.records.frame import Records

ROOT = Path(__file__).parents[1]
HOMES = (ckdsnn, distill, models, recipe, training, records, data)


def public() -> dict[str, object]:
    """The classes and functions that the packages offer, by name; tables of such are shown on the page."""
    found = {name: getattr(home, name) for home in HOMES for name in home.__all__}
    return {name: one for name, one in found.items() if inspect.isclass(one) or inspect.isfunction(one)}


def examples() -> dict[str, doctest.DocTest]:
    """The examples of all public names, and of the methods of `Records`, by name."""
    finder, found = doctest.DocTestFinder(recurse=False), {}
    extra = {f"Records.{name}": getattr(Records, name) for name in ("frame", "curves", "layers")}
    for name, one in (public() | extra).items():
        home = import_module(one.__module__)
        (test,) = finder.find(one, name, home, vars(home).copy())
        found |= {name: test} if test.examples else {}
    return found


EXAMPLES = examples()


def test_every_public_name_has_an_example():
    """But a protocol, which is there to be written, not called."""
    assert public().keys() - {"Source"} <= EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_holds(name, tmp_path, monkeypatch, capsys):
    """In a folder of its own, with the committed results beside it; a teacher learns as little as its students."""
    (tmp_path / "results").symlink_to(ROOT / "results")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(RECIPES, "digits-teacher", RECIPES["digits-teacher"].replace(train_images=64, epochs=1))
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(EXAMPLES[name], clear_globs=False)
    assert not runner.failures, capsys.readouterr().out


PAGES = sorted((ROOT / "book").glob("api*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_on_a_page_hold(page, tmp_path, monkeypatch, capsys):
    (tmp_path / "results").symlink_to(ROOT / "results")
    monkeypatch.chdir(tmp_path)
    text = re.sub(r"^```$", "", page.read_text(), flags=re.M)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(doctest.DocTestParser().get_doctest(text, {}, page.stem, str(page), 0))
    assert not runner.failures, capsys.readouterr().out


def test_every_public_name_is_on_a_page():
    text = "\n".join(page.read_text() for page in PAGES)
    names = {name for home in HOMES for name in home.__all__}
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()
