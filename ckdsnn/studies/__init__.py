"""Studies: measurements on a trained network. Each has a folder: what is measured, and how it is told."""
