# fmt: off
# ruff: noqa

"""Stages of Millrace pipelines in Python."""

import os
from collections.abc import Callable, Mapping
from typing import Any, SupportsFloat, SupportsIndex, TypeVar, overload

__all__ = ["Cancelled", "Context", "File", "Folder", "stage"]

Function = TypeVar("Function", bound=Callable[..., Any])

@overload
def stage(function: Function, /) -> Function:
    """Marks the one function of a script that is its stage; it stays what it was, and is called as before.

    The function takes ``(input)`` or ``(input, context)`` and returns its output, a dict; it may be ``async``.
    ``@stage`` and ``@stage()`` are the same.
    """

@overload
def stage() -> Callable[[Function], Function]: ...

class _Artifact(os.PathLike[str]):
    path: str
    digest: str

    def __init__(self, path: str | os.PathLike[str], digest: str = "", size: int | None = None) -> None: ...
    @property
    def size(self) -> int:
        """Bytes. For one that has no digest yet, those that are there now."""
    def __fspath__(self) -> str: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

class File(_Artifact):
    """A file that a stage receives, or makes by `Context.file`. It is a path: ``open(input["table"])``.

    Attributes:
        path: absolute.
        digest: ``sha256:…`` of the bytes; empty for one that the stage makes, as it is taken after the stage.
        size: bytes.
    """

class Folder(_Artifact):
    """A folder that a stage receives, or makes by `Context.folder`. It is a path: ``os.listdir(input["images"])``.

    Attributes:
        path: absolute.
        digest: ``sha256:…`` of what is in it; empty for one that the stage makes, as it is taken after the stage.
        size: bytes of all its files.
    """

class Cancelled(BaseException):
    """Raised in the main thread when the run is cancelled or the attempt times out.

    What tidies up has one second after a timeout, and ten after a cancel; then the process ends.

    It is no ``Exception``, so that ``except Exception`` doesn't take it. Let it go on after cleaning up.

    Attributes:
        signal: number of the signal.
    """

    signal: int

    def __init__(self, signal: int = ...) -> None: ...

class _Worker:
    """Which process of a distributed stage this is.

    Attributes:
        index: from 0.
        count: of all; 1 for a stage that is not distributed.
    """

    index: int
    count: int

    def __init__(self, index: int = 0, count: int = 1) -> None: ...

class Context:
    """What a stage can use while it runs. The runner makes it; a unit test makes one by `Context.for_test`.

    Attributes:
        seed: 32-bit unsigned, from the key of the call: the same for the same work.
        resources: what the stage really got; a laptop may have less than it asked for.
        worker: which process of a distributed stage this is.
        env: the stage's own variables, with their values.
        attempt: which attempt this is: 1, 2, …
    """

    seed: int
    resources: Mapping[str, Any]
    worker: _Worker
    env: Mapping[str, str]
    attempt: int

    def __init__(
        self,
        *,
        files: str | os.PathLike[str],
        metrics: str | os.PathLike[str] | None = None,
        log: str | os.PathLike[str] | None = None,
        seed: int = 0,
        resources: Mapping[str, Any] | None = None,
        worker: _Worker | None = None,
        env: Mapping[str, str] | None = None,
        attempt: int = 1,
        cancelled: bool = False,
    ) -> None: ...
    @classmethod
    def for_test(
        cls,
        folder: str | os.PathLike[str],
        *,
        seed: int = 0,
        resources: Mapping[str, Any] | None = None,
        worker: _Worker | None = None,
        env: Mapping[str, str] | None = None,
        attempt: int = 1,
        cancelled: bool = False,
    ) -> Context:
        """A context for a unit test, which needs no runner.

        Args:
            folder: of the test: what the stage makes is in its ``files``, metrics are the lines of its
                ``metrics.jsonl`` and what is logged those of its ``log.jsonl``.
        """
    def file(self, name: str) -> File:
        """A file for the output: write its bytes to its path, and return it.

        Args:
            name: relative; may hold folders, which are made: ``plots/roc.svg``.

        Raises:
            ValueError: for a name that leads out of the stage's folder.
            OSError: as the disk says.
        """
    def folder(self, name: str) -> Folder:
        """A folder for the output, which is there already: write into it, and return it.

        Args:
            name: relative; may hold folders, which are made.

        Raises:
            ValueError: for a name that leads out of the stage's folder.
            OSError: as the disk says.
        """
    def metric(self, name: str, value: SupportsFloat, step: SupportsIndex | None = None) -> None:
        """Records a number; it belongs to the result and is told again when the result is taken from the cache.

        Args:
            name: not empty.
            value: a finite number, numpy's too.
            step: a whole number, as of an epoch; default none.

        Raises:
            TypeError: for what is no name, no number or no step.
            ValueError: for an empty name, NaN or infinity.
            OSError: as the disk says.
        """
    def log(self, message: object, data: object = None) -> None:
        """Writes a line to the log of the stage.

        Args:
            message: what to say, one line.
            data: values that JSON can carry, beside it; others are written as ``repr`` gives them. Default none.

        Raises:
            OSError: as the disk says.
        """
    @property
    def cancelled(self) -> bool:
        """True from when the run is cancelled or the attempt times out; for threads, and for code that may not stop
        where `millrace.Cancelled` would be raised."""
