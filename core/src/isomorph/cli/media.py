"""The files that ``isomorph embed --images`` and its like take: those of a folder, or of a pattern."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from isomorph.errors import InputError
from isomorph.preprocess.pixels.forms import ENDINGS as OF_IMAGES
from isomorph.preprocess.sound.recognise import ENDINGS as OF_SOUNDS
from isomorph.preprocess.video.forms import ENDINGS as OF_VIDEOS


@dataclass(frozen=True, slots=True)
class Kind:
    """Files of one modality: what they are called, and how their names end."""

    modality: str
    called: str
    endings: Collection[str]


KINDS: Mapping[str, Kind] = {
    "images": Kind("image", "images", OF_IMAGES),
    "audio": Kind("audio", "sounds", OF_SOUNDS),
    "videos": Kind("video", "videos", OF_VIDEOS),
}
"""By the option that asks for them."""


def listing(place: str, kind: Kind) -> bytes:
    """The paths, one a line, in the order of their names.

    Args:
        place: a folder, of which all files count that end as those of the kind do, at any depth; or a
            pattern such as ``photos/*.jpg``.
        kind: what is looked for.

    Raises:
        InputError: there is none, or a name holds the end of a line.
    """
    found = sorted(str(path) for path in _files(place, kind))
    if not found:
        raise InputError(
            f"There are no {kind.called} at {place!r}; name a folder or a pattern of files."
        )
    for path in found:
        if "\n" in path or path.endswith("\r"):
            raise InputError(f"The name {path!r} holds the end of a line; rename the file.")
    return "".join(f"{path}\n" for path in found).encode("utf-8", "surrogateescape")


def _files(place: str, kind: Kind) -> Iterator[Path]:
    folder = Path(place)
    if folder.is_dir():
        every = folder.rglob("*")
        yield from (
            each for each in every if each.suffix.lower() in kind.endings and each.is_file()
        )
        return
    anchor = Path(folder.anchor)
    pattern = str(folder.relative_to(anchor)) if folder.anchor else place
    try:
        yield from (each for each in anchor.glob(pattern) if each.is_file())
    except ValueError as cause:
        raise InputError(f"{place!r} is no pattern of files: {cause}.") from cause
