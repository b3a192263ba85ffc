"""Teacher and student side by side (claim C1): features, maps, logits, and how far apart the two are."""
