"""`python -m ckdsnn.cli`: the command where it is not installed."""

import sys

from ckdsnn.cli import main

sys.exit(main())
