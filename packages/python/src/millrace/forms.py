"""What form a script has, where nobody said."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast


def form_of(source: bytes) -> str:
    """``function`` for a script with a top-level function decorated with `millrace.stage`, else ``script``."""
    if b"millrace" not in source or b"stage" not in source:
        return "script"
    import ast

    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return "script"
    functions = (node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    marked = any(_is_mark(decorator) for function in functions for decorator in function.decorator_list)
    return "function" if marked else "script"


def _is_mark(node: ast.expr) -> bool:
    import ast

    if isinstance(node, ast.Call):
        node = node.func
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "stage"
