"""Runs a script as a stage: ``python <this folder> <script> [arguments…]`` or ``python -m millrace <script> …``."""

from __future__ import annotations

import os
import sys


def find_package() -> None:
    """Lets ``import millrace`` find this package, where its folder was started by its path."""
    here = os.path.dirname(os.path.abspath(__file__))
    # as an entry of its own, the folder would give its modules' names to everybody
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]
    parent = os.path.dirname(here)
    # what is installed beside it is where it was; else no other of its name comes first
    if parent not in sys.path or os.path.basename(parent) not in ("site-packages", "dist-packages"):
        sys.path[:] = [parent, *(entry for entry in sys.path if entry != parent)]


if not __package__:
    find_package()

if __name__ == "__main__":
    from millrace.program import run

    run(sys.argv[1:])
