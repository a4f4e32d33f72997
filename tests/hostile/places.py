"""Kinds of files that are no model's own: proofs, archives, journals, cards, caches, artifacts."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from hostile.doors import backends, embed_unfinished, fill, prove
from hostile.kinds import Kind

from isomorph.testing import models

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "models--org--name"
MODEL = "pool-cls"


def kinds() -> Iterator[Kind]:
    """The kinds; those of artifacts follow from the backends that are installed."""
    yield Kind("probes", _proven, ("isomorph-probes.json",), "verify")
    yield Kind("card", _with_card, ("README.md",), "saved_with_card")
    yield Kind("archive", _packed, ("model.zip",), "unpacked")
    yield Kind("journal", _unfinished, ("out.npy.part.json", "out.npy.part"), "resumed")
    for name, write in {"cache": _cached, "cache without a listing": _unlisted}.items():
        yield Kind(name, write, _files_of_a_cache(), "from_cache", whole=("*/snapshots/*",))
    for name, patterns in backends().items():
        if patterns:
            yield Kind(f"artifact of {name}", partial(_saved, name), patterns, f"encode by {name}")
            kept = partial(_compiled, name)
            yield Kind(f"compiled by {name}", kept, ("kept/**/*",), f"compiled by {name}")


def _compiled(backend: str, folder: Path) -> None:
    """A model beside a folder with what a backend keeps of it; some keep nothing."""
    model = models.write(MODEL, folder / "model")
    os.utime(model / "model.safetensors", (1, 1))  # which is part of the name of what is kept
    fill(folder, backend)


def _proven(folder: Path) -> None:
    prove(models.write(MODEL, folder))


def _with_card(folder: Path) -> None:
    models.write(MODEL, folder)
    header = "language: en\ntags:\n- a\n- b\nlicense: mit\nmodel-index:\n- name: x\n  results: []"
    (folder / "README.md").write_text(f"---\n{header}\n---\n\n# A model\n\nText.\n", "utf-8")


def _packed(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = models.write(MODEL, folder.parent / f"{folder.name}-packed")
    with zipfile.ZipFile(folder / "model.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(model.rglob("*")):
            packed.write(path, path.relative_to(model))
    shutil.rmtree(model)


def _unfinished(folder: Path) -> None:
    models.write(MODEL, folder / "model")
    embed_unfinished(folder)


def _files_of_a_cache() -> tuple[str, ...]:
    inside = f"snapshots/{COMMIT}"
    files = (
        "refs/main",
        f"trees/{COMMIT}.json",
        f"{inside}/modules.json",
        f"{inside}/1_Pooling/config.json",
        f"{inside}/model.safetensors",
    )
    return tuple(f"{REPOSITORY}/{file}" for file in files)


def _cached(folder: Path) -> None:
    """As the Hub's own library leaves a repository: blobs, and a snapshot of links to them."""
    _unlisted(folder)
    storage = folder / REPOSITORY
    snapshot = storage / "snapshots" / COMMIT
    files = {
        str(path.relative_to(snapshot)): {"size": path.stat().st_size}
        for path in sorted(snapshot.rglob("*"))
        if path.is_file()
    }
    (storage / "trees").mkdir()
    listing = {"format_version": 1, "files": files}
    (storage / "trees" / f"{COMMIT}.json").write_text(json.dumps(listing), "utf-8")


def _unlisted(folder: Path) -> None:
    """As older versions leave it: no listing, but `.gitattributes`, which only whole downloads have."""
    storage = folder / REPOSITORY
    (storage / "refs").mkdir(parents=True)
    (storage / "refs" / "main").write_text(COMMIT)
    (storage / "blobs").mkdir()
    model = models.write(MODEL, folder / "whole")
    (model / ".gitattributes").write_text("*.safetensors filter=lfs\n")
    for number, path in enumerate(sorted(model.rglob("*"))):
        if path.is_dir():
            continue
        link = storage / "snapshots" / COMMIT / path.relative_to(model)
        link.parent.mkdir(parents=True, exist_ok=True)
        blob = storage / "blobs" / f"{number:040x}"
        shutil.move(path, blob)
        link.symlink_to(os.path.relpath(blob, link.parent))
    shutil.rmtree(model)


def _saved(backend: str, folder: Path) -> None:
    """A model with what a backend saves beside it."""
    from isomorph import SentenceTransformer

    source = models.write(MODEL, folder.parent / f"{folder.name}-source")
    with SentenceTransformer(source, backend=backend) as model:
        model.save_pretrained(folder)
    shutil.rmtree(source)
