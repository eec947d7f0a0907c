"""Stages as the runner starts them: in a process, told by its environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

PROGRAM = str(Path(__file__).resolve().parent.parent / "src" / "millrace")
HAS_COLUMNS = sys.version_info >= (3, 11)


class Outcome:
    """What a stage left."""

    def __init__(self, folder: Path, code: int, stdout: str, stderr: str) -> None:
        self._folder = folder
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    def _json(self, name: str) -> Any:
        path = self._folder / name
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def _lines(self, name: str) -> list[Any]:
        path = self._folder / name
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    @property
    def output(self) -> Any:
        return self._json("output.json")

    @property
    def failure(self) -> Any:
        return self._json("failure.json")

    @property
    def report(self) -> Any:
        return self._json("report.json")

    @property
    def metrics(self) -> list[Any]:
        return self._lines("metrics.jsonl")

    @property
    def log(self) -> list[Any]:
        return self._lines("log.jsonl")


class Project:
    """A folder with scripts, and one for the attempt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.attempt = folder / "attempt"
        self.attempt.mkdir()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")
        return path

    def start(
        self,
        script: str,
        *arguments: str,
        form: str = "function",
        input: Any = None,
        env: dict[str, str] | None = None,
        told: dict[str, Any] | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        (self.attempt / "input.json").write_text(json.dumps({} if input is None else input), "utf-8")
        context = {
            "node": "train",
            "attempt": 1,
            "resources": {},
            "worker": {"index": 0, "count": 1},
            "env": [],
            "form": form,
            "files": None,
            "log": str(self.attempt / "log.jsonl"),
            "failure": str(self.attempt / "failure.json"),
            "report": str(self.attempt / "report.json"),
            **(told or {}),
        }
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MILLRACE_", "PYTHON"))},
            "PYTHONDONTWRITEBYTECODE": "1",
            "MILLRACE_INPUT": str(self.attempt / "input.json"),
            "MILLRACE_OUTPUT": str(self.attempt / "output.json"),
            "MILLRACE_FILES": str(self.attempt / "files"),
            "MILLRACE_METRICS": str(self.attempt / "metrics.jsonl"),
            "MILLRACE_SEED": "7",
            "MILLRACE_ATTEMPT_ID": "a1",
            "MILLRACE_CONTEXT": json.dumps(context),
            **(env or {}),
        }
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        command = [sys.executable, PROGRAM, str(self.folder / script), *arguments]
        return subprocess.Popen(command, cwd=self.attempt, env=environment, encoding="utf-8", **streams)

    def finish(self, process: subprocess.Popen[str]) -> Outcome:
        stdout, stderr = process.communicate(timeout=60)
        return Outcome(self.attempt, process.returncode, stdout or "", stderr or "")

    def run(self, script: str, *arguments: str, **options: Any) -> Outcome:
        return self.finish(self.start(script, *arguments, **options))

    def stop(self, process: subprocess.Popen[str], number: int = signal.SIGTERM) -> Outcome:
        """Sends a signal when the stage has made the file ``ready`` in its folder."""
        self.wait_for("ready")
        process.send_signal(number)
        return self.finish(process)

    def wait_for(self, name: str) -> None:
        until = time.monotonic() + 30
        while not (self.attempt / name).exists():
            assert time.monotonic() < until, f"{name} was not made"
            time.sleep(0.01)

    def at(self, script: str, line: int, column: int, function: str | None = None) -> dict[str, Any]:
        """A frame as a failure has it."""
        frame: dict[str, Any] = {} if function is None else {"function": function}
        frame.update(file=str(self.folder / script), line=line)
        return {**frame, "column": column} if HAS_COLUMNS else frame


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
