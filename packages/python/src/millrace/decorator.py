"""The mark of a function that is a stage."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, TypeVar, overload

    Function = TypeVar("Function", bound=Callable[..., Any])
else:
    # `typing` takes longer to import than all of this package
    def overload(function):
        return function


MARK = "__millrace_stage__"


@overload
def stage(function: Function, /) -> Function: ...
@overload
def stage() -> Callable[[Function], Function]: ...
def stage(function: Callable[..., Any] | None = None, /) -> Callable[..., Any]:
    """Marks the one function of a script that is its stage; it stays what it was, and is called as before.

    The function takes ``(input)`` or ``(input, context)`` and returns its output, a dict; it may be ``async``.
    ``@stage`` and ``@stage()`` are the same.

    Args:
        function: at the top level of its file.

    Returns:
        The function itself.

    Raises:
        TypeError: for what can't be called, or carries no attributes.
    """
    if function is None:
        return _mark
    return _mark(function)


def _mark(function: Function) -> Function:
    if not callable(function) or isinstance(function, type):
        raise TypeError(f"@stage is for a function, not for {function!r}")
    try:
        setattr(function, MARK, True)
    except AttributeError:
        raise TypeError(f"@stage can't mark {function!r}: put it on a function that calls this one") from None
    return function
