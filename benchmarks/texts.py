"""Texts of mixed length: docstrings of the standard library, which everybody has."""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

MODULES = (
    "argparse ast asyncio.base_events asyncio.events calendar collections concurrent.futures._base "
    "configparser contextlib csv datetime _pydatetime decimal _pydecimal difflib doctest "
    "email.message enum fractions ftplib functools gettext glob gzip heapq http.client "
    "http.cookiejar imaplib inspect io _pyio ipaddress logging mailbox multiprocessing.managers "
    "numbers optparse os pathlib pickle pickletools plistlib pprint pydoc random reprlib sched "
    "shutil smtplib socket socketserver ssl statistics string subprocess tarfile tempfile textwrap "
    "threading timeit trace traceback turtle types typing unittest.case unittest.mock urllib.parse "
    "urllib.request uuid warnings weakref zipfile"
).split()
MIDDLE = 300
"""Characters of the median text: about 75 tokens of an English WordPiece vocabulary."""
SHORTEST, LONGEST = 20, 8000


def mixed_texts(count: int) -> list[str]:
    """`count` docstrings, the same ones on every machine with this version of Python.

    Half of them are shorter than `MIDDLE` characters and half are not; within the halves lengths
    are as the library's authors wrote them. Short and long ones come in turn.
    """
    ordered = sorted(set(docstrings()), key=_digest)
    short = [text for text in ordered if len(text) < MIDDLE]
    long = [text for text in ordered if len(text) >= MIDDLE]
    if not short or not long:
        raise RuntimeError(
            "This Python has no docstrings of its library (python -OO, or stripped)."
        )
    halves = (long, short)
    return [halves[index % 2][index // 2 % len(halves[index % 2])] for index in range(count)]


def docstrings() -> Iterator[str]:
    """Every docstring of `MODULES`, read from their sources; nothing of them is imported."""
    for name in MODULES:
        source = _source(name)
        if source is None:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
                text = inspect.cleandoc(ast.get_docstring(node) or "")
                if SHORTEST <= len(text) <= LONGEST:
                    yield text


def fingerprint(texts: Sequence[str]) -> str:
    """Tells whether two runs had the same texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def _digest(text: str) -> str:
    """An order that has nothing to do with length or place."""
    return hashlib.sha256(text.encode()).hexdigest()


def _source(name: str) -> str | None:
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin).read_text("utf-8")
