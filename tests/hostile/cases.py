"""The cases: every kind of file with every fault that applies to it, and a sample over all of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path

from hostile import archives, files, tensors, values
from hostile.kinds import Kind, kinds

_DIGEST = re.compile(r"(?<=/)[0-9a-f]{32,}(?=/)")
"""A folder that is named by what is in it: its name differs from machine to machine."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fault at one place of one file of a kind.

    ``place`` is a pointer into JSON as text, the name of a tensor, or "" for the whole file.
    """

    kind: str
    file: str
    place: str
    fault: str

    def __str__(self) -> str:
        return f"{self.kind} | {self.file} | {self.place} | {self.fault}"

    @classmethod
    def named(cls, name: str) -> Case:
        """The case of a name that `str` has given."""
        return cls(*name.split(" | "))

    @property
    def rank(self) -> str:
        """A place in an order that is as good as drawn, and the same everywhere."""
        return hashlib.sha256(str(self).encode()).hexdigest()

    def spoil(self, folder: Path) -> None:
        """Does to a folder what the case says."""
        (path,) = folder.glob(self.file)
        if self.file.endswith(".zip") and self.fault in archives.FAULTS:
            archives.FAULTS[self.fault](path)
        elif not self.place:
            files.faults_of(self.file)[self.fault](path)
        elif self.file.endswith(".safetensors"):
            path.write_bytes(tensors.spoilt(path.read_bytes(), self.place, self.fault))
        else:
            content = json.loads(path.read_text("utf-8"))
            text = values.spoil(content, tuple(json.loads(self.place)), self.fault)
            path.write_text(text, "utf-8", errors="surrogatepass")


def cases_of(kind: Kind, folder: Path) -> Iterator[Case]:
    """The cases of one kind, whose unspoilt files are in `folder`."""
    found = (path for pattern in kind.files for path in folder.glob(pattern) if path.is_file())
    for path in sorted(set(found)):
        name = _DIGEST.sub("*", str(path.relative_to(folder)))
        for fault in files.faults_of(name):
            yield Case(kind.name, name, "", fault)
        if any(fnmatch(name, pattern) for pattern in kind.whole):
            continue
        if name.endswith(".zip"):
            for fault in archives.FAULTS:
                yield Case(kind.name, name, "", fault)
        if name.endswith(".json"):
            yield from _within(kind, name, path)
        if name.endswith(".safetensors"):
            for tensor in tensors.names_in(path.read_bytes()):
                for fault in tensors.FAULTS:
                    yield Case(kind.name, name, tensor, fault)


def _within(kind: Kind, name: str, path: Path) -> Iterator[Case]:
    content = json.loads(path.read_text("utf-8"))
    for pointer in values.pointers(content):
        for fault in values.faults_at(content, pointer):
            yield Case(kind.name, name, json.dumps(pointer), fault)


def all_cases(folder: Path) -> list[Case]:
    """Every case there is; the kinds are written below `folder` to be looked at."""
    found: list[Case] = []
    for number, kind in enumerate(kinds().values()):
        place = folder / str(number)
        kind.write(place)
        found += cases_of(kind, place)
    return found


def sample(cases: Sequence[Case], count: int) -> list[Case]:
    """So many of the cases: one of each kind and fault first, then a second of each, and so on."""
    groups: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in sorted(cases, key=lambda case: case.rank):
        groups[case.kind, case.fault].append(case)
    turns = sorted(
        ((turn, case.rank, case) for group in groups.values() for turn, case in enumerate(group)),
        key=lambda one: one[:2],
    )
    return [case for _, _, case in turns[:count]]


def batches(cases: Sequence[Case], parts: int) -> list[list[Case]]:
    """The cases in the order of their kinds, in so many parts of about the same size."""
    ordered = sorted(cases, key=lambda case: (case.kind, case.rank))
    edges = [len(ordered) * part // parts for part in range(parts + 1)]
    return [ordered[begin:end] for begin, end in pairwise(edges)]
