"""Whose a file is: the author's, an installed package's, the standard library's or ours."""

from __future__ import annotations

import os
import sys

OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_INSTALLED = ("site-packages", "dist-packages")


def _standard() -> tuple[str, ...]:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = getattr(sys, "platlibdir", "lib")
    folders = {os.path.dirname(os.path.abspath(os.__file__))}
    for prefix in (sys.base_prefix, sys.base_exec_prefix):
        folders.update((os.path.join(prefix, "lib", version), os.path.join(prefix, library, version)))
    return tuple(sorted({folder + os.sep for one in folders for folder in (one, os.path.realpath(one))}))


_STANDARD = _standard()


def is_ours(path: str) -> bool:
    """Whether it belongs to this package."""
    return path.startswith(OURS)


def installed_in(path: str) -> str | None:
    """The folder of installed packages that a file lies in; None for one that lies in none."""
    parts = path.split(os.sep)
    for index in range(len(parts) - 2, 0, -1):
        if parts[index] in _INSTALLED:
            return os.sep.join(parts[: index + 1])
    return None


def is_users(path: str) -> bool:
    """Whether a file is the author's own. What has no file, as ``<string>``, is nobody's."""
    return (
        not path.startswith("<")
        and not is_ours(path)
        # packages are installed below the standard library, so this is asked first
        and installed_in(path) is None
        and not path.startswith(_STANDARD)
    )
