"""What to run: the Recipe, the named recipes and the suites. All of it is words: nothing here loads torch."""

from ckdsnn.lazy import on_first_use

__all__ = ["RECIPES", "SUITES", "Recipe", "parse_changes"]

HOMES = {"RECIPES": "named", "SUITES": "suites", "Recipe": "fields", "parse_changes": "words"}
__getattr__ = on_first_use(__name__, HOMES)
