"""How a stage fails, and what is told of it."""

from __future__ import annotations

import json
import sys

import pytest
from conftest import Project


def stage(project: Project, body: str, before: str = "") -> None:
    """Writes train.py; its stage begins in line 4, or as many lines later as `before` has."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    project.write("train.py", f"from millrace import stage\n{before}@stage\ndef train(input, context):\n{lines}")


def test_frames_are_the_authors_and_causes_are_kept(project: Project) -> None:
    project.write(
        "train.py",
        """
        import json
        import os
        from millrace import stage

        def read(text):
            return json.loads(text)

        @stage
        async def train(input, context):
            try:
                try:
                    read("{")
                except ValueError:
                    {}["a"]
            except KeyError as error:
                raise RuntimeError("can't train") from error
        """,
    )
    outcome = project.run("train.py")
    failure = outcome.failure
    assert (outcome.code, outcome.output) == (1, None)
    trace = failure.pop("trace")
    assert trace == outcome.stderr
    assert failure == {
        "code": "stage-threw",
        "type": "RuntimeError",
        "message": "can't train",
        "frames": [project.at("train.py", 16, 9, "train")],
        "causes": [
            {"name": "KeyError", "message": "'a'", "frames": [project.at("train.py", 14, 13, "train")]},
            {
                "name": "json.decoder.JSONDecodeError",
                "message": "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
                "frames": [project.at("train.py", 6, 12, "read"), project.at("train.py", 12, 13, "train")],
            },
        ],
    }
    # others' frames stay, ours do not
    assert "decoder.py" in trace and "/millrace/" not in trace and "<frozen" not in trace
    assert trace.endswith("RuntimeError: can't train\n")


def test_a_context_that_was_suppressed_and_a_circle(project: Project) -> None:
    stage(project, "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('plain') from None")
    assert project.run("train.py").failure["causes"] == []
    stage(project, "a, b = ValueError('a'), ValueError('b')\na.__cause__, b.__cause__ = b, a\nraise a")
    failure = project.run("train.py").failure
    assert (failure["message"], failure["causes"]) == ("a", [{"name": "ValueError", "message": "b", "frames": []}])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no groups")
def test_a_group(project: Project) -> None:
    stage(
        project,
        "try:\n    raise KeyError('k')\nexcept KeyError:\n"
        "    raise ExceptionGroup('two', [ValueError('a'), ExceptionGroup('in', [TypeError('b')])])",
    )
    failure = project.run("train.py").failure
    assert (failure["type"], failure["message"]) == ("ExceptionGroup", "two (2 sub-exceptions)")
    assert [(one["name"], one["message"]) for one in failure["causes"]] == [
        ("KeyError", "'k'"),
        ("ValueError", "a"),
        ("ExceptionGroup", "in (1 sub-exception)"),
        ("TypeError", "b"),
    ]


def test_exceptions_that_are_hard_to_tell(project: Project) -> None:
    own = "class Odd(Exception):\n    def __str__(self): raise TypeError('no')\n"
    stage(project, "raise Odd()", own)
    failure = project.run("train.py").failure
    assert (failure["type"], failure["message"]) == ("train.Odd", "<exception str() failed>")
    assert failure["trace"].splitlines()[-1].startswith("train.Odd: <")

    stage(project, "return train(input, context)")
    outcome = project.run("train.py")
    assert (outcome.code, outcome.failure["type"], len(outcome.failure["frames"])) == (1, "RecursionError", 50)
    assert set(map(json.dumps, outcome.failure["frames"])) == {json.dumps(project.at("train.py", 4, 12, "train"))}

    stage(project, "raise ValueError('é' * 200_000)")
    failure = project.run("train.py").failure
    assert failure["message"] == f"{'é' * 7999}…"
    assert len(failure["trace"].encode()) <= 64 * 1024
    assert failure["trace"].startswith("Traceback") and "\n[…]\n" in failure["trace"]

    stage(project, "x = 'é'; raise ValueError('\\ud800')")
    outcome = project.run("train.py")
    assert (outcome.failure["message"], outcome.failure["frames"]) == (
        "\ud800",
        [project.at("train.py", 4, 14, "train")],
    )
    assert outcome.stderr.endswith("ValueError: \\ud800\n")


def test_syntax_errors(project: Project) -> None:
    project.write("broken.py", "x = 1\nif x\n    pass\n")
    column = 5
    stage(project, "return {}", "import broken\n")
    for script, frames in (("broken.py", []), ("train.py", [project.at("train.py", 2, 1)])):
        outcome = project.run(script)
        failure = outcome.failure
        trace = failure.pop("trace")
        assert (outcome.code, trace) == (1, outcome.stderr)
        assert trace.rstrip().splitlines()[-1].startswith("SyntaxError: ")
        message = "expected ':'" if sys.version_info >= (3, 10) else "invalid syntax"
        assert failure == {
            "code": "python-syntax",
            "type": "SyntaxError",
            "message": message,
            "frames": [{"file": str(project.folder / "broken.py"), "line": 2, "column": column}, *frames],
            "causes": [],
        }
    nul = project.write("nul.py", "x = 1\n\0\n")
    assert project.run("nul.py").failure["frames"] == [{"file": str(nul), "line": 2}]
    stage(project, "eval('1 +')")
    assert project.run("train.py").failure["code"] == "stage-threw"


def test_modules_that_are_not_there(project: Project) -> None:
    cases = {
        "import sklearn.svm": ("sklearn", "scikit-learn"),
        "from PIL import Image": ("PIL", "Pillow"),
        "import google.protobuf": ("google", "protobuf"),
        "from google.cloud import storage": ("google", "google-cloud-storage"),
        "import nosuch.part": ("nosuch", "nosuch"),
        "import json.nosuch": ("json.nosuch", None),
    }
    for text, (module, hint) in cases.items():
        stage(project, "return {}", f"{text}\n")
        failure = project.run("train.py").failure
        found = {name: failure.get(name) for name in ("code", "type", "module", "hint", "frames")}
        assert found == {
            "code": "python-import",
            "type": "ModuleNotFoundError",
            "module": module,
            "hint": hint,
            "frames": [project.at("train.py", 2, 1)],
        }, text


def test_outputs_that_are_refused(project: Project) -> None:
    none = "the stage returned None, where its output is a dict: return a dict"
    cases = {
        "pass": ("invalid-output", none, None, 65),
        "return {'a': [(1,)]}": ("invalid-output", "a[0] is a tuple: give list(value)", "a[0]", 65),
        "return {'f': context.file('x')}": ("no-output", "f is the file 'x', which was not written", "f", 1),
    }
    for body, (code, message, field, exit_code) in cases.items():
        stage(project, body)
        outcome = project.run("train.py")
        assert (outcome.code, outcome.stderr, outcome.output) == (exit_code, f"{message}\n", None)
        assert outcome.failure == {
            "code": code,
            "type": "ValueError",
            "message": message,
            **({} if field is None else {"field": field}),
            "frames": [],
            "causes": [],
            "trace": "",
        }


def test_a_name_that_leads_out(project: Project) -> None:
    stage(project, "context.file('../x')")
    outcome = project.run("train.py")
    message = "context.file('../x'): give a name for it, relative to the stage's folder"
    failure = outcome.failure
    assert failure.pop("trace").endswith(f"Refused: {message}\n")
    assert (outcome.code, failure) == (
        65,
        {
            "code": "output-outside",
            "type": "ValueError",
            "message": message,
            "frames": [project.at("train.py", 4, 5, "train")],
            "causes": [],
        },
    )


def test_sys_exit(project: Project) -> None:
    for asked, shown in (("0", "0"), ("", ""), ("'why'", "'why'")):
        stage(project, f"import sys\nsys.exit({asked})")
        outcome = project.run("train.py")
        message = f"sys.exit({shown}) was called; a stage returns its output, or raises"
        failure = outcome.failure
        failure.pop("trace")
        assert (outcome.code, outcome.output) == (1, None)
        assert outcome.stderr == ("why\n" if asked == "'why'" else "") + f"{message}\n"
        assert failure == {
            "code": "exit-called",
            "type": "SystemExit",
            "message": message,
            "frames": [project.at("train.py", 5, 5, "train")],
            "causes": [],
        }


def test_an_input_that_is_no_json(project: Project) -> None:
    stage(project, "return {}")
    bad = project.write("bad.json", "{")
    outcome = project.run("train.py", env={"MILLRACE_INPUT": str(bad)})
    assert (outcome.code, outcome.failure["code"]) == (65, "invalid-input")
    assert outcome.stderr.startswith(f"{bad} is no JSON: ")


def test_a_failure_that_can_not_be_written(project: Project) -> None:
    stage(project, "raise ValueError('x')")
    path = str(project.folder / "absent" / "failure.json")
    outcome = project.run("train.py", told={"failure": path, "report": path})
    lines = outcome.stderr.splitlines()
    assert outcome.code == 1
    told = next(json.loads(line) for line in lines if line.startswith("{"))
    assert (told["code"], told["message"]) == ("stage-threw", "x")
    assert sum(line.startswith(f"{path} can't be written: ") for line in lines) == 2


def test_an_excepthook_of_the_author(project: Project) -> None:
    stage(project, "raise ValueError('x')", "import sys\nsys.excepthook = lambda *told: print(told[1])\n")
    outcome = project.run("train.py")
    assert (outcome.code, outcome.stdout, outcome.stderr) == (1, "x\n", "")


def test_threads_that_go_on_do_not_hold_a_failure(project: Project) -> None:
    stage(
        project,
        "sys.modules['millrace.ending'].GRACE = 0.3\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\nraise ValueError('x')",
        "import sys, threading, time\n",
    )
    outcome = project.run("train.py")
    assert (outcome.code, outcome.failure["message"]) == (1, "x")
    assert outcome.report is not None


def test_a_child_that_comes_back(project: Project) -> None:
    """A fork that does not end where it should has no word in its parent's result."""
    body = "if os.fork() == 0:\n    {}\nos.wait()\nreturn {{'who': 'parent'}}"
    for ends in ("return {'who': 'child'}", "raise ValueError('child')"):
        stage(project, body.format(ends), "import os\n")
        outcome = project.run("train.py")
        assert (outcome.code, outcome.output, outcome.failure) == (0, {"who": "parent"}, None)
        assert ("ValueError: child" in outcome.stderr) == ("raise" in ends)
