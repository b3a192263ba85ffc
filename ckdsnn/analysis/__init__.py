"""Measurements on trained networks, the records that they start from, and the training step that is measured."""
