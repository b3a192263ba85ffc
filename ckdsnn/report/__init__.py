"""From records and arrays to figures and tables; it knows records alone, never networks.

`suites`: runs against each other. `studies`: what was measured on trained networks. `speed`: the cost of a training
step. `claims`: the paper's claims and their verdicts. `pages`: other pages of the book that are made from records. The
modules beside them are figures of single runs, and what all of these share. A subject is one module, or, where that
would be long, three: `*_tables` has its numbers and tables, `*_plots` the figures, `*_words` the sentences.
"""
