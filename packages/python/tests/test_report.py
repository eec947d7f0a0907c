"""What a stage used, as its report says."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from pathlib import Path

from conftest import PROGRAM, Project

from millrace.distributions import versions_of


def test_interpreter_and_modules_that_nobody_knows(project: Project) -> None:
    for name in ("beside.py", "lib/__init__.py", "lib/part.py"):
        project.write(name, "")
    script = project.write(
        "train.py",
        "import json, sqlite3, xml.dom\nimport beside, lib.part\nimport iniconfig\nfrom millrace import stage\n"
        "@stage\ndef train(input): return {}\n",
    )
    known = [str(script), str(project.folder / "lib" / "__init__.py")]
    outcome = project.run("train.py", told={"files": known})
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.report == {
        "python": platform.python_version(),
        "executable": sys.executable,
        "undigested": [str(project.folder / "beside.py"), str(project.folder / "lib" / "part.py")],
        "versions": {"iniconfig": versions_of({"iniconfig": __import__("iniconfig").__file__})["iniconfig"]},
    }
    assert outcome.report["versions"]["iniconfig"].startswith("2.")
    assert project.run("train.py").report["undigested"] == []


def test_links_are_followed(project: Project) -> None:
    project.write("real/beside.py", "X = 1\n")
    script = project.write(
        "train.py", "import beside\nfrom millrace import stage\n@stage\ndef train(input): return {}\n"
    )
    (project.folder / "beside.py").symlink_to(project.folder / "real" / "beside.py")
    known = [str(script), str(project.folder / "real" / "beside.py")]
    assert project.run("train.py", told={"files": known}).report["undigested"] == []


def install(folder: Path, name: str, version: str, files: list[str], told: str | None = None) -> None:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("")
    record = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: other\n")
    (record / "RECORD").write_text("".join(f"{file},sha256=x,0\n" for file in files))
    if told is not None:
        (record / "top_level.txt").write_text(told)


def test_versions_by_what_is_installed(tmp_path: Path) -> None:
    folder = tmp_path / "lib" / "site-packages"
    install(folder, "plain", "1.0", ["plain/__init__.py"])
    install(folder, "scikit-learn", "1.5.0", ["sklearn/__init__.py", "sklearn/svm/__init__.py"])
    install(folder, "python-dateutil", "2.9", ["dateutil/__init__.py"], "dateutil\n")
    install(folder, "six", "1.16.0", ["six.py"])
    install(folder, "protobuf", "5.0", ["google/protobuf/__init__.py"])
    install(folder, "google-cloud-storage", "2.0", ["google/cloud/storage/__init__.py"])
    install(folder, "fast-thing", "0.1+cu121", ["_fast.cpython-313-darwin.so"])
    install(folder, "unused", "1", ["unused/__init__.py"])
    (folder / "old-2.0-py3.9.egg-info").write_text("Metadata-Version: 1.0\nName: old\nVersion: 2.0\n")
    (folder / "old.py").write_text("")
    (folder / "nobodys.py").write_text("")
    modules = {
        "plain": "plain/__init__.py",
        "sklearn.svm": "sklearn/svm/__init__.py",
        "dateutil": "dateutil/__init__.py",
        "six": "six.py",
        "google.protobuf": "google/protobuf/__init__.py",
        "google.cloud.storage.blob": "google/cloud/storage/blob.py",
        "_fast": "_fast.cpython-313-darwin.so",
        "old": "old.py",
        "nobodys": "nobodys.py",
    }
    assert versions_of({name: str(folder / file) for name, file in modules.items()}) == {
        "fast-thing": "0.1+cu121",
        "google-cloud-storage": "2.0",
        "old": "2.0",
        "plain": "1.0",
        "protobuf": "5.0",
        "python-dateutil": "2.9",
        "scikit-learn": "1.5.0",
        "six": "1.16.0",
    }


def test_it_is_quick(tmp_path: Path) -> None:
    folder = tmp_path / "lib" / "site-packages"
    for index in range(200):
        files = [f"package{index}/file{number}.py" for number in range(200)]
        record = folder / f"dist{index}-1.0.dist-info"
        record.mkdir(parents=True)
        (record / "METADATA").write_text(f"Name: dist{index}\nVersion: 1.0\n\n")
        (record / "RECORD").write_text("".join(f"{file},sha256={'x' * 40},100\n" for file in files))
    for index in range(50):
        (folder / f"package{index}").mkdir()
        (folder / f"package{index}" / "__init__.py").write_text("")
    modules = {
        f"package{index}.m{number}": str(folder / f"package{index}" / f"m{number}.py")
        for index in range(50)
        for number in range(20)
    }
    begin = time.process_time()
    assert len(versions_of(modules)) == 50
    assert time.process_time() - begin < 0.2


def test_little_is_imported(project: Project) -> None:
    project.write("train.py", "from millrace import Context, stage\n@stage\ndef train(input): return {}\n")
    project.run("train.py")
    seen = subprocess.run(
        [sys.executable, "-X", "importtime", PROGRAM, str(project.folder / "train.py")],
        capture_output=True,
        text=True,
        env={"PYTHONDONTWRITEBYTECODE": "1", "MILLRACE_CONTEXT": '{"form": "function"}'},
        cwd=project.attempt,
    ).stderr
    imported = {line.rpartition("|")[2].strip() for line in seen.splitlines()}
    slow = {"inspect", "dataclasses", "traceback", "importlib.metadata", "asyncio", "ast", "threading"}
    if sys.version_info >= (3, 11):
        # before, Python imports it to run a folder
        slow.add("typing")
    assert "millrace.program" in imported
    assert imported & slow == set()
