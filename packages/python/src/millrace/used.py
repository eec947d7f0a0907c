"""What a stage used: its interpreter, modules and packages."""

from __future__ import annotations

import os
import sys

from millrace.distributions import versions_of
from millrace.places import installed_in, is_users

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def used(digested: list[str] | None, before: set[str]) -> dict[str, Any]:
    """The interpreter, versions of the packages that were imported, and modules that the runner does not know.

    Args:
        digested: absolute paths of the files whose content counts for the result; None when nobody said.
        before: names of modules that were there before the script, as those of ``sitecustomize``.
    """
    files = _files(before)
    known = {real for path in digested or () for real in (path, os.path.realpath(path))}
    undigested = {
        file
        for file in files.values()
        if digested is not None and is_users(file) and file not in known and os.path.realpath(file) not in known
    }
    return {
        "python": sys.version.split()[0],
        "executable": sys.executable,
        "undigested": sorted(undigested),
        "versions": versions_of({name: file for name, file in files.items() if installed_in(file) is not None}),
    }


def _files(before: set[str]) -> dict[str, str]:
    """Files of modules by their names. A stage may have put anything into `sys.modules`."""
    found: dict[str, str] = {}
    for name, module in list(sys.modules.items()):
        try:
            file = getattr(module, "__file__", None)
        except Exception:
            continue
        if name not in before and isinstance(file, str):
            found[name] = os.path.abspath(file)
    return found
