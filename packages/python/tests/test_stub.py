"""The stub that type checkers read where the package is not installed says what the package does."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import millrace

ROOT = Path(__file__).resolve().parent.parent
STUB = ast.parse((ROOT / "stub" / "millrace.pyi").read_text(encoding="utf-8"))

# members that every class has, or that a type checker has no use for
PLAIN = {"__repr__", "__str__", "__setattr__", "__delattr__", "__getstate__", "__setstate__"}


def source_of(module: str) -> dict[str, ast.stmt]:
    text = (ROOT / "src" / "millrace" / f"{module}.py").read_text(encoding="utf-8")
    return members(ast.parse(text).body)


def members(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Classes and functions by name, fields by theirs; overloads are told apart by a number."""
    found: dict[str, ast.stmt] = {}
    for one in body:
        if isinstance(one, (ast.ClassDef, ast.FunctionDef)):
            overload = any(isinstance(at, ast.Name) and at.id == "overload" for at in one.decorator_list)
            found[f"{one.name} {len(found)}" if overload else one.name] = one
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            found[one.target.id] = one
    return found


def signature(one: ast.FunctionDef) -> str:
    """Decorators, parameters and what is returned."""
    head = [ast.unparse(at) for at in one.decorator_list]
    return f"{head} ({ast.unparse(one.args)}) -> {'' if one.returns is None else ast.unparse(one.returns)}"


def told(one: ast.ClassDef) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, member in members(one.body).items():
        if name in PLAIN or (name.startswith("_") and not name.startswith("__")):
            continue
        if isinstance(member, ast.FunctionDef):
            found[name] = signature(member)
        elif isinstance(member, ast.AnnAssign):
            found[name] = ast.unparse(member.annotation)
    return found


def test_names() -> None:
    assigned = {ast.unparse(one.targets[0]): one.value for one in STUB.body if isinstance(one, ast.Assign)}
    assert ast.literal_eval(assigned["__all__"]) == millrace.__all__
    public = {name.split()[0] for name in members(STUB.body) if not name.startswith("_")}
    assert public == set(millrace.__all__)


def test_stage() -> None:
    real = source_of("decorator")
    guarded = [one for one in real.values() if isinstance(one, ast.FunctionDef)]
    overloads = [signature(one) for one in guarded if "overload" in signature(one).split("]")[0]]
    stub = [signature(one) for one in members(STUB.body).values() if isinstance(one, ast.FunctionDef)]
    assert stub == overloads


def test_classes() -> None:
    stub = {name: one for name, one in members(STUB.body).items() if isinstance(one, ast.ClassDef)}
    real = {**source_of("artifacts"), **source_of("cancelling"), **source_of("context")}
    assert sorted(stub) == ["Cancelled", "Context", "File", "Folder", "_Artifact", "_Worker"]
    for name, one in stub.items():
        other = real[name.replace("_Worker", "Worker")]
        assert isinstance(other, ast.ClassDef)
        said = {member: text.replace("_Worker", "Worker") for member, text in told(one).items()}
        wanted = told(other)
        if name == "Cancelled":
            # the number of SIGTERM, and a field that is told where it is set
            said.pop("signal")
            wanted["__init__"] = wanted["__init__"].replace("signal.SIGTERM", "...")
        assert said == wanted, name
        docs, real_docs = ast.get_docstring(one), ast.get_docstring(other)
        assert docs is None or (real_docs or "").startswith(docs.split("\n\n")[0]), name


def test_bases() -> None:
    assert issubclass(millrace.Cancelled, BaseException) and not issubclass(millrace.Cancelled, Exception)
    assert isinstance(inspect.getattr_static(millrace.Context, "cancelled"), property)
    assert isinstance(inspect.getattr_static(millrace.File, "size"), property)
    assert hasattr(millrace.File, "__fspath__") and hasattr(millrace.Folder, "__fspath__")
