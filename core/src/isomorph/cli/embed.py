"""``isomorph embed``: vectors of a file of any length, in memory that does not grow with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from isomorph.cli.options import Backend, DeviceName

if TYPE_CHECKING:
    from isomorph.cli.writers import Writer
    from isomorph.models.sentence_transformer import SentenceTransformer


def embed(
    file: Annotated[str, typer.Argument(help="UTF-8, one text a line; - is stdin.")],
    model: Annotated[str, typer.Option("--model", "-m", help="As for 'isomorph explain'.")],
    output: Annotated[str, typer.Option("--output", "-o", help="X.npy, X.jsonl, or - (jsonl).")],
    backend: Backend = None,
    device: DeviceName = None,
    prompt_name: Annotated[str | None, typer.Option(help="One of the model's prompts.")] = None,
    normalize: Annotated[bool, typer.Option(help="Vectors of length 1.")] = False,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Most texts a forward.")] = None,
) -> None:
    """Embed the lines of a file (or of stdin: -) into a .npy or .jsonl file."""
    from isomorph.cli.writers import check_output, open_writer
    from isomorph.models.sentence_transformer import SentenceTransformer

    check_output(output, file)
    with (
        _open(file) as lines,
        SentenceTransformer(model, backend=backend, device=device) as loaded,
        open_writer(output, loaded.get_embedding_dimension() or 0) as writer,
    ):
        cut = _stream(loaded, lines, file, writer, (prompt_name, normalize, batch_size))
    said = f", {cut} cut at {loaded.max_seq_length} tokens" if cut else ""
    sys.stderr.write(f"{writer.count} vectors -> {output}{said}\n")


def _stream(
    model: SentenceTransformer,
    lines: IO[bytes],
    file: str,
    writer: Writer,
    settings: tuple[str | None, bool, int | None],
) -> int:
    """Embeds window after window; returns how many texts were cut."""
    from tqdm import tqdm

    from isomorph.cli.lines import windows

    prompt_name, normalize, batch_size = settings
    standard_input = file == "-"
    total = None if standard_input else Path(file).stat().st_size or None
    cut = 0
    # disable=None: no bar where stderr is not a terminal.
    with tqdm(total=total, unit="B", unit_scale=True, desc="Embedding", disable=None) as bar:
        for texts, taken in windows(lines, "stdin" if standard_input else file):
            vectors = model.encode(
                texts,
                prompt_name=prompt_name,
                batch_size=batch_size,
                normalize_embeddings=normalize,
            )
            writer.write(vectors)
            cut += len(model.report().truncated)
            bar.update(taken)
            bar.set_postfix(texts=writer.count)
    return cut


@contextmanager
def _open(file: str) -> Iterator[IO[bytes]]:
    """The file's bytes, or those of stdin, which stays open."""
    if file == "-":
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as stream:
        yield stream
