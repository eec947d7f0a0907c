"""What a stage can use while it runs, besides its input."""

from __future__ import annotations

import json
import os
import time

from millrace import cancelling
from millrace.artifacts import File, Folder
from millrace.frozen import Frozen
from millrace.outputs import MOST_EXACT, encode
from millrace.refusal import Refused
from millrace.whole_file import append_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, SupportsFloat, SupportsIndex


class Worker(Frozen):
    """Which process of a distributed stage this is.

    Attributes:
        index: from 0.
        count: of all; 1 for a stage that is not distributed.
    """

    __slots__ = ("count", "index")

    index: int
    count: int

    def __init__(self, index: int = 0, count: int = 1) -> None:
        self._set(index=index, count=count)

    def __repr__(self) -> str:
        return f"Worker(index={self.index}, count={self.count})"


class Context(Frozen):
    """What a stage can use while it runs. The runner makes it; a unit test makes one by `Context.for_test`.

    Attributes:
        seed: 32-bit unsigned, from the key of the call: the same for the same work.
        resources: what the stage really got; a laptop may have less than it asked for.
        worker: which process of a distributed stage this is.
        env: the stage's own variables, with their values.
        attempt: which attempt this is: 1, 2, …
    """

    __slots__ = ("_cancelled", "_files", "_log", "_metrics", "attempt", "env", "resources", "seed", "worker")

    seed: int
    resources: Mapping[str, Any]
    worker: Worker
    env: Mapping[str, str]
    attempt: int
    _files: str
    _metrics: str | None
    _log: str | None
    _cancelled: bool

    def __init__(
        self,
        *,
        files: str | os.PathLike[str],
        metrics: str | os.PathLike[str] | None = None,
        log: str | os.PathLike[str] | None = None,
        seed: int = 0,
        resources: Mapping[str, Any] | None = None,
        worker: Worker | None = None,
        env: Mapping[str, str] | None = None,
        attempt: int = 1,
        cancelled: bool = False,
    ) -> None:
        self._set(
            seed=seed,
            resources=dict(resources or {}),
            worker=worker or Worker(),
            env=dict(env or {}),
            attempt=attempt,
            _files=os.path.abspath(files),
            _metrics=None if metrics is None else os.path.abspath(metrics),
            _log=None if log is None else os.path.abspath(log),
            _cancelled=cancelled,
        )

    @classmethod
    def for_test(
        cls,
        folder: str | os.PathLike[str],
        *,
        seed: int = 0,
        resources: Mapping[str, Any] | None = None,
        worker: Worker | None = None,
        env: Mapping[str, str] | None = None,
        attempt: int = 1,
        cancelled: bool = False,
    ) -> Context:
        """A context for a unit test, which needs no runner::

            def test_train(tmp_path):
                output = train({"rows": 3}, Context.for_test(tmp_path))

        Args:
            folder: of the test: what the stage makes is in its ``files``, metrics are the lines of its
                ``metrics.jsonl`` and what is logged those of its ``log.jsonl``.
            seed: default 0.
            resources: default none.
            worker: default the only one.
            env: default none.
            attempt: default 1.
            cancelled: default False.
        """
        return cls(
            files=os.path.join(folder, "files"),
            metrics=os.path.join(folder, "metrics.jsonl"),
            log=os.path.join(folder, "log.jsonl"),
            seed=seed,
            resources=resources,
            worker=worker,
            env=env,
            attempt=attempt,
            cancelled=cancelled,
        )

    def file(self, name: str) -> File:
        """A file for the output: write its bytes to its path, and return it.

        Args:
            name: relative; may hold folders, which are made: ``plots/roc.svg``.

        Raises:
            ValueError: for a name that leads out of the stage's folder.
            OSError: as the disk says.
        """
        path = self._inside("file", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return File(path)

    def folder(self, name: str) -> Folder:
        """A folder for the output, which is there already: write into it, and return it.

        Args:
            name: relative; may hold folders, which are made.

        Raises:
            ValueError: for a name that leads out of the stage's folder.
            OSError: as the disk says.
        """
        path = self._inside("folder", name)
        os.makedirs(path, exist_ok=True)
        return Folder(path)

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
        line: dict[str, object] = {"name": _name(name), "value": _value(name, value)}
        if step is not None:
            line["step"] = _step(step)
        if self._metrics is not None:
            append_line(self._metrics, json.dumps({**line, "time": _now()}))

    def log(self, message: object, data: object = None) -> None:
        """Writes a line to the log of the stage.

        Args:
            message: what to say, one line.
            data: values that JSON can carry, beside it; others are written as ``repr`` gives them. Default none.

        Raises:
            OSError: as the disk says.
        """
        line: dict[str, object] = {"message": str(message)}
        if data is not None:
            try:
                line["data"] = encode(data, self._files)
            except Refused:
                line["data"] = repr(data)
        if self._log is None:
            print(line["message"], *([json.dumps(line["data"])] if "data" in line else []))
        else:
            append_line(self._log, json.dumps({**line, "time": _now()}))

    @property
    def cancelled(self) -> bool:
        """True from when the run is cancelled or the attempt times out; for threads, and for code that may not stop
        where `millrace.Cancelled` would be raised."""
        return self._cancelled or cancelling.received() != 0

    def __repr__(self) -> str:
        return f"Context(seed={self.seed}, worker={self.worker!r}, attempt={self.attempt})"

    def _inside(self, kind: str, name: object) -> str:
        fine = isinstance(name, str) and name != "" and "\0" not in name and not os.path.isabs(name)
        path = os.path.normpath(os.path.join(self._files, str(name))) if fine else self._files
        if not path.startswith(self._files + os.sep):
            raise Refused(
                "output-outside", f"context.{kind}({name!r}): give a name for it, relative to the stage's folder"
            )
        return path


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"context.metric({name!r}, …): a name is a string")
    if name == "":
        raise ValueError("context.metric('', …): give a name")
    return name


def _value(name: str, value: object) -> float:
    plain = _plain(value)
    if isinstance(plain, bool) or not isinstance(plain, (int, float)):
        raise TypeError(f"context.metric({name!r}, {value!r}): give a finite number")
    try:
        number = float(plain)
    except OverflowError:
        number = float("inf")
    if number - number != 0:
        raise ValueError(f"context.metric({name!r}, {value!r}): give a finite number")
    return plain if isinstance(plain, int) and abs(plain) <= MOST_EXACT else number


def _step(step: object) -> int:
    plain = _plain(step)
    if isinstance(plain, bool) or not isinstance(plain, int) or abs(plain) > MOST_EXACT:
        raise TypeError(f"context.metric: step is a whole number, not {step!r}")
    return plain


def _plain(value: object) -> object:
    """A number of numpy, pandas or torch as Python's own."""
    item = getattr(value, "item", None)
    if item is None or getattr(value, "shape", None) != ():
        return value
    return item()


def _now() -> str:
    """UTC with milliseconds, as JavaScript's ``toISOString`` gives it."""
    seconds, rest = divmod(time.time_ns() // 1_000_000, 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:03d}Z"
