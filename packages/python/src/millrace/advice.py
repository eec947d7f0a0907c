"""What a value is that JSON can't carry, and what to give in its place."""

from __future__ import annotations

import os

# by base class: words and mending, from the special to the general
_KNOWN = {
    "builtins.tuple": ("a tuple", "give list(value)"),
    "builtins.set": ("a set", "give sorted(value)"),
    "builtins.frozenset": ("a frozenset", "give sorted(value)"),
    "builtins.range": ("a range", "give list(value)"),
    "builtins.bytes": ("bytes", "give value.decode(), or write them to context.file(name)"),
    "builtins.bytearray": ("a bytearray", "give value.decode(), or write it to context.file(name)"),
    "builtins.complex": ("a complex number", "give [value.real, value.imag]"),
    "builtins.list": ("a list", "return a dict that holds it"),
    "builtins.str": ("a string", "return a dict that holds it"),
    "builtins.bool": ("a bool", "return a dict that holds it"),
    "builtins.int": ("a number", "return a dict that holds it"),
    "builtins.float": ("a number", "return a dict that holds it"),
    "builtins.function": ("a function", "call it"),
    "builtins.coroutine": ("a coroutine", "await it"),
    "datetime.datetime": ("a datetime", "give value.isoformat()"),
    "datetime.date": ("a date", "give value.isoformat()"),
    "datetime.time": ("a time", "give value.isoformat()"),
    "datetime.timedelta": ("a timedelta", "give value.total_seconds()"),
    "decimal.Decimal": ("a Decimal", "give float(value) or str(value)"),
    "fractions.Fraction": ("a Fraction", "give float(value)"),
    "enum.Enum": ("an Enum", "give value.value"),
    "numpy.ndarray": ("a numpy array", "give value.tolist()"),
    "numpy.generic": ("a numpy scalar that JSON can't carry", "give float(value) or str(value)"),
    "torch.Tensor": ("a torch tensor", "give value.tolist()"),
    "pandas.DataFrame": ("a pandas DataFrame", "give value.to_dict('records'), or write it to context.file(name)"),
    "pandas.Series": ("a pandas Series", "give value.tolist()"),
    "pandas.Index": ("a pandas Index", "give value.tolist()"),
}

# by what it can do
_ABLE = (
    ("__dataclass_fields__", "a dataclass", "give dataclasses.asdict(value)"),
    ("model_dump", "a model", "give value.model_dump()"),
    ("to_dict", "", "give value.to_dict('records'), or write it to context.file(name)"),
    ("tolist", "", "give value.tolist()"),
    ("keys", "a mapping", "give dict(value)"),
    ("__next__", "an iterator", "give list(value)"),
    ("__iter__", "", "give list(value)"),
)


def described(value: object) -> tuple[str, str]:
    """What a value is, in words, and how to mend an output that holds it."""
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}".replace("builtins.", "")
    if name.startswith("pandas.") and kind.__name__ in ("NAType", "NaTType"):
        return "a missing value of pandas", "give None, and a schema that takes null"
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return f"a {kind.__name__}, which is a namedtuple", "give value._asdict()"
    for base in kind.__mro__:
        # pandas names its classes by where they are written, as pandas.core.frame.DataFrame
        known = _KNOWN.get(f"{base.__module__.split('.')[0]}.{base.__qualname__}")
        if known is not None:
            return known
    if isinstance(value, os.PathLike):
        return f"a {kind.__name__.replace('Posix', '').replace('Windows', '')}", "give context.file(name)"
    for attribute, words, mend in _ABLE:
        if hasattr(kind, attribute):
            return f"{words or _with_article(name)} ({name})" if words else _with_article(name), mend
    return _with_article(name), "give what JSON can carry, or write it to context.file(name)"


def _with_article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
