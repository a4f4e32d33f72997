"""Texts of mixed length and short ones: docstrings of the standard library, which everybody has."""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import cycle, islice
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
BOUNDS = (300, 950)
"""Characters of the median text, and of the text that three quarters do not reach: about 75 and 230
tokens of an English WordPiece vocabulary."""
SHORTEST, LONGEST = 20, 8000
WORDS = range(4, 10)
"""Of a short text: about 12 tokens."""


def mixed_texts(count: int) -> list[str]:
    """`count` docstrings, the same ones on every machine with this version of Python.

    Half of them are below the first of `BOUNDS`, a quarter between them and a quarter above; within
    these parts lengths are as the library's authors wrote them. Short and long ones come in turn.
    """
    middle, upper = BOUNDS
    ordered = sorted(set(docstrings()), key=_digest)
    short = iter([text for text in ordered if len(text) < middle])
    medium = iter([text for text in ordered if middle <= len(text) < upper])
    long = iter([text for text in ordered if len(text) >= upper])
    return _taken((long, short, medium, short), count)


def long_texts(count: int) -> list[str]:
    """`count` docstrings of the longest quarter, the same ones on every machine with this Python."""
    ordered = sorted(set(docstrings()), key=_digest)
    return _taken((iter([text for text in ordered if len(text) >= BOUNDS[1]]),), count)


def short_texts(count: int) -> list[str]:
    """`count` first sentences of docstrings, each of a few words."""
    sentences = {" ".join(text.partition("\n\n")[0].split()) for text in docstrings()}
    short = [text for text in sentences if len(text.split()) in WORDS]
    return _taken((iter(sorted(short, key=_digest)),), count)


@cache
def docstrings() -> tuple[str, ...]:
    """Every docstring of `MODULES`, read from their sources; nothing of them is imported."""
    return tuple(_read())


def _read() -> Iterator[str]:
    for name in MODULES:
        source = _source(name)
        if source is None:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
                text = inspect.cleandoc(ast.get_docstring(node) or "")
                if SHORTEST <= len(text) <= LONGEST:
                    yield text


def _taken(parts: Sequence[Iterator[str]], count: int) -> list[str]:
    """One from each part in turn."""
    texts = [
        text
        for _, part in zip(range(count), cycle(parts), strict=False)
        for text in islice(part, 1)
    ]
    if len(texts) < count:
        raise RuntimeError(
            f"This Python's library has docstrings for {len(texts)} of {count} texts"
            " (python -OO and stripped libraries have none)."
        )
    return texts


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
