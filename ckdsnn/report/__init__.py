"""From records and arrays to figures and tables; it knows records alone, never networks.

`suites`: runs against each other. `studies`: what was measured on trained networks. `speed`: the cost of a training
step. `pages`: pages of the book that are made from records. The modules beside them are what all of these share.
"""
