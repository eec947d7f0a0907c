"""One stage in this process, from its start to its exit code."""

from __future__ import annotations

import json
import os
import sys

from millrace import cancelling, ending, streams
from millrace.cancelling import Cancelled
from millrace.loading import load_fresh, load_module, run_as_main
from millrace.refusal import Refused
from millrace.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

# what is refused is refused again: the runner does not try such a call a second time
REFUSED = 65


def run(arguments: list[str]) -> NoReturn:
    """Runs the script that the arguments name, with those after it, and ends the process.

    Raises:
        SystemExit: at the end.
    """
    if not arguments:
        streams.tell("usage: python -m millrace <script> [arguments…]")
        raise SystemExit(2)
    streams.prepare()
    settings = Settings(arguments, os.environ)
    before = set(sys.modules)
    hook = sys.excepthook
    process = os.getpid()
    code, failure = 0, None
    try:
        try:
            cancelling.listen()
            _perform(settings, process)
        finally:
            cancelling.hush()
    except BaseException as error:
        cancelling.hush()
        code, failure = _failed(settings, error, hook)
    # a child that the stage forked, and that came back here, has no word in its parent's result
    if os.getpid() == process:
        if failure is not None:
            _tell(settings.failure, failure)
        if settings.report is not None:
            _report(settings, before)
    ending.end(code, None if failure is None else ending.GRACE)


def _perform(settings: Settings, process: int) -> None:
    sys.argv[:] = [settings.script, *settings.arguments]
    folder = os.path.dirname(settings.script)
    sys.path.insert(0, folder)
    load_fresh({folder, *map(os.path.dirname, settings.digested or ())})
    _know_form(settings)
    if settings.form == "script":
        run_as_main(settings.script)
        return
    from millrace.calling import call_stage, stage_of
    from millrace.context import Context, Worker
    from millrace.inputs import read_input

    function = stage_of(load_module(settings.script))
    context = Context(
        files=settings.files,
        metrics=settings.metrics,
        log=settings.log,
        seed=settings.seed,
        resources=settings.resources,
        worker=Worker(*settings.worker),
        env=settings.env,
        attempt=settings.attempt,
    )
    output = call_stage(function, read_input(settings.input), context)
    if os.getpid() == process:
        cancelling.hush()
        _give(output, settings)


def _know_form(settings: Settings) -> None:
    """Finds out the form of a script that somebody runs by hand."""
    if settings.form:
        return
    from millrace.forms import form_of

    with open(settings.script, "rb") as file:
        settings.form = form_of(file.read())


def _give(output: object, settings: Settings) -> None:
    from millrace.outputs import encode_output
    from millrace.whole_file import write_whole

    text = json.dumps(encode_output(output, settings.files), ensure_ascii=False, separators=(",", ":"))
    if settings.output is None:
        print(text)
    else:
        write_whole(settings.output, text)


def _failed(settings: Settings, error: BaseException, hook: object) -> tuple[int, dict[str, Any] | None]:
    """The exit code, and what is told of it."""
    received = cancelling.received()
    if isinstance(error, Cancelled) or (received and isinstance(error, KeyboardInterrupt)):
        number = error.signal if isinstance(error, Cancelled) else received
        return 128 + number, {"code": "cancelled", "signal": number}
    if isinstance(error, SystemExit):
        return _exited(settings, error)
    from millrace.failure import failure_of

    failure = failure_of(error)
    if isinstance(error, Refused):
        streams.tell(failure["trace"] or failure["message"])
        return 1 if error.code == "no-output" else REFUSED, failure
    if sys.excepthook is hook:
        streams.tell(failure["trace"])
    else:
        # the author's own way to show it
        sys.excepthook(type(error), error, error.__traceback__)
    return 1, failure


def _exited(settings: Settings, error: SystemExit) -> tuple[int, dict[str, Any] | None]:
    asked = error.code
    code = 0 if asked is None else asked if isinstance(asked, int) else 1
    if asked is not None and not isinstance(asked, int):
        streams.tell(str(asked))
    if settings.form == "function":
        from millrace.failure import exit_failure

        message = f"sys.exit({'' if asked is None else repr(asked)}) was called; a stage returns its output, or raises"
        streams.tell(message)
        return 1, exit_failure(error, message)
    if code & 0xFF == 0:
        return 0, None
    from millrace.failure import exit_failure

    return code, exit_failure(error, str(asked) if not isinstance(asked, int) else f"exit code {code & 0xFF}")


def _tell(path: str | None, failure: dict[str, Any]) -> None:
    if path is None:
        return
    from millrace.whole_file import write_whole

    text = json.dumps(failure)
    try:
        write_whole(path, text)
    except OSError as error:
        streams.tell(f"{path} can't be written: {error}\n{text}")


def _report(settings: Settings, before: set[str]) -> None:
    from millrace.used import used
    from millrace.whole_file import write_whole

    try:
        write_whole(settings.report or "", json.dumps(used(settings.digested, before)))
    except Exception as error:
        streams.tell(f"{settings.report} can't be written: {error}")
