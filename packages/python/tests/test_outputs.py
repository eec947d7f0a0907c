"""What an output may hold, and what is said of the rest."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import math
import os
import pathlib
from pathlib import Path
from typing import Any

import pytest

from millrace import Context, File, Folder
from millrace.outputs import encode_output
from millrace.refusal import Refused

DIGEST = f"sha256:{'0' * 64}"


class Scalar:
    """What numpy's scalars have in common."""

    shape = ()
    dtype = "any"

    def __init__(self, value: object) -> None:
        self.value = value

    def item(self) -> object:
        return self.value


class Color(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 2


class Plain(enum.Enum):
    ONE = 1


@dataclasses.dataclass
class Row:
    x: int


class Text(str):
    def __str__(self) -> str:
        return "another"


Pair = collections.namedtuple("Pair", "a b")


class Model:
    def model_dump(self) -> dict[str, object]:
        return {}


def refusal(value: object, files: str = "/files") -> tuple[str, str | None, str]:
    with pytest.raises(Refused) as caught:
        encode_output(value, files)
    return caught.value.code, caught.value.field, str(caught.value)


def test_what_json_carries() -> None:
    value: dict[str, Any] = {
        "none": None,
        "bools": [True, False],
        "numbers": [0, -1, 2**53 - 1, 1.5, -0.0, 1e300],
        "text": "ü\n\U0001f600",
        "scalars": [Scalar(1), Scalar(0.5), Scalar(True), Scalar("a"), Scalar(None)],
        "enums": [Color.RED, Level.HIGH],
        "kinds": [collections.OrderedDict(a=1), collections.Counter("aa"), Text("own")],
        "shared": [shared := {"x": [1]}, shared],
        "": {},
    }
    encoded = encode_output(value, "/files")
    assert encoded == {
        **value,
        "scalars": [1, 0.5, True, "a", None],
        "enums": ["red", 2],
        "kinds": [{"a": 1}, {"a": 2}, "own"],
    }
    assert [type(one) for one in encoded["enums"] + encoded["kinds"]] == [str, int, dict, dict, str]


def test_what_it_does_not() -> None:
    circle: list[object] = []
    circle.append({"again": circle})
    deep: list[object] = []
    for _ in range(500):
        deep = [deep]
    cases: list[tuple[object, str]] = [
        ((1, 2), "a tuple: give list(value)"),
        (Pair(1, 2), "a Pair, which is a namedtuple: give value._asdict()"),
        ({1}, "a set: give sorted(value)"),
        (frozenset(), "a frozenset: give sorted(value)"),
        (range(3), "a range: give list(value)"),
        (b"", "bytes: give value.decode(), or write them to context.file(name)"),
        (datetime.datetime(2024, 1, 1), "a datetime: give value.isoformat()"),
        (datetime.date(2024, 1, 1), "a date: give value.isoformat()"),
        (datetime.timedelta(1), "a timedelta: give value.total_seconds()"),
        (decimal.Decimal(1), "a Decimal: give float(value) or str(value)"),
        (1j, "a complex number: give [value.real, value.imag]"),
        (Plain.ONE, "an Enum: give value.value"),
        (Path("a"), "a Path: give context.file(name)"),
        (pathlib.PurePosixPath("a"), "a PurePath: give context.file(name)"),
        (Row(1), "a dataclass (test_outputs.Row): give dataclasses.asdict(value)"),
        (Model(), "a model (test_outputs.Model): give value.model_dump()"),
        ({}.keys(), "a dict_keys: give list(value)"),
        ((x for x in ""), "an iterator (generator): give list(value)"),
        (len, "a builtin_function_or_method: give what JSON can carry, or write it to context.file(name)"),
        (lambda: 0, "a function: call it"),
        (object(), "an object: give what JSON can carry, or write it to context.file(name)"),
        (math.nan, "NaN, which JSON can't carry: give None, and a schema that takes null"),
        (-math.inf, "-infinity, which JSON can't carry: give None, and a schema that takes null"),
        (Scalar(math.inf), "infinity, which JSON can't carry: give None, and a schema that takes null"),
        (Scalar(datetime.date(2024, 1, 1)), "a date: give value.isoformat()"),
        (2**53, "an integer beyond 2**53, which JSON would round: give str(value)"),
        (10**5000, "an integer beyond 2**53, which JSON would round: give str(value)"),
        ("\ud800", "text with half a character (a lone surrogate): give whole characters"),
        ({1: 2}, "a dict with the key 1, which is no string: give str(key)"),
        ({None: 2}, "a dict with the key None, which is no string: give str(key)"),
    ]
    for value, message in cases:
        field = "scores[1].auc"
        assert refusal({"scores": [0, {"auc": value}]}) == ("invalid-output", field, f"{field} is {message}")
    at = "c[0].again"
    mend = "give a copy without the circle"
    assert refusal({"c": circle}) == ("invalid-output", at, f"{at} is a list or dict that holds itself: {mend}")
    at = "d" + "[0]" * 399
    mend = "write it to context.file(name)"
    assert refusal({"d": deep}) == ("invalid-output", at, f"{at} is more than 400 levels deep: {mend}")


def test_what_is_no_dict() -> None:
    cases = {
        None: "None, where its output is a dict: return a dict",
        "text": "a string, where its output is a dict: return a dict that holds it",
        1: "a number, where its output is a dict: return a dict that holds it",
        (1,): "a tuple, where its output is a dict: give list(value)",
    }
    for value, message in cases.items():
        assert refusal(value) == ("invalid-output", None, f"the stage returned {message}")
    message = "the stage returned a list, where its output is a dict: return a dict that holds it"
    assert refusal([]) == ("invalid-output", None, message)


def test_artifacts(tmp_path: Path) -> None:
    context = Context.for_test(tmp_path)
    files = str(tmp_path / "files")
    made = context.file("a/b.txt")
    assert refusal({"f": [made]}, files) == ("no-output", "f[0]", "f[0] is the file 'a/b.txt', which was not written")
    Path(made).write_text("abc")
    given = File(tmp_path / "given", DIGEST, 3)
    folder = Folder(tmp_path, DIGEST, 9)
    assert encode_output({"made": made, "in": [given, folder], "folder": context.folder("c")}, files) == {
        "made": "a/b.txt",
        "in": [
            {"path": str(tmp_path / "given"), "digest": DIGEST, "size": 3},
            {"path": str(tmp_path), "digest": DIGEST, "size": 9},
        ],
        "folder": "c",
    }
    for path, kind in ((tmp_path / "x", File), (tmp_path / "files", Folder), ("/", Folder)):
        word = kind.__name__.lower()
        message = (
            f"f is the {word} {path}, outside of the stage's folder: write to context.{word}(name), or hand an input on"
        )
        assert refusal({"f": kind(path)}, files) == ("output-outside", "f", message)
    assert os.fspath(made) == str(made) == made.path == str(tmp_path / "files" / "a" / "b.txt")
    assert (made.size, made.digest, context.folder("a").size) == (3, "", 3)


def test_numpy_and_pandas() -> None:
    numpy = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    value = {
        "f": [numpy.float64(0.5), numpy.float32(0.5), numpy.array(2.0), pandas.Series([0.25]).mean()],
        "i": [numpy.int64(1), numpy.uint8(255), pandas.Series([1]).sum()],
        "b": [numpy.bool_(True), numpy.True_],
        "s": [numpy.str_("a")],
    }
    encoded = encode_output(value, "/files")
    assert encoded == {"f": [0.5, 0.5, 2.0, 0.25], "i": [1, 255, 1], "b": [True, True], "s": ["a"]}
    kinds = {float, int, bool, str}
    assert {type(item) for items in encoded.values() for item in items} == kinds
    cases: list[tuple[object, str]] = [
        (numpy.zeros(2), "a numpy array: give value.tolist()"),
        (numpy.float32("nan"), "NaN, which JSON can't carry: give None, and a schema that takes null"),
        (numpy.longdouble(1), "a numpy scalar that JSON can't carry: give float(value) or str(value)"),
        (numpy.complex64(1), "a complex number: give [value.real, value.imag]"),
        (pandas.Series([1]), "a pandas Series: give value.tolist()"),
        (pandas.DataFrame(), "a pandas DataFrame: give value.to_dict('records'), or write it to context.file(name)"),
        (pandas.Timestamp("2024"), "a datetime: give value.isoformat()"),
        (pandas.NA, "a missing value of pandas: give None, and a schema that takes null"),
        (pandas.NaT, "a missing value of pandas: give None, and a schema that takes null"),
    ]
    for given, message in cases:
        assert refusal({"x": given}) == ("invalid-output", "x", f"x is {message}")
