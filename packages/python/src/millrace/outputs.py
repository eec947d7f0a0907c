"""The output of a stage, as JSON can carry it."""

from __future__ import annotations

import os

from millrace.artifacts import File, Folder
from millrace.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# what the runner's readers of JSON keep exactly
MOST_EXACT = 2**53 - 1
# levels of lists and dicts
DEEPEST = 400


def encode_output(value: object, files: str) -> dict[str, Any]:
    """A stage's output with its artifacts as the runner takes them, and numpy's and pandas' scalars as plain ones.

    Args:
        value: what the stage returned.
        files: the folder for artifacts that are made.

    Raises:
        Refused: for the first field that JSON can't carry, or whose artifact isn't there.
    """
    if not isinstance(value, dict):
        what, mend = ("None", "return a dict") if value is None else _described(value)
        raise Refused("invalid-output", f"the stage returned {what}, where its output is a dict: {mend}")
    encoded: dict[str, Any] = encode(value, files)
    return encoded


def encode(value: object, files: str = os.curdir, field: str = "", within: tuple[int, ...] = ()) -> Any:
    """One value of an output as JSON can carry it.

    Args:
        value: any.
        files: the folder for artifacts that are made.
        field: its path in the output, as ``scores[2].auc``.
        within: identities of the lists and dicts that it lies in.

    Raises:
        Refused: for the first field that JSON can't carry, or whose artifact isn't there.
    """
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return _text(value, field)
    if isinstance(value, int):
        if not -MOST_EXACT <= value <= MOST_EXACT:
            raise _refused(field, "an integer beyond 2**53, which JSON would round", "give str(value)")
        return int(value)
    if isinstance(value, float):
        return _number(float(value), field)
    if isinstance(value, (dict, list)):
        if id(value) in within:
            raise _refused(field, "a list or dict that holds itself", "give a copy without the circle")
        if len(within) == DEEPEST:
            raise _refused(field, f"more than {DEEPEST} levels deep", "write it to context.file(name)")
        within = (*within, id(value))
        if isinstance(value, list):
            return [encode(item, files, f"{field}[{index}]", within) for index, item in enumerate(value)]
        return {_key(key, field): encode(item, files, _below(field, key), within) for key, item in value.items()}
    if isinstance(value, (File, Folder)):
        return _artifact(value, files, field)
    return _scalar(value, files, field, within)


def _text(value: str, field: str) -> str:
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _refused(field, "text with half a character (a lone surrogate)", "give whole characters") from None
    return text


def _number(value: float, field: str) -> float:
    if value - value == 0:
        return value
    what = "NaN" if value != value else "infinity" if value > 0 else "-infinity"
    raise _refused(field, f"{what}, which JSON can't carry", "give None, and a schema that takes null")


def _key(key: object, field: str) -> str:
    if not isinstance(key, str):
        raise _refused(field, f"a dict with the key {key!r}, which is no string", "give str(key)")
    return _text(key, _below(field, key))


def _artifact(value: File | Folder, files: str, field: str) -> str | dict[str, object]:
    if value.digest:
        return {"path": value.path, "digest": value.digest, "size": value.size}
    kind = "file" if isinstance(value, File) else "folder"
    name = os.path.relpath(value.path, files)
    if name.split(os.sep)[0] in (os.pardir, os.curdir) or os.path.isabs(name):
        raise Refused(
            "output-outside",
            f"{field} is the {kind} {value.path}, outside of the stage's folder: "
            f"write to context.{kind}(name), or hand an input on",
            field,
        )
    if not os.path.lexists(value.path):
        raise Refused("no-output", f"{field} is the {kind} {name!r}, which was not written", field)
    return name.replace(os.sep, "/")


def _scalar(value: object, files: str, field: str, within: tuple[int, ...]) -> Any:
    """numpy's, pandas' and other libraries' scalars, known by what they can do."""
    if getattr(value, "shape", None) == () and hasattr(value, "dtype"):
        try:
            plain = value.item()  # type: ignore[attr-defined]  # pyright: ignore
        except Exception:
            plain = value
        if type(plain) is not type(value):
            return encode(plain, files, field, within)
    what, mend = _described(value)
    raise _refused(field, what, mend)


def _described(value: object) -> tuple[str, str]:
    # only outputs that are refused need the words
    from millrace.advice import described

    return described(value)


def _below(field: str, key: object) -> str:
    return f"{field}.{key}" if field else str(key)


def _refused(field: str, what: str, mend: str) -> Refused:
    return Refused("invalid-output", f"{field or 'the output'} is {what}: {mend}", field or None)
