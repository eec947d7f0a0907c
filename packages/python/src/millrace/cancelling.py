"""Signals that end a stage, as an exception in it."""

from __future__ import annotations

import atexit
import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Callable


class Cancelled(BaseException):
    """Raised in the main thread when the run is cancelled or the attempt times out.

    What tidies up has one second after a timeout, and ten after a cancel; then the process ends.

    It is no ``Exception``, so that ``except Exception`` doesn't take it. Let it go on after cleaning up.

    Attributes:
        signal: number of the signal.
    """

    def __init__(self, signal: int = signal.SIGTERM) -> None:
        super().__init__("the stage was cancelled")
        self.signal: int = int(signal)


class _State:
    def __init__(self) -> None:
        self.received = 0
        self.raising = True
        self.also: Callable[[], object] | None = None


_state = _State()


def listen() -> None:
    """Makes SIGTERM and SIGINT raise `Cancelled`. Processes that the stage forks keep the default."""
    signal.signal(signal.SIGTERM, _cancel)
    # a background job of a shell ignores it, and shall
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, _cancel)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget)
    # the last of all handlers, as it is the first: Python is about to give the default back, by which the process
    # would end as killed when all is done
    atexit.register(_ignore)


def hush() -> None:
    """From now on signals are only noted: the stage has ended, and what follows must be whole."""
    _state.raising = False


def also(do: Callable[[], object] | None) -> None:
    """What to do besides, when a signal comes; None for nothing."""
    _state.also = do


def received() -> int:
    """The signal that came last; 0 for none."""
    return _state.received


def _cancel(number: int, _frame: FrameType | None) -> None:
    _state.received = number
    if _state.raising:
        if _state.also is not None:
            _state.also()
        raise Cancelled(number)


def _ignore() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is _cancel:
            signal.signal(number, signal.SIG_IGN)


def _forget() -> None:
    _state.received = 0
    if signal.getsignal(signal.SIGTERM) is _cancel:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is _cancel:
        signal.signal(signal.SIGINT, signal.default_int_handler)
