"""What is asked of a spoilt folder: each door gives values or lets an exception through, by backend."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from parity import clap_models, mingled_models, tower_models

from isomorph.testing.tiny_sounds import RATE, sound

if TYPE_CHECKING:
    from hostile.kinds import Kind

TEXTS = ("the cat sat in the sun", "query: a dog ran, 2 birds sang?")
PAIRS = (("a cat sat", "the old dog"), ("rain", "red bird and the sea of 7 suns"))


def _pictures() -> list[Any]:
    return tower_models.pictures()[:2]


def _sounds(rate: int = RATE) -> list[Any]:
    return [{"array": sound(s, 3, rate), "sampling_rate": rate} for s in (0.3, 0.62)]


def _messages() -> list[Any]:
    named = mingled_models.inputs(mingled_models.pictures())
    return [named[name] for name in ("text", "wide", "image, text", "conversation")]


INPUTS: Mapping[str, Callable[[], list[Any]]] = {
    "texts": lambda: list(TEXTS),
    "queries": lambda: list(TEXTS),
    "pictures": _pictures,
    "pictures and texts": lambda: [*_pictures(), *TEXTS],
    "sounds": _sounds,
    "sounds and texts": lambda: [*_sounds(clap_models.RATE), *TEXTS],
    "messages": _messages,
}
"""What models are asked about, by the name that a kind says."""
Ask = Callable[[], NDArray[np.float32]]
Door = Callable[[Path, "Kind"], Iterator[tuple[str, Ask]]]


@cache
def backends() -> dict[str, tuple[str, ...]]:
    """The backends that run here, with the patterns of what their sessions save; our own kernels first."""
    from isomorph.errors import BackendError
    from isomorph.plugins.discovery import installed

    found = {}
    expected = [name for name in os.environ.get("ISOMORPH_EXPECT", "").split(",") if name]
    for info in sorted(installed().infos, key=lambda info: not info.fallback):
        try:
            installed().backend(info.name).devices()
        except BackendError:
            if info.name in expected:
                raise
            continue
        found[info.name] = info.artifacts
    return found


def plainest() -> str:
    """The backend whose values are the measure."""
    return next(iter(backends()))


def values(model: Any, asked: Kind) -> NDArray[np.float32]:
    """What a model of any class, ours or another library's, says of a few inputs: one array.

    Each input goes alone: what that library makes of a text may depend on the padding beside it.
    """
    kind, task = type(model).__name__, asked.task
    alone: dict[str, Any] = {"batch_size": 1}
    if asked.inputs not in ("texts", "queries"):
        rows = [model.encode([one], **alone)[0] for one in INPUTS[asked.inputs]()]
        return np.asarray(rows, np.float32)
    if kind == "CrossEncoder":
        return np.asarray(model.predict(list(PAIRS), **alone), np.float32)
    if kind == "SparseEncoder":
        encode = model.encode_query if asked.inputs == "queries" else model.encode
        rows = encode(list(TEXTS), convert_to_sparse_tensor=False, **alone)
        return np.stack([np.asarray(row, np.float32) for row in rows])
    if kind == "MultiVectorEncoder":
        rows = model.encode_document(list(TEXTS), **alone)
        return np.concatenate([np.asarray(row, np.float32) for row in rows])
    route = {} if task is None else {"task": task}
    return np.asarray(model.encode(list(TEXTS), **route, **alone), np.float32)


def door(name: str) -> Door:
    """The door of this name; ``NAME by BACKEND`` is open to one backend alone."""
    name, _, backend = name.partition(" by ")
    opened = _DOORS[name]
    if not backend:
        return opened
    return lambda folder, kind: (pair for pair in opened(folder, kind) if pair[0] == backend)


def load(folder: str | Path, kind: Kind, backend: str, **given: Any) -> NDArray[np.float32]:
    """The values of the model in a folder."""
    import isomorph

    with getattr(isomorph, kind.of)(folder, backend=backend, device="cpu", **given) as model:
        return values(model, kind)


def _encode(folder: Path, kind: Kind) -> Iterator[tuple[str, Ask]]:
    for backend in backends():
        yield backend, lambda backend=backend: load(folder, kind, backend)


def _verify(folder: Path, kind: Kind) -> Iterator[tuple[str, Ask]]:
    for backend in backends():
        yield backend, lambda backend=backend: load(folder, kind, backend, verify=True)


def _saved_with_card(folder: Path, kind: Kind) -> Iterator[tuple[str, Ask]]:
    def ask() -> NDArray[np.float32]:
        from isomorph import SentenceTransformer

        saved = folder.with_name(f"{folder.name}-saved")
        with SentenceTransformer(folder, backend=plainest()) as model:
            model.save_pretrained(saved, train_datasets=["owner/data"])
        assert "owner/data" in (saved / "README.md").read_text("utf-8")
        return load(saved, kind, plainest())

    yield "saving", ask


def _unpacked(folder: Path, kind: Kind) -> Iterator[tuple[str, Ask]]:
    def ask() -> NDArray[np.float32]:
        from isomorph.resolve.archive import unpack

        with _environment(ISOMORPH_CACHE=str(folder / "cache")):
            return load(unpack(folder / "model.zip", "hostile"), kind, plainest())

    yield "unpacking", ask


def _from_cache(folder: Path, kind: Kind) -> Iterator[tuple[str, Ask]]:
    given = {"cache_folder": str(folder), "local_files_only": True}
    yield "resolving", lambda: load("org/name", kind, plainest(), **given)


def _compiled(folder: Path, kind: Kind) -> Iterator[tuple[str, Ask]]:
    def ask(backend: str) -> NDArray[np.float32]:
        with _environment(ISOMORPH_CACHE=str(folder / "kept"), ISOMORPH_COMPILED="1GB"):
            return load(folder / "model", kind, backend)

    for backend in backends():
        yield backend, lambda backend=backend: ask(backend)


def fill(folder: Path, backend: str) -> None:
    """Lets a backend keep what it compiles of the model in a folder."""
    from hostile.kinds import Kind

    kind = Kind("", lambda path: None, ())
    dict(_compiled(folder, kind))[backend]()


def prove(folder: Path) -> None:
    """Adds probes with the values of our own kernels to the model in a folder."""
    from isomorph import SentenceTransformer
    from isomorph.export.probes import Recorded, make_probes, prepare_probes, write_recorded
    from isomorph.export.replay import run_all, summary

    with SentenceTransformer(folder, backend=plainest()) as model:
        pipeline = model.__loaded__().pipeline
        probes = make_probes(pipeline.preparer, model.max_seq_length)[::8]
        encoded = prepare_probes(pipeline.preparer, probes)
        rows = run_all(pipeline.runner("sentence_embedding"), encoded, mixed=False)
    vectors = np.stack([summary(row) for row in rows])
    write_recorded(
        [Recorded("sentence_embedding", 1e-4, {"isomorph": "0"}, probes, vectors)], folder
    )


def _embed(folder: Path, *more: str) -> None:
    from isomorph.cli import lines
    from isomorph.cli.main import app

    source, out = folder / "texts.txt", folder / "out.npy"
    command = [
        "--debug",
        "embed",
        str(source),
        "-m",
        str(folder / "model"),
        "-b",
        plainest(),
        "-o",
        str(out),
    ]
    windows = lines.windows
    lines.windows = lambda *a, **k: windows(*a, **{"lines": 2, **k})
    try:
        app([*command, *more], standalone_mode=False)
    finally:
        lines.windows = windows


def embed_unfinished(folder: Path) -> None:
    """Leaves the output of an `isomorph embed` that was stopped after its second window."""
    from isomorph.cli.journal import Journal

    texts = [*TEXTS, *(f"a cat sat {number} times" for number in range(6))]
    (folder / "texts.txt").write_text("\n".join(texts), "utf-8")
    tell = Journal.tell

    def stopping(self: Journal, progress: Any, *more: Any) -> None:
        tell(self, progress, *more)
        if progress.rows >= 4:
            raise KeyboardInterrupt

    Journal.tell = stopping  # type: ignore[method-assign]
    try:
        _embed(folder)
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        Journal.tell = tell  # type: ignore[method-assign]
    journal = folder / "out.npy.part.json"
    told: dict[str, Any] = json.loads(journal.read_text("utf-8"))
    journal.write_text(json.dumps(told).replace(json.dumps(str(folder / "model")), '"MODEL"'))


def _resumed(folder: Path, kind: Kind) -> Iterator[tuple[str, Ask]]:
    def ask() -> NDArray[np.float32]:
        journal = folder / "out.npy.part.json"
        if journal.is_file() and not journal.is_symlink() and journal.stat().st_size < 1 << 20:
            told = journal.read_bytes()
            journal.write_bytes(told.replace(b"MODEL", os.fsencode(folder / "model")))
        _embed(folder, "--resume")
        return np.load(folder / "out.npy").astype(np.float32)

    yield "resuming", ask


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


_DOORS: Mapping[str, Door] = {
    "encode": _encode,
    "verify": _verify,
    "saved_with_card": _saved_with_card,
    "unpacked": _unpacked,
    "from_cache": _from_cache,
    "compiled": _compiled,
    "resumed": _resumed,
}
