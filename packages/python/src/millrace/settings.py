"""What the runner tells a stage, from its environment."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from typing import Any


class Settings:
    """What a stage is started with. All of it has defaults, for a script that somebody runs by hand.

    Attributes:
        script: absolute path.
        arguments: of the script.
        form: ``function``, ``script``, or empty when nobody said.
        input: path of the input as JSON; None for an empty one.
        output: path to write the output to, as JSON; None for stdout.
        files: folder for artifacts that are made; default ``files`` in the working folder.
        metrics: path of the JSON Lines for metrics; None to drop them.
        log: path of the JSON Lines for `Context.log`; None for stdout.
        failure: path for the JSON of a failure; None for none.
        report: path for the JSON of what was used; None for none.
        digested: absolute paths of the Python files whose content counts for the result; None when nobody said.
        node: name of the stage in its pipeline.
        seed: 32-bit unsigned; default 0.
        attempt: 1, 2, …
        resources: what the stage got.
        worker: index, from 0, and count of the processes of a distributed stage.
        env: the stage's own variables with their values.
    """

    def __init__(self, arguments: list[str], environment: MutableMapping[str, str]) -> None:
        told: dict[str, Any] = json.loads(environment.pop("MILLRACE_CONTEXT", "") or "{}")
        self.script: str = os.path.abspath(arguments[0])
        self.arguments: list[str] = arguments[1:]
        self.form: str = told.get("form") or ""
        self.input: str | None = environment.get("MILLRACE_INPUT")
        self.output: str | None = environment.get("MILLRACE_OUTPUT")
        self.files: str = os.path.abspath(environment.get("MILLRACE_FILES") or "files")
        self.metrics: str | None = environment.get("MILLRACE_METRICS")
        self.log: str | None = told.get("log")
        self.failure: str | None = told.get("failure")
        self.report: str | None = told.get("report")
        self.digested: list[str] | None = told.get("files")
        self.node: str = told.get("node") or os.path.splitext(os.path.basename(self.script))[0]
        self.seed: int = int(environment.get("MILLRACE_SEED") or 0)
        self.attempt: int = told.get("attempt") or 1
        self.resources: Mapping[str, Any] = told.get("resources") or {}
        worker: dict[str, int] = told.get("worker") or {}
        self.worker: tuple[int, int] = (
            worker.get("index", int(environment.get("MILLRACE_WORKER_INDEX") or 0)),
            worker.get("count", int(environment.get("MILLRACE_WORKER_COUNT") or 1)),
        )
        names: list[str] = told.get("env") or []
        self.env: Mapping[str, str] = {name: environment[name] for name in names if name in environment}
