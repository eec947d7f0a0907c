"""Stages that are told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import time

from conftest import Project

HEAD = """
import os, signal, subprocess, sys, time
from millrace import Cancelled, stage

def ready():
    open("ready", "w").close()

def nap():
    # a signal that comes just before a system call is heard when that ends
    for _ in range(600):
        time.sleep(0.1)

"""


def stage(project: Project, body: str) -> None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    project.write("train.py", f"{HEAD}@stage\ndef train(input, context):\n{lines}")


def test_each_signal_raises(project: Project) -> None:
    stage(
        project,
        "try:\n    ready()\n    nap()\nexcept Exception:\n    print('no exception')\n"
        "finally:\n    print('cleaned', context.cancelled)",
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        outcome = project.stop(project.start("train.py"), number)
        assert (outcome.code, outcome.stdout, outcome.stderr) == (128 + number, "cleaned True\n", "")
        assert (outcome.output, outcome.failure) == (None, {"code": "cancelled", "signal": int(number)})
        assert outcome.report["python"]
        (project.attempt / "ready").unlink()


def test_a_script_and_an_async_stage(project: Project) -> None:
    project.write("plain.py", "import time\nopen('ready', 'w').close()\nfor _ in range(600):\n    time.sleep(0.1)\n")
    project.write(
        "later.py",
        "import asyncio\nfrom millrace import stage\n@stage\nasync def later(input):\n"
        "    open('ready', 'w').close()\n    await asyncio.sleep(60)\n",
    )
    for script, form in (("plain.py", "script"), ("later.py", "function")):
        outcome = project.stop(project.start(script, form=form))
        assert (outcome.code, outcome.stderr, outcome.failure) == (143, "", {"code": "cancelled", "signal": 15})
        (project.attempt / "ready").unlink()


def test_an_async_stage_whose_other_task_is_interrupted(project: Project) -> None:
    project.write(
        "train.py",
        """
        import asyncio, os
        from millrace import stage

        async def other():
            os.kill(os.getpid(), 15)

        @stage
        async def train(input):
            task = asyncio.create_task(other())
            try:
                await asyncio.sleep(60)
            finally:
                print("cleaned")
        """,
    )
    outcome = project.run("train.py")
    assert (outcome.code, outcome.stdout, outcome.failure) == (143, "cleaned\n", {"code": "cancelled", "signal": 15})


def test_a_second_one_raises_again(project: Project) -> None:
    stage(
        project,
        "try:\n    ready()\n    nap()\nexcept Cancelled as error:\n"
        "    print('first', error.signal, context.cancelled)\n    open('again', 'w').close()\n    nap()",
    )
    process = project.start("train.py")
    project.wait_for("ready")
    process.send_signal(signal.SIGTERM)
    project.wait_for("again")
    process.send_signal(signal.SIGINT)
    outcome = project.finish(process)
    assert (outcome.code, outcome.stdout) == (130, "first 15 True\n")
    assert outcome.failure == {"code": "cancelled", "signal": 2}


def test_one_that_keeps_on_may_end_well(project: Project) -> None:
    stage(
        project,
        "try:\n    ready()\n    nap()\nexcept Cancelled:\n    pass\nreturn {'cancelled': context.cancelled}",
    )
    outcome = project.stop(project.start("train.py"))
    assert (outcome.code, outcome.output, outcome.failure) == (0, {"cancelled": True}, None)


def test_children_keep_the_default(project: Project) -> None:
    stage(
        project,
        "child = os.fork()\nif child == 0:\n    time.sleep(60)\n    os._exit(0)\n"
        "other = subprocess.Popen(['sleep', '60'])\n"
        "os.kill(child, signal.SIGTERM)\nother.terminate()\n"
        "return {'fork': os.waitpid(child, 0)[1], 'other': other.wait(), 'cancelled': context.cancelled}",
    )
    outcome = project.run("train.py")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.output == {"fork": 15, "other": -15, "cancelled": False}


def test_a_late_one_changes_nothing(project: Project) -> None:
    """All is written; the process still ends as it would have."""
    project.write(
        "train.py",
        """
        import atexit, os, signal
        from millrace import stage

        class Late:
            # bound here, as the module's names are gone by then
            def __del__(self, kill=os.kill, write=os.write, process=os.getpid()):
                kill(process, 15)
                write(1, b"late")

        late = Late()
        atexit.register(os.kill, os.getpid(), signal.SIGTERM)

        @stage
        def train(input):
            return {"a": 1}
        """,
    )
    outcome = project.run("train.py")
    assert (outcome.code, outcome.stdout, outcome.output, outcome.failure) == (0, "late", {"a": 1}, None)


def test_threads_do_not_hold_it(project: Project) -> None:
    stage(
        project,
        "import threading\nsys.modules['millrace.ending'].GRACE = 0.3\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\nready()\nnap()",
    )
    begin = time.monotonic()
    outcome = project.stop(project.start("train.py"))
    assert (outcome.code, outcome.failure) == (143, {"code": "cancelled", "signal": 15})
    assert time.monotonic() - begin < 30


def test_a_reader_that_is_gone(project: Project) -> None:
    stage(project, "sys.stdout.reconfigure(line_buffering=False)\nprint('x')\nreturn {'a': 1}")
    reading, writing = os.pipe()
    os.close(reading)
    outcome = project.finish(project.start("train.py", stdout=writing))
    os.close(writing)
    assert (outcome.code, outcome.stderr, outcome.output) == (0, "", {"a": 1})


def test_streams_that_are_closed(project: Project) -> None:
    stage(project, "print('x')\nprint('y', file=sys.stderr)\nreturn {'a': 1}")
    process = project.start("train.py", preexec_fn=lambda: (os.close(1), os.close(2)), stdout=None, stderr=None)
    outcome = project.finish(process)
    assert (outcome.code, outcome.output, outcome.failure) == (0, {"a": 1}, None)


def test_streams_are_lines_in_utf_8(project: Project) -> None:
    stage(project, "print('é \\ud800')\nready()\nsys.stdin.read()\nreturn {'encoding': sys.stdout.encoding}")
    env = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    process = project.start("train.py", env=env, stdin=subprocess.PIPE)
    assert process.stdout is not None and process.stdin is not None
    # it is there while the stage runs
    assert process.stdout.readline() == "é \\ud800\n"
    outcome = project.finish(process)
    assert (outcome.code, outcome.output) == (0, {"encoding": "utf-8"})
