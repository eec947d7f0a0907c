"""The end of the process."""

from __future__ import annotations

import os
import sys

from millrace import streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# seconds that threads, child processes and exit handlers of a failed stage may take
GRACE = 10.0


def end(code: int, grace: float | None = None) -> NoReturn:
    """Ends the process as Python does, waiting for threads; with a grace in seconds, not longer than that."""
    streams.flush()
    if grace is not None:
        _end_after(grace, code)
    raise SystemExit(code)


def _end_after(seconds: float, code: int) -> None:
    threading = sys.modules.get("threading")
    if threading is None or (threading.active_count() == 1 and "multiprocessing" not in sys.modules):
        return

    def watch() -> None:
        import time

        time.sleep(seconds)
        streams.flush()
        os._exit(code)

    try:
        threading.Thread(target=watch, daemon=True).start()
    except RuntimeError:
        # no more threads to be had
        os._exit(code)
