"""Faults of a whole file: what happens to its bytes, or to its place in the folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

Fault = Callable[[Path], None]
"""Spoils a file that exists."""

HUGE = 8 << 30


def _rewritten(change: Callable[[bytes], bytes]) -> Fault:
    return lambda path: _write(path, change(path.read_bytes()))


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _linked_out(path: Path) -> None:
    """The file itself lies beside the model folder, whose parent is the case's own."""
    outside = Path(os.environ["HOSTILE_OUTSIDE"]) / path.name
    shutil.move(path, outside)
    path.symlink_to(outside)


def _dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("not-there")


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _grown(path: Path) -> None:
    """Zeros without end behind the content, which take no room on the disk."""
    os.truncate(path, HUGE)


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _middle(content: bytes) -> int:
    return len(content) // 2


ANY: Mapping[str, Fault] = {
    "missing": lambda path: path.unlink(),
    "empty": _rewritten(lambda content: b""),
    "blank": _rewritten(lambda content: b" \n\n "),
    "truncated": _rewritten(lambda content: content[: _middle(content)]),
    "cut-by-a-byte": _rewritten(lambda content: content[:-1]),
    "zeros": _rewritten(lambda content: bytes(len(content))),
    "noise": _rewritten(lambda content: bytes((i * 37 + 200) % 256 for i in range(300))),
    "more-behind": _rewritten(lambda content: content + b"\n{]garbage"),
    "grown": _grown,
    "linked-out": _linked_out,
    "dangling-link": _dangling,
    "link-to-itself": _loop,
    "link-to-a-device": _device,
    "a-folder": _folder,
    "a-pipe": _pipe,
}
"""Faults of a file of any kind."""

TEXT: Mapping[str, Fault] = {
    "zeros-within": _rewritten(lambda c: c[: _middle(c)] + bytes(4) + c[_middle(c) + 4 :]),
    "not-utf-8": _rewritten(lambda c: c[: _middle(c)] + b"\xff\xfe\xe4" + c[_middle(c) :]),
    "utf-16": _rewritten(lambda content: content.decode().encode("utf-16")),
    "byte-order-mark": _rewritten(lambda content: b"\xef\xbb\xbf" + content),
    "line-ends": _rewritten(lambda content: content.replace(b"\n", b"\r\n")),
    "doubled": _rewritten(lambda content: content + content),
    "one-long-line": _rewritten(lambda content: b"x" * 3_000_000),
}
"""Faults of a file that holds text."""

JSON: Mapping[str, Fault] = {
    "holds-null": _rewritten(lambda content: b"null"),
    "holds-a-list": _rewritten(lambda content: b"[]"),
    "holds-an-object": _rewritten(lambda content: b"{}"),
    "holds-a-number": _rewritten(lambda content: b"5"),
    "holds-a-text": _rewritten(lambda content: b'"a"'),
    "deep-document": _rewritten(lambda content: b"[" * 200_000 + b"]" * 200_000),
    "deep-and-open": _rewritten(lambda content: b'{"a":' * 200_000),
}
"""Faults of a file that holds JSON."""


def faults_of(name: str) -> Mapping[str, Fault]:
    """The faults of a file of this name."""
    found = dict(ANY)
    if name.endswith((".json", ".txt", ".md", ".xml", ".jsonl", ".metadata")):
        found.update(TEXT)
    if name.endswith((".json", ".metadata")):
        found.update(JSON)
    if name.endswith(".part"):
        del found["zeros"]  # rows of zeros are rows: a journal vouches for how many there are
    return found
