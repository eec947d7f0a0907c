"""The files and folders that go into a stage and come out of it."""

from __future__ import annotations

import os

from millrace.frozen import Frozen


class _Artifact(Frozen, os.PathLike[str]):
    __slots__ = ("_size", "digest", "path")

    path: str
    digest: str
    _size: int | None

    def __init__(self, path: str | os.PathLike[str], digest: str = "", size: int | None = None) -> None:
        self._set(path=os.path.abspath(path), digest=digest, _size=size)

    @property
    def size(self) -> int:
        """Bytes. For one that has no digest yet, those that are there now."""
        return self._size if self._size is not None else self._bytes()

    def _bytes(self) -> int:
        raise NotImplementedError

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        known = f", digest={self.digest!r}, size={self.size}" if self.digest else ""
        return f"{type(self).__name__}({self.path!r}{known})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Artifact) or type(self) is not type(other):
            return NotImplemented
        return (self.path, self.digest) == (other.path, other.digest)

    def __hash__(self) -> int:
        return hash((type(self), self.path, self.digest))


class File(_Artifact):
    """A file that a stage receives, or makes by `Context.file`. It is a path: ``open(input["table"])``.

    Attributes:
        path: absolute.
        digest: ``sha256:…`` of the bytes; empty for one that the stage makes, as it is taken after the stage.
        size: bytes.

    Args:
        path: where it lies; a relative one is made absolute.
        digest: default empty. A unit test that hands files on gives one.
        size: bytes; default: those that are there when it is asked.
    """

    __slots__ = ()

    def _bytes(self) -> int:
        return _size_of(self.path)


class Folder(_Artifact):
    """A folder that a stage receives, or makes by `Context.folder`. It is a path: ``os.listdir(input["images"])``.

    Attributes:
        path: absolute.
        digest: ``sha256:…`` of what is in it; empty for one that the stage makes, as it is taken after the stage.
        size: bytes of all its files.

    Args:
        path: where it lies; a relative one is made absolute.
        digest: default empty. A unit test that hands folders on gives one.
        size: bytes; default: those that are there when it is asked.
    """

    __slots__ = ()

    def _bytes(self) -> int:
        return sum(_size_of(os.path.join(folder, name)) for folder, _, names in os.walk(self.path) for name in names)


def _size_of(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0
