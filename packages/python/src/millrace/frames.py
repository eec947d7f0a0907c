"""The author's lines in a traceback, and its text."""

from __future__ import annotations

import os

from millrace.places import is_ours, is_users

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from traceback import TracebackException
    from types import TracebackType
    from typing import Any

MOST_FRAMES = 50
MOST_TRACE = 64 * 1024


def frames_of(error: BaseException) -> list[dict[str, Any]]:
    """The author's frames, the innermost first, at most 50: ``{function?, file, line, column?}``."""
    found = [frame for at in _walk(error.__traceback__) for frame in _frame(at)]
    return found[: -MOST_FRAMES - 1 : -1]


def _walk(at: TracebackType | None) -> Iterator[TracebackType]:
    while at is not None:
        yield at
        at = at.tb_next


def _frame(at: TracebackType) -> list[dict[str, Any]]:
    code = at.tb_frame.f_code
    if not is_users(code.co_filename):
        return []
    file = os.path.abspath(code.co_filename)
    frame: dict[str, Any] = {} if code.co_name == "<module>" else {"function": code.co_name}
    frame.update(file=file, line=at.tb_lineno)
    column = _column(at)
    if column is not None:
        frame["column"] = column
    return [frame]


def _column(at: TracebackType) -> int | None:
    """From 1, in characters. Python tells it, in bytes, from 3.11 on."""
    positions = getattr(at.tb_frame.f_code, "co_positions", None)
    if positions is None or at.tb_lasti < 0:
        return None
    from itertools import islice

    try:
        from linecache import getline
    except Exception:
        # a module of the author's has the name of one that it needs
        return None
    line, _, start, _ = next(islice(positions(), at.tb_lasti // 2, None), (None, None, None, None))
    if line is None or start is None:
        return None
    text = getline(at.tb_frame.f_code.co_filename, line)
    return len(text.encode()[:start].decode(errors="replace")) + 1


def trace_of(error: BaseException) -> str:
    """The traceback as Python prints it, without our own frames; never fails, and never longer than 64 KiB."""
    try:
        from traceback import TracebackException

        told = TracebackException(type(error), error, error.__traceback__)
        _leave_out(told, set())
        return cut_middle("".join(told.format()))
    except Exception as failed:
        return f"{type(error).__qualname__} (its traceback can't be shown: {type(failed).__qualname__})\n"


def _leave_out(told: TracebackException, seen: set[int]) -> None:
    open_ = [told]
    while open_:
        at = open_.pop()
        if id(at) in seen:
            continue
        seen.add(id(at))
        at.stack[:] = [
            frame for frame in at.stack if not is_ours(frame.filename) and not frame.filename.startswith("<frozen ")
        ]
        others = (at.__cause__, at.__context__, *(getattr(at, "exceptions", None) or ()))
        open_.extend(other for other in others if other is not None)


def cut_middle(text: str) -> str:
    """A text of at most 64 KiB as UTF-8; what is too much is taken from its middle."""
    data = text.encode(errors="backslashreplace")
    if len(data) <= MOST_TRACE:
        return text
    gap = "\n[…]\n"
    half = (MOST_TRACE - len(gap.encode())) // 2
    return data[:half].decode(errors="ignore") + gap + data[-half:].decode(errors="ignore")
