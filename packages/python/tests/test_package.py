"""The package as it is installed from a wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.skipif("MILLRACE_WHEEL" not in os.environ, reason="fetches the build backend: MILLRACE_WHEEL=1")
def test_a_wheel(tmp_path: Path) -> None:
    def python(*words: str) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    python("-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(tmp_path), str(ROOT))
    wheel = next(tmp_path.glob("*.whl"))
    assert wheel.name == "millrace_sdk-0.1.0-py3-none-any.whl"
    site = tmp_path / "site-packages"
    python("-m", "pip", "install", "--no-deps", "--quiet", "--target", str(site), str(wheel))
    (tmp_path / "train.py").write_text(
        "import millrace\n@millrace.stage\ndef train(input): return {'at': millrace.__file__}\n"
    )
    run = f"import sys, runpy; sys.path.insert(0, {str(site)!r}); sys.argv[1:] = ['train.py']; "
    expected = f'{{"at":"{site / "millrace" / "__init__.py"}"}}\n'
    assert python("-c", f"{run}runpy.run_module('millrace', run_name='__main__', alter_sys=True)") == expected
    assert python(str(site / "millrace"), "train.py") == expected
    assert (site / "millrace" / "py.typed").exists()
