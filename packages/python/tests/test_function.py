"""Scripts whose stage is a function."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from conftest import PROGRAM, Project


def test_input_context_and_output(project: Project) -> None:
    project.write(
        "train.py",
        """
        import os
        import sys
        from millrace import Context, File, Folder, stage

        @stage
        def train(input, context: Context):
            table, images = input["tables"][0], input["images"]
            assert type(table) is File and type(images) is Folder, (table, images)
            print("léarning", open(table).read())
            model = context.file("models/best.bin")
            with open(model, "wb") as file:
                file.write(b"model")
            plots = context.folder("plots")
            open(os.path.join(plots, "roc.svg"), "w").close()
            context.metric("loss", 0.5, step=1)
            context.metric("accuracy", 1)
            context.log("epoch", {"number": 1, "odd": {1}})
            context.log("done")
            return {
                "model": model, "plots": plots, "table": table, "images": [images],
                "context": [context.seed, context.attempt, context.worker.index, context.worker.count],
                "resources": context.resources, "env": context.env, "cancelled": context.cancelled,
                "told": "MILLRACE_CONTEXT" in os.environ, "argv": sys.argv, "name": __name__,
                "lost": input["near"], "text": "ü\\n", "number": 0.1,
            }

        if __name__ == "__main__":
            raise SystemExit("the block of a program ran")
        """,
    )
    table = project.write("data/table.csv", "a,b")
    file = {"path": str(table), "digest": f"sha256:{'0' * 64}", "size": 3}
    folder = {"path": str(table.parent), "digest": f"sha256:{'1' * 64}", "size": 3}
    near = [{**file, "more": 1}, {**file, "size": True}, {**file, "digest": "md5:0"}]
    told = {
        "attempt": 2,
        "resources": {"cpu": 2},
        "worker": {"index": 1, "count": 4},
        "env": ["TOKEN", "ABSENT"],
    }
    outcome = project.run(
        "train.py",
        input={"tables": [file], "images": folder, "near": near},
        told=told,
        env={"TOKEN": "t", "OTHER": "o"},
    )
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "léarning a,b\n", "")
    assert outcome.output == {
        "model": "models/best.bin",
        "plots": "plots",
        "table": file,
        "images": [folder],
        "context": [7, 2, 1, 4],
        "resources": {"cpu": 2},
        "env": {"TOKEN": "t"},
        "cancelled": False,
        "told": False,
        "argv": [str(project.folder / "train.py")],
        "name": "train",
        "lost": near,
        "text": "ü\n",
        "number": 0.1,
    }
    metrics, log = outcome.metrics, outcome.log
    for line in metrics + log:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert metrics == [{"name": "loss", "value": 0.5, "step": 1}, {"name": "accuracy", "value": 1}]
    assert log == [{"message": "epoch", "data": "{'number': 1, 'odd': {1}}"}, {"message": "done"}]
    assert outcome.failure is None
    assert sorted(path.name for path in project.attempt.iterdir()) == [
        *["files", "input.json", "log.jsonl", "metrics.jsonl", "output.json", "report.json"]
    ]


def test_signatures(project: Project) -> None:
    """Each gets the input, and the context where it takes one."""
    forms = {
        "def run(input): return {'got': 1}": 1,
        "def run(input, context): return {'got': context.seed}": 7,
        "def run(data, ctx): return {'got': ctx.seed}": 7,
        "def run(input, folds=5): return {'got': folds}": 5,
        "def run(input, context=None): return {'got': context.seed}": 7,
        "def run(input, *, context): return {'got': context.seed}": 7,
        "async def run(input, context): return {'got': context.seed}": 7,
    }
    for index, (text, got) in enumerate(forms.items()):
        project.write(f"form{index}.py", f"import millrace\n@millrace.stage\n{text}\n")
        outcome = project.run(f"form{index}.py")
        assert (outcome.code, outcome.output, outcome.stderr) == (0, {"got": got}, ""), text


def test_a_decorated_stage_and_one_of_another_module(project: Project) -> None:
    project.write("other.py", "from millrace import stage\n@stage\ndef other(input): return {}\n")
    project.write(
        "train.py",
        """
        import functools
        from millrace import stage
        from other import other

        def timed(function):
            @functools.wraps(function)
            def inner(*args, **kwargs):
                return {"timed": function(*args, **kwargs)}
            return inner

        @timed
        @stage()
        def train(input, context):
            return {"seed": context.seed}

        again = train
        """,
    )
    outcome = project.run("train.py")
    assert (outcome.code, outcome.output, outcome.stderr) == (0, {"timed": {"seed": 7}}, "")


def test_scripts_that_have_no_stage(project: Project) -> None:
    cases = {
        "none.py": ("x = 1\n", "{script} has no top-level function decorated with @stage"),
        "two.py": (
            "from millrace import stage\n@stage\ndef a(input): ...\n@stage\ndef b(input): ...\n",
            "{script} has 2 functions decorated with @stage, not one: a, b",
        ),
        "many.py": (
            "from millrace import stage\n@stage\ndef a(x, y, z): ...\n",
            "a takes other parameters than (input) or (input, context)",
        ),
        "json.py": ("x = 1\n", "{script} has the name of another module, 'json': give it a name of its own"),
    }
    for name, (text, message) in cases.items():
        project.write(name, text)
        outcome = project.run(name)
        message = message.format(script=project.folder / name)
        assert (outcome.code, outcome.stderr) == (65, f"{message}\n")
        assert outcome.failure == {
            "code": "invalid-stage",
            "type": "ValueError",
            "message": message,
            "frames": [],
            "causes": [],
            "trace": "",
        }
        (project.folder / name).unlink()


def test_pickles_pools_hints_and_data_classes(project: Project) -> None:
    project.write("beside.py", "def twice(x):\n    return 2 * x\n")
    project.write(
        "train.py",
        """
        from __future__ import annotations
        import multiprocessing
        import pickle
        import typing
        from concurrent.futures import ProcessPoolExecutor
        from dataclasses import dataclass
        from millrace import stage
        import beside

        @dataclass
        class Row:
            x: Number

        Number = int

        def grow(row):
            return Row(beside.twice(row.x))

        @stage
        def train(input, context):
            rows = [Row(1), Row(2)]
            assert pickle.loads(pickle.dumps(rows)) == rows
            assert pickle.loads(pickle.dumps(context)).seed == 7
            hints = typing.get_type_hints(Row)
            grown = {}
            for method in input["methods"]:
                with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
                    grown[method] = [row.x for row in pool.map(grow, rows)]
            return {"grown": grown, "hints": hints == {"x": int}}
        """,
    )
    outcome = project.run("train.py", input={"methods": ["fork", "spawn"]})
    assert (outcome.code, outcome.output) == (0, {"grown": {"fork": [2, 4], "spawn": [2, 4]}, "hints": True})


def test_an_edit_within_a_second_is_seen(project: Project) -> None:
    project.write(
        "train.py", "import beside\nfrom millrace import stage\n@stage\ndef train(input): return {'x': beside.X}\n"
    )
    beside = project.write("beside.py", "X = 1\n")
    at = beside.stat().st_mtime
    seen = []
    for value in (1, 2):
        beside.write_text(f"X = {value}\n")
        os.utime(beside, (at, at))
        seen.append(project.run("train.py", env={"PYTHONDONTWRITEBYTECODE": ""}).output)
    assert seen == [{"x": 1}, {"x": 2}]
    assert not (project.folder / "__pycache__").exists()


def test_by_hand_with_nothing_told(project: Project) -> None:
    project.write(
        "train.py",
        """
        import millrace
        @millrace.stage
        def train(input, context):
            context.log("hello", {"a": 1})
            context.metric("loss", 1)
            open(context.file("a.txt"), "w").close()
            return {"input": input, "seed": context.seed, "file": context.file("a.txt")}
        """,
    )
    project.write("plain.py", "import sys\nprint(__name__, sys.argv[1:])\n")
    seen = [
        subprocess.run([sys.executable, PROGRAM, *words], cwd=project.attempt, capture_output=True, text=True)
        for words in ([str(project.folder / "train.py")], [str(project.folder / "plain.py"), "-x"], [])
    ]
    assert [(one.returncode, one.stdout, one.stderr) for one in seen] == [
        (0, 'hello {"a": 1}\n{"input":{},"seed":0,"file":"a.txt"}\n', ""),
        (0, "__main__ ['-x']\n", ""),
        (2, "", "usage: python -m millrace <script> [arguments…]\n"),
    ]
    assert (project.attempt / "files" / "a.txt").exists()
