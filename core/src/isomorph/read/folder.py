"""A model folder from which no path leads out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from isomorph.errors import BadModel


@dataclass(frozen=True, slots=True)
class Folder:
    """Files of a model by relative name; whatever points outside is refused.

    A snapshot in a Hub cache (``models--…/snapshots/COMMIT``) consists of symbolic links to blobs
    elsewhere in that cache; links that stay inside the cache are followed, others are not.
    """

    root: Path

    def path(self, *parts: str) -> Path:
        """The path of a file or subfolder, which need not exist.

        Raises:
            BadModel: the name is absolute, climbs out with ``..``, or is a link that leads outside.
        """
        relative = PurePosixPath(*(part.replace("\\", "/") for part in parts if part))
        if relative.is_absolute() or ".." in relative.parts:
            raise BadModel(
                f"{'/'.join(parts)!r} leads out of the model folder {self.root}; refused."
            )
        path = self.root / relative
        real = path.resolve()
        if not any(real.is_relative_to(root) for root in self._roots()):
            raise BadModel(f"{path} is a link to {real}, outside of the model folder; refused.")
        return path

    def file(self, *parts: str) -> Path | None:
        """The path of an existing file, or None."""
        path = self.path(*parts)
        return path if path.is_file() else None

    def _roots(self) -> tuple[Path, ...]:
        root = self.root.resolve()
        if self.root.parent.name == "snapshots":
            return root, self.root.parent.parent.parent.resolve()
        return (root,)
