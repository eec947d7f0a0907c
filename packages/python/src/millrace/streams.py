"""stdout and stderr of a stage."""

from __future__ import annotations

import os
import sys


def prepare() -> None:
    """Makes both streams give whole lines at once, in UTF-8; what UTF-8 can't say is escaped."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)


def flush() -> None:
    """Gives out what is held. A stream that nobody reads any more leads nowhere from now on, and is no failure."""
    for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            # None where it was closed before Python started
            if stream is not None:  # pyright: ignore[reportUnnecessaryComparison]
                stream.flush()
        except ValueError:
            pass
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, descriptor)
            os.close(nowhere)


def tell(text: str) -> None:
    """Writes to stderr, if there is still somebody."""
    try:
        print(text, end="" if text.endswith("\n") else "\n", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        pass
