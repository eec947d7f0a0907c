"""Which distributions imported modules belong to, and their versions.

`importlib.metadata` would tell it too: it takes 20 ms to import, and reads all that is installed.
"""

from __future__ import annotations

import os

from millrace.places import installed_in


def versions_of(files: dict[str, str]) -> dict[str, str]:
    """Versions by distribution, of the modules with these names and files; those of no distribution are left out."""
    regular: dict[str, bool] = {}
    wanted: dict[str, set[str]] = {}
    for name, file in files.items():
        folder = installed_in(file)
        if folder is not None:
            wanted.setdefault(folder, set()).add(_top(folder, name, file, regular))
    found: dict[str, str] = {}
    for folder, tops in wanted.items():
        found.update(_Installed(folder).versions(tops))
    return dict(sorted(found.items()))


def _top(folder: str, name: str, file: str, regular: dict[str, bool]) -> str:
    """What to look for: ``numpy``, or ``google/protobuf`` in a namespace. What is found out is kept in `regular`."""
    parts = file[len(folder) + 1 :].split(os.sep)
    for depth in range(1, len(parts)):
        package = os.path.join(folder, *parts[:depth])
        if package not in regular:
            regular[package] = os.path.exists(os.path.join(package, "__init__.py"))
        if regular[package]:
            return "/".join(parts[:depth])
    # a module that is a file: named without the rest that an extension module has, as .cpython-313-darwin.so
    return "/".join([*parts[:-1], name.rpartition(".")[2]])


class _Installed:
    """A folder of installed packages."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        try:
            names = os.listdir(folder)
        except OSError:
            names = []
        self._records = [name for name in names if name.endswith((".dist-info", ".egg-info"))]

    def versions(self, tops: set[str]) -> dict[str, str]:
        by_name = {_normal(record.rpartition(".")[0].partition("-")[0]): record for record in self._records}
        owners: set[str] = set()
        left: set[str] = set()
        for top in tops:
            record = by_name.get(_normal(top.replace("/", "-")))
            if record is None:
                left.add(top)
            else:
                owners.add(record)
        # most of what is left is told by small files; what those of others say is read only if need be
        for reader in (self._told, self._listed):
            for record in self._records:
                if not left:
                    break
                owned = reader(record, left)
                if owned:
                    owners.add(record)
                    left -= owned
        return dict(version for version in map(self._version, owners) if version is not None)

    def _told(self, record: str, tops: set[str]) -> set[str]:
        return tops.intersection(self._read(record, "top_level.txt").decode(errors="replace").split())

    def _listed(self, record: str, tops: set[str]) -> set[str]:
        listed = b"\n" + self._read(record, "RECORD")
        names = ((top, f"\n{top}".encode()) for top in tops)
        return {top for top, name in names if name + b"/" in listed or name + b"." in listed or name + b"," in listed}

    def _version(self, record: str) -> tuple[str, str] | None:
        text = self._read(record, "METADATA") or self._read(record, "PKG-INFO") or self._read(record, "")
        told = dict(
            line.split(": ", 1)
            for line in text.partition(b"\n\n")[0].decode(errors="replace").splitlines()
            if line.startswith(("Name: ", "Version: "))
        )
        return (told["Name"].strip(), told["Version"].strip()) if len(told) == 2 else None

    def _read(self, record: str, name: str) -> bytes:
        try:
            with open(os.path.join(self._folder, record, *([name] if name else [])), "rb") as file:
                return file.read()
        except OSError:
            return b""


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
