"""Runs against each other, paired by seed: differences and what they are worth, figures, tables and sentences."""
