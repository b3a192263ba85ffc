"""What to run: the Recipe, the named recipes and the suites."""

from ckdsnn.recipe.fields import Recipe, parse_changes
from ckdsnn.recipe.named import RECIPES
from ckdsnn.recipe.suites import SUITES

__all__ = ["RECIPES", "SUITES", "Recipe", "parse_changes"]
