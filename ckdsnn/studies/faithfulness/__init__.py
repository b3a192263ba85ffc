"""Which maps show what a student uses (claim C2): pixels go in the order of a map, and the answer is watched."""
