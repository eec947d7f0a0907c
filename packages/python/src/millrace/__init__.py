"""Stages of Millrace pipelines in Python.

A stage is one function of a file, with what goes in and what comes out as dicts::

    from millrace import Context, stage

    @stage
    def train(input: dict[str, object], context: Context) -> dict[str, object]:
        model = context.file("model.bin")
        ...
        return {"accuracy": 0.97, "model": model}

Its schemas stand in the TypeScript program that calls it, as ``python('train', { script, input, output })``.
"""

from __future__ import annotations

from millrace.artifacts import File, Folder
from millrace.cancelling import Cancelled
from millrace.context import Context
from millrace.decorator import stage

__all__ = ["Cancelled", "Context", "File", "Folder", "stage"]
