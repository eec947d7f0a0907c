"""Files that are there as a whole or not at all, and lines that are."""

from __future__ import annotations

import os


def write_whole(path: str, text: str) -> None:
    """Writes a file so that no reader ever sees half of it.

    Raises:
        OSError: as the disk says; the file is then as it was.
    """
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass
        raise


def append_line(path: str, line: str) -> None:
    """Appends a line by one write, so that lines of several threads and processes don't mix.

    Raises:
        OSError: as the disk says.
    """
    data = line.encode() + b"\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)
