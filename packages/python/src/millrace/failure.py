"""Why a stage failed, as the runner reads it."""

from __future__ import annotations

import os

from millrace.frames import frames_of, trace_of
from millrace.hints import distribution_for
from millrace.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_MESSAGE = 8000
MOST_CAUSES = 8


def failure_of(error: BaseException) -> dict[str, Any]:
    """What went up uncaught: code, type, message, the author's frames, causes, the whole traceback."""
    if isinstance(error, Refused):
        return _refused(error)
    failure: dict[str, Any] = {"code": "stage-threw", **_told(error)}
    if isinstance(error, ModuleNotFoundError) and error.name:
        failure["code"] = "python-import"
        failure["module"] = error.name
        hint = distribution_for(error)
        if hint is not None:
            failure["hint"] = hint
    elif isinstance(error, SyntaxError) and error.filename and os.path.isfile(error.filename):
        failure["code"] = "python-syntax"
        failure["message"] = _shortened(str(error.msg))
        failure["frames"].insert(0, _place(error))
    return {**failure, "causes": _causes(error), "trace": trace_of(error)}


def exit_failure(error: SystemExit, message: str) -> dict[str, Any]:
    """A stage that ended its process instead of returning, or a script that ended with a failure."""
    return {
        "code": "exit-called",
        "type": "SystemExit",
        "message": _shortened(message),
        "frames": frames_of(error),
        "causes": [],
        "trace": trace_of(error),
    }


def _refused(error: Refused) -> dict[str, Any]:
    failure: dict[str, Any] = {"code": error.code, "type": "ValueError", "message": _shortened(str(error))}
    if error.field is not None:
        failure["field"] = error.field
    # where the author's code asked for it; empty for an output that was refused after it
    frames = frames_of(error)
    return {**failure, "frames": frames, "causes": [], "trace": trace_of(error) if frames else ""}


def _told(error: BaseException) -> dict[str, Any]:
    return {"type": _type(error), "message": message_of(error), "frames": frames_of(error)}


def _type(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def message_of(error: BaseException) -> str:
    """Its text, at most 8,000 characters."""
    try:
        return _shortened(str(error))
    except Exception:
        return "<exception str() failed>"


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_MESSAGE else f"{text[: MOST_MESSAGE - 1]}…"


def _place(error: SyntaxError) -> dict[str, Any]:
    place: dict[str, Any] = {"file": os.path.abspath(error.filename or ""), "line": error.lineno or 1}
    return {**place, "column": error.offset} if error.offset else place


def _causes(error: BaseException) -> list[dict[str, Any]]:
    """What it was raised from, raised during or holds, the nearest first."""
    found: list[dict[str, Any]] = []
    seen = {id(error)}
    open_ = _next(error)
    while open_ and len(found) < MOST_CAUSES:
        at = open_.pop(0)
        if id(at) in seen:
            continue
        seen.add(id(at))
        told = _told(at)
        found.append({"name": told["type"], "message": told["message"], "frames": told["frames"]})
        open_.extend(_next(at))
    return found


def _next(error: BaseException) -> list[BaseException]:
    chained = error.__cause__
    if chained is None and not error.__suppress_context__:
        chained = error.__context__
    held: object = getattr(error, "exceptions", ())
    members = held if isinstance(held, (tuple, list)) else ()
    return [one for one in (chained, *members) if isinstance(one, BaseException)]
