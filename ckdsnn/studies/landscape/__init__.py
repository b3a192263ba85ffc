"""The loss around the trained weights (claim C11)."""
