"""What rows of an output are made of: a change in any of it makes vectors of another model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isomorph.resolve.integrity import sha256_of

if TYPE_CHECKING:
    from isomorph.files.folder import Folder

Setting = str | bool | int | None
_TOLD = 5  # files of a message


@dataclass(frozen=True, slots=True)
class Origin:
    """The settings of a run, and the SHA-256 of every file of the model that was read, by its name."""

    settings: Mapping[str, Setting]
    files: Mapping[str, str]

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Origin:
        """From a journal's content.

        Raises:
            ValueError: says what is wrong with it.
        """
        settings, files = content.get("settings"), content.get("files")
        if not isinstance(settings, Mapping) or not isinstance(files, Mapping) or not files:
            raise ValueError("it does not say what the rows were made of")
        if not all(isinstance(value, Setting) for value in settings.values()):
            raise ValueError("settings are no texts or numbers")
        if not all(isinstance(value, str) for value in files.values()):
            raise ValueError("files have no checksums")
        return cls(settings, files)

    def differences(self, now: Origin) -> list[str]:
        """What is not as it was, in words; [] for the same model with the same settings."""
        names = sorted({*self.settings, *now.settings})
        found = [
            f"another {name} ({self.settings.get(name)!r}, now {now.settings.get(name)!r})"
            for name in names
            if self.settings.get(name) != now.settings.get(name)
        ]
        changed = [f"{name} {what}" for name in self.files if (what := self._change(name, now))]
        changed += [f"{name} is new" for name in now.files if name not in self.files]
        if changed:
            found.append(f"another content of the model ({', '.join(changed[:_TOLD])})")
        return found

    def _change(self, name: str, now: Origin) -> str:
        if name not in now.files:
            return "is gone"
        return "" if now.files[name] == self.files[name] else "has changed"


def checksums(files: Folder, also: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of the files of a model that were met so far, whole: a sample may miss a change.

    Args:
        files: the model's folder, which refuses a file that changed since it was met.
        also: names of further files, which need not be there.
        known: checksums of files that were met before.

    Raises:
        ModelChanged: a file is no longer what was met.
    """
    found = {}
    for name in sorted({*files.noted(), *also}):
        if files.file(name) is None:
            continue
        if name in known:
            found[name] = known[name]
            continue
        with files.open(name) as stream:
            found[name] = sha256_of(stream)
    return found
