"""From records to figures, tables and answers; it knows records alone, never networks.

Records become a tidy frame (`records.frame`). `compare` has the one statistic, `points` how a comparison is written and
drawn. `suites`, `conditions`, `selection`, `energy`: runs against each other. `plots`, `maps`, `runs`, `agreement`:
single runs and their maps. `speed`: the cost of a training step. `claims`: the paper's claims and their verdicts.
`pages`: pages of the book that are no notebooks; `where`: which page shows what. A figure is a `Chart`, with its
numbers.
"""
