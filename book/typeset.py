"""Jupyter Book's command, as a process that ends with the build that has started it.

python -m book.typeset build ...
"""

from jupyter_book.cli.main import main

from ckdsnn.signals import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    main()
