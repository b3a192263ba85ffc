"""How hard each term of the objective pulls, beside the cross-entropy."""
