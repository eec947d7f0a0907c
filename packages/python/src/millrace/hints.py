"""What to install for a module that isn't there."""

from __future__ import annotations

import os
import sys

# distributions whose modules have other names
_DISTRIBUTIONS = {
    "Bio": "biopython",
    "Crypto": "pycryptodome",
    "Levenshtein": "python-Levenshtein",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "PyMuPDF",
    "git": "GitPython",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.storage": "google-cloud-storage",
    "google.genai": "google-genai",
    "google.protobuf": "protobuf",
    "imblearn": "imbalanced-learn",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "kafka": "kafka-python",
    "ldap": "python-ldap",
    "magic": "python-magic",
    "mpl_toolkits": "matplotlib",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "pythoncom": "pywin32",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "talib": "TA-Lib",
    "umap": "umap-learn",
    "usb": "pyusb",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}


def distribution_for(error: ModuleNotFoundError) -> str | None:
    """The name to install for a missing module; None when its package is there and only a part of it is missing, or
    when the error does not tell which module."""
    name = error.name
    if not name:
        return None
    top = name.partition(".")[0]
    if top != name and getattr(sys.modules.get(top), "__file__", None) is not None:
        return None
    parts = _as_written(error, name).split(".")
    for count in range(len(parts), 0, -1):
        known = _DISTRIBUTIONS.get(".".join(parts[:count]))
        if known is not None:
            return known
    return top


def _as_written(error: ModuleNotFoundError, name: str) -> str:
    """The whole name as the import has it: of ``google.protobuf`` Python misses ``google`` first."""
    at = error.__traceback__
    line = ""
    while at is not None:
        if os.path.isfile(at.tb_frame.f_code.co_filename):
            from linecache import getline

            line = getline(at.tb_frame.f_code.co_filename, at.tb_lineno)
        at = at.tb_next
    words = line.replace(",", " ").replace(";", " ").split()
    written = next((word for word in words if word == name or word.startswith(f"{name}.")), name)
    if words[:3] == ["from", written, "import"] and len(words) > 3:
        written = f"{written}.{words[3].strip('()')}"
    return written
