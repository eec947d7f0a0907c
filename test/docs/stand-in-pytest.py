"""Stands for pytest while a page is run, where it is not installed: calls what it would call, and is silent."""

import pathlib
import runpy
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path.cwd()))
tests = [
    function
    for file in sorted(pathlib.Path.cwd().glob("test_*.py"))
    for name, function in runpy.run_path(str(file)).items()
    if name.startswith("test_")
]
for test in tests:
    with tempfile.TemporaryDirectory() as folder:
        test(**({"tmp_path": pathlib.Path(folder)} if "tmp_path" in test.__code__.co_varnames else {}))
if not tests:
    sys.exit("pytest: no tests ran")
