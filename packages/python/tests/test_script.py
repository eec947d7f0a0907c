"""Scripts that are command lines, or read and write by themselves."""

from __future__ import annotations

from conftest import Project


def test_a_command_line(project: Project) -> None:
    project.write("beside.py", "X = 1\n")
    script = project.write(
        "train.py",
        """
        import argparse
        import json
        import os
        import pickle
        import sys
        from concurrent.futures import ProcessPoolExecutor
        import beside

        class Row:
            def __init__(self, x):
                self.x = x

        def grow(row):
            return Row(row.x + 1)

        if __name__ == "__main__":
            parser = argparse.ArgumentParser()
            parser.add_argument("--rows", type=int)
            rows = parser.parse_args().rows
            import multiprocessing
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                grown = pool.submit(grow, pickle.loads(pickle.dumps(Row(rows)))).result().x
            main = sys.modules["__main__"]
            with open(os.environ["MILLRACE_OUTPUT"], "w") as file:
                json.dump({
                    "grown": grown, "argv": sys.argv, "first": sys.path[0], "doc": __doc__, "spec": __spec__,
                    "main": main.grow is grow, "file": __file__, "told": "MILLRACE_CONTEXT" in os.environ,
                }, file)
            sys.exit(0)
        """,
    )
    outcome = project.run("train.py", "--rows", "3", form="script")
    assert (outcome.code, outcome.stdout, outcome.stderr, outcome.failure) == (0, "", "", None)
    assert outcome.output == {
        "grown": 4,
        "argv": [str(script), "--rows", "3"],
        "first": str(project.folder),
        "doc": None,
        "spec": None,
        "main": True,
        "file": str(script),
        "told": False,
    }


def test_exit_codes(project: Project) -> None:
    cases = {
        "pass": (0, "", None),
        "sys.exit()": (0, "", None),
        "sys.exit(256)": (0, "", None),
        "sys.exit(3)": (3, "", "exit code 3"),
        "sys.exit(-1)": (255, "", "exit code 255"),
        "sys.exit('no rows')": (1, "no rows\n", "no rows"),
    }
    for text, (code, stderr, message) in cases.items():
        project.write("train.py", f"import sys\n{text}\n")
        outcome = project.run("train.py", form="script")
        assert (outcome.code, outcome.stderr) == (code, stderr)
        if message is None:
            assert outcome.failure is None
        else:
            failure = outcome.failure
            assert failure.pop("trace").endswith(f"SystemExit: {text[9:-1].strip(chr(39))}\n")
            assert failure == {
                "code": "exit-called",
                "type": "SystemExit",
                "message": message,
                "frames": [project.at("train.py", 2, 1)],
                "causes": [],
            }


def test_an_exception(project: Project) -> None:
    project.write("train.py", "class Odd(Exception):\n    pass\n\nraise Odd('x')\n")
    outcome = project.run("train.py", form="script")
    assert outcome.code == 1
    trace = f'Traceback (most recent call last):\n  File "{project.folder / "train.py"}", line 4, in <module>\n'
    failure = outcome.failure
    assert failure.pop("trace") == outcome.stderr
    assert outcome.stderr.startswith(trace) and outcome.stderr.endswith("\nOdd: x\n")
    assert failure == {
        "code": "stage-threw",
        "type": "Odd",
        "message": "x",
        "frames": [project.at("train.py", 4, 1)],
        "causes": [],
    }
