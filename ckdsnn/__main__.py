"""The command `ckdsnn`, also `python -m ckdsnn`: Ctrl-C ends it without a word while it is being loaded, too."""

import signal
import sys


def main() -> int:
    """Load the command and run it; returns the exit status."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where it is ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ckdsnn.cli import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())
