"""Weight files that are replaced whole.

A weight file may be mapped by the very model that is being saved, so it is never written in place:
the new file is written beside it and takes its name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save_file

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
_SHARDS = "model-*-of-*.safetensors"


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A fresh folder whose files move into `folder` when all of them are written.

    Weights that were split differently before go away, since a reader would prefer or mix them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".saving-") as name:
        fresh = Path(name)
        yield fresh
        written = {path.name for path in fresh.iterdir() if path.is_file()}
        for file in written:
            (fresh / file).replace(folder / file)
    for stale in (folder / WEIGHTS, folder / INDEX, *folder.glob(_SHARDS)):
        if stale.name not in written:
            stale.unlink(missing_ok=True)


def save_tensors(tensors: Mapping[str, torch.Tensor], folder: Path) -> None:
    """Writes one ``model.safetensors``; nothing where there are no tensors."""
    if not tensors:
        return
    stored = {name: t.detach().to("cpu").contiguous() for name, t in tensors.items()}
    with replacing(folder) as fresh:
        save_file(stored, fresh / WEIGHTS, metadata={"format": "pt"})
