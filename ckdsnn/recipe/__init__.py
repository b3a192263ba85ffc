"""What to run: the Recipe, the named recipes and the suites."""

from ckdsnn.recipe.fields import Recipe
from ckdsnn.recipe.named import RECIPES, SUITES

__all__ = ["RECIPES", "SUITES", "Recipe"]
