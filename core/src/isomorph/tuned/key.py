"""On what a choice depends: the model's weights, the machine, and every version that took part."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from isomorph.compile_cache.identity import instructions, weight_files
from isomorph.contract import BackendInfo
from isomorph.files.digest import content
from isomorph.machine.cpu import available_cpus
from isomorph.model.model import Model
from isomorph.version import __version__


@dataclass(frozen=True, slots=True)
class Key:
    """A choice is of one model on one machine, and holds while versions stay."""

    model: str
    """The content of the weights, in hexadecimal."""
    machine: str
    """The processor and the CPUs that this process may use, in hexadecimal."""

    @property
    def file(self) -> str:
        """The name of the file that keeps the choice."""
        return f"{hashlib.sha256(f'{self.model} {self.machine}'.encode()).hexdigest()[:40]}.json"


def key_of(model: Model) -> Key:
    """The key of a model here. Reads samples of its weights, whatever its folder is called.

    Raises:
        ModelChanged: a weight file is no longer what was read.
    """
    found = hashlib.sha256()
    files = weight_files(model)
    for file in files:
        with file.open() as stream:
            found.update(content(stream, file.identity.size))
    if not files:  # a model of prebuilt files alone
        found.update(repr(sorted(model.files.digests().items())).encode())
    machine = hashlib.sha256(instructions() + f"{available_cpus()}".encode())
    return Key(found.hexdigest(), machine.hexdigest())


def versions(infos: Iterable[BackendInfo]) -> Mapping[str, str]:
    """Those of isomorph, and of backends and their engines, by the backend's name."""
    return {"isomorph": __version__, **{info.name: _versions_of(info) for info in infos}}


def _versions_of(info: BackendInfo) -> str:
    engines = sorted({name.partition(".")[0] for name in info.requires})
    return ", ".join([info.distribution, *map(_version, engines)])


def _version(package: str) -> str:
    """That of the distribution with the package's name; else when its first file was written.

    Which distribution owns a package is known only after all lists of files were read, which takes as long
    as the rest of a load.
    """
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        found = find_spec(package)
    if found is None:
        return f"{package} absent"
    first = Path(found.origin) if found.origin else None
    if first is None or not first.is_file():
        return f"{package} {sorted(found.submodule_search_locations or ())}"
    there = first.stat()
    return f"{package} of {there.st_mtime_ns}, {there.st_size} bytes"
