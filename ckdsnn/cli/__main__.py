"""`python -m ckdsnn.cli`: the command where it is not installed."""

import sys

from ckdsnn.__main__ import main

sys.exit(main())
