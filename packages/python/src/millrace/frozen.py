"""Objects that stay as they were made."""

from __future__ import annotations


class Frozen:
    """A base for classes with ``__slots__`` whose attributes are set once, by `_set`; they pickle like any other."""

    __slots__ = ()

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} can't be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} can't be taken away")

    def __getstate__(self) -> dict[str, object]:
        names = (name for one in type(self).__mro__ for name in getattr(one, "__slots__", ()))
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, object]) -> None:
        self._set(**state)
