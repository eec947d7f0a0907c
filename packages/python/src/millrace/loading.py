"""Scripts as modules."""

from __future__ import annotations

import os
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)

from millrace.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType


class FreshLoader(SourceFileLoader):
    """Reads the source itself. A compiled file stands for every source of its size and second, so an edit within that
    second would run, and be kept under a new key, as what it was before."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        if b"\0" in source:
            # Python does not say in which file
            line = source[: source.index(b"\0")].count(b"\n") + 1
            raise SyntaxError("source code cannot contain null bytes", (path, line, None, None))
        code: CodeType = self.source_to_code(source, path)
        return code


def load_fresh(folders: set[str]) -> None:
    """From now on modules in these folders are compiled from their source, by nothing kept."""

    def hook(path: str) -> FileFinder:
        if os.path.abspath(path) not in folders:
            raise ImportError
        return FileFinder(
            path,
            (ExtensionFileLoader, EXTENSION_SUFFIXES),
            (FreshLoader, SOURCE_SUFFIXES),
            (SourcelessFileLoader, BYTECODE_SUFFIXES),
        )

    sys.path_hooks.insert(0, hook)
    for path in [path for path in sys.path_importer_cache if os.path.abspath(path) in folders]:
        del sys.path_importer_cache[path]


def load_module(script: str) -> ModuleType:
    """Loads a script as a module under its file's stem. Its ``__main__`` block does not run.

    Raises:
        Refused: when a module of that name is there already.
        BaseException: what the script raises.
    """
    name = os.path.splitext(os.path.basename(script))[0]
    if name in sys.modules or name in getattr(sys, "stdlib_module_names", ()):
        raise Refused("invalid-stage", f"{script} has the name of another module, {name!r}: give it a name of its own")
    loader = FreshLoader(name, script)
    spec = ModuleSpec(name, loader, origin=script)
    spec.has_location = True
    module = _module(name, script, loader, spec)
    # before it runs: what pickles, type hints and data classes look it up
    sys.modules[name] = module
    main = sys.modules["__main__"]
    # as others ask for it. Its spec stays ours, so that spawned processes do not run the script as their own
    main.__file__ = script
    _execute(loader, name, module)
    # as import does it: a script may put something else there
    return sys.modules.get(name, module)


def run_as_main(script: str) -> None:
    """Runs a script as ``python script`` does.

    Raises:
        BaseException: what the script raises, SystemExit too.
    """
    loader = FreshLoader("__main__", script)
    module = _module("__main__", script, loader, None)
    # stays for as long as the process: pickles look it up
    sys.modules["__main__"] = module
    _execute(loader, "__main__", module)


def _module(name: str, script: str, loader: FreshLoader, spec: ModuleSpec | None) -> ModuleType:
    module = type(sys)(name)
    module.__file__ = script
    module.__loader__ = loader
    module.__spec__ = spec
    module.__package__ = None if spec is None else ""
    module.__dict__["__builtins__"] = sys.modules["builtins"]
    return module


def _execute(loader: FreshLoader, name: str, module: ModuleType) -> None:
    code = loader.get_code(name)
    assert code is not None
    exec(code, module.__dict__)
