"""The context in unit tests, and what the decorator leaves."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from millrace import Context, File, Folder, stage
from millrace.context import Worker
from millrace.refusal import Refused


class Number:
    shape = ()

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return float(self.value)

    def item(self) -> float:
        return self.value


def test_a_stage_in_a_unit_test(tmp_path: Path) -> None:
    @stage
    def train(input: dict[str, File], context: Context) -> dict[str, object]:
        return {"text": Path(input["table"]).read_text(), "seed": context.seed}

    (tmp_path / "t.csv").write_text("a")
    assert train({"table": File(tmp_path / "t.csv")}, Context.for_test(tmp_path, seed=3)) == {"text": "a", "seed": 3}
    assert train.__name__ == "train"


def test_what_can_not_be_a_stage() -> None:
    for value in (1, int):
        with pytest.raises(TypeError) as caught:
            stage(value)  # type: ignore[type-var]
        assert str(caught.value) == f"@stage is for a function, not for {value!r}"
    with pytest.raises(TypeError) as caught:
        stage(len)
    assert str(caught.value) == f"@stage can't mark {len!r}: put it on a function that calls this one"


def test_metrics(tmp_path: Path) -> None:
    context = Context.for_test(tmp_path)
    context.metric("loss", Number(0.25), step=Number(3))  # type: ignore[arg-type]
    context.metric("näme\n", 1)
    context.metric("big", 2**60)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [{name: value for name, value in line.items() if name != "time"} for line in lines] == [
        {"name": "loss", "value": 0.25, "step": 3},
        {"name": "näme\n", "value": 1},
        {"name": "big", "value": float(2**60)},
    ]
    refused = [
        (("", 1), ValueError, "context.metric('', …): give a name"),
        ((1, 1), TypeError, "context.metric(1, …): a name is a string"),
        (("a", "1"), TypeError, "context.metric('a', '1'): give a finite number"),
        (("a", True), TypeError, "context.metric('a', True): give a finite number"),
        (("a", float("nan")), ValueError, "context.metric('a', nan): give a finite number"),
        (("a", 1, 0.5), TypeError, "context.metric: step is a whole number, not 0.5"),
    ]
    for arguments, kind, message in refused:
        with pytest.raises(kind) as caught:
            context.metric(*arguments)  # type: ignore[arg-type]
        assert (type(caught.value), str(caught.value)) == (kind, message)
    assert len((tmp_path / "metrics.jsonl").read_text().splitlines()) == 3


def test_names_of_artifacts(tmp_path: Path) -> None:
    context = Context.for_test(tmp_path)
    assert context.file("a/../b") == File(tmp_path / "files" / "b")
    assert context.folder("c/d") == Folder(tmp_path / "files" / "c" / "d")
    for name in ("", ".", "..", "../x", "a/../..", "/tmp/x", "a\0", 1):
        with pytest.raises(Refused) as caught:
            context.file(name)  # type: ignore[arg-type]
        message = f"context.file({name!r}): give a name for it, relative to the stage's folder"
        assert (caught.value.code, str(caught.value)) == ("output-outside", message)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["c", "d", "files"]


def test_they_stay_as_they_are(tmp_path: Path) -> None:
    worker = Worker(1, 2)
    context = Context.for_test(tmp_path, worker=worker, cancelled=True, env={"A": "1"}, attempt=2)
    file = File("/a", f"sha256:{'0' * 64}", 1)
    for value, name in ((context, "seed"), (file, "path"), (worker, "index")):
        with pytest.raises(AttributeError) as caught:
            setattr(value, name, 1)
        assert str(caught.value) == f"{type(value).__name__}.{name} can't be changed"
        with pytest.raises(AttributeError):
            delattr(value, name)
    again = pickle.loads(pickle.dumps(context))
    assert (again.worker.index, again.cancelled, again.env, again.attempt) == (1, True, {"A": "1"}, 2)
    assert pickle.loads(pickle.dumps(file)) == file != Folder("/a", file.digest, 1)
    assert repr(file) == f"File('/a', digest='{file.digest}', size=1)"
    assert [repr(File("/b")), repr(context)] == [
        "File('/b')",
        "Context(seed=0, worker=Worker(index=1, count=2), attempt=2)",
    ]
    assert len({file, File("/a", file.digest)}) == 1
