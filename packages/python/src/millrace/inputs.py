"""The input of a stage, from JSON."""

from __future__ import annotations

import json
import os

from millrace.artifacts import File, Folder
from millrace.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def read_input(path: str | None) -> Any:
    """The value of an input file, its artifacts as `File` and `Folder`; an empty dict without a path.

    Raises:
        Refused: for what is no JSON.
        OSError: as the disk says.
    """
    if path is None:
        return {}
    with open(path, "rb") as file:
        data = file.read()
    try:
        return json.loads(data, object_hook=_artifact)
    except ValueError as error:
        raise Refused("invalid-input", f"{path} is no JSON: {error}") from None


def _artifact(value: dict[str, Any]) -> object:
    if len(value) != 3:
        return value
    path, digest, size = value.get("path"), value.get("digest"), value.get("size")
    if not isinstance(path, str) or not isinstance(digest, str) or type(size) is not int:
        return value
    if not digest.startswith("sha256:"):
        return value
    return File(path, digest, size) if os.path.isfile(path) else Folder(path, digest, size)
