"""The function of a script that is its stage."""

from __future__ import annotations

from millrace import cancelling
from millrace.decorator import MARK
from millrace.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from types import ModuleType
    from typing import Any, Callable

    from millrace.context import Context


def stage_of(module: ModuleType) -> Callable[..., Any]:
    """The one function of a module that is decorated with `stage`; those it imports don't count.

    Raises:
        Refused: when there is none, or more than one.
    """
    found: dict[int, tuple[str, Callable[..., Any]]] = {}
    for name, value in list(vars(module).items()):
        if _is_marked(value, module.__name__):
            found.setdefault(id(value), (name, value))
    if len(found) == 1:
        return next(iter(found.values()))[1]
    if not found:
        raise Refused("invalid-stage", f"{module.__file__} has no top-level function decorated with @stage")
    names = ", ".join(name for name, _ in found.values())
    raise Refused(
        "invalid-stage", f"{module.__file__} has {len(found)} functions decorated with @stage, not one: {names}"
    )


def _is_marked(value: object, module: str) -> bool:
    try:
        # a functools.partial is of no other module
        return getattr(value, MARK, False) is True and getattr(value, "__module__", module) in (module, "functools")
    except Exception:
        # what answers to every name, in its own way
        return False


def call_stage(function: Callable[..., Any], value: object, context: Context) -> object:
    """Calls a stage by its signature, and waits for one that is ``async``.

    Raises:
        Refused: for parameters that no stage has.
        BaseException: what the stage raises.
    """
    returned = _call(function, value, context)
    if not hasattr(returned, "__await__"):
        return returned
    import asyncio

    try:
        return asyncio.run(_wait(returned))
    except asyncio.CancelledError:
        if cancelling.received():
            raise cancelling.Cancelled(cancelling.received()) from None
        raise


async def _wait(awaitable: Awaitable[object]) -> object:
    import asyncio

    main = asyncio.current_task()

    def stop() -> None:
        # a task that nobody waits for would keep the exception for itself
        if main is not None and asyncio.current_task() not in (None, main):
            main.cancel()

    cancelling.also(stop)
    try:
        return await awaitable
    finally:
        cancelling.also(None)


def _call(function: Callable[..., Any], value: object, context: Context) -> Any:
    names, needed, any_more, by_name = _parameters(function)
    name = getattr(function, "__qualname__", repr(function))
    other = [one for one in by_name if one != "context"]
    if (not names and not any_more) or needed > 2 or other:
        raise Refused("invalid-stage", f"{name} takes other parameters than (input) or (input, context)")
    if "context" in by_name:
        return function(value, context=context)
    if needed == 2 or "context" in names[1:2] or (any_more and len(names) < 2):
        return function(value, context)
    return function(value)


def _parameters(function: Callable[..., Any]) -> tuple[list[str], int, bool, list[str]]:
    """Positional names, how many of them are needed, whether any more are taken, names needed as keywords."""
    plain = function
    for _ in range(100):
        plain = getattr(plain, "__wrapped__", plain)
    code = getattr(plain, "__code__", None)
    # `inspect` takes long to import, and few stages need it
    if code is None or getattr(plain, "__self__", None) is not None or hasattr(plain, "__signature__"):
        return _inspected(function)
    count = code.co_argcount
    names: tuple[str, ...] = code.co_varnames
    keywords = names[count : count + code.co_kwonlyargcount]
    given: dict[str, object] = getattr(plain, "__kwdefaults__", None) or {}
    needed = count - len(getattr(plain, "__defaults__", None) or ())
    by_name = [one for one in keywords if one == "context" or one not in given]
    return list(names[:count]), needed, bool(code.co_flags & 0x04), by_name


def _inspected(function: Callable[..., Any]) -> tuple[list[str], int, bool, list[str]]:
    from inspect import Parameter, signature

    parameters = list(signature(function).parameters.values())
    positional = [one for one in parameters if one.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    keywords = [one for one in parameters if one.kind is Parameter.KEYWORD_ONLY]
    return (
        [one.name for one in positional],
        sum(one.default is Parameter.empty for one in positional),
        any(one.kind is Parameter.VAR_POSITIONAL for one in parameters),
        [one.name for one in keywords if one.name == "context" or one.default is Parameter.empty],
    )
