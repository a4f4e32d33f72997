"""``isomorph embed``: vectors of a file of any length, in memory that does not grow with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from isomorph.cli.options import Backend, DeviceName
from isomorph.errors import InputError

if TYPE_CHECKING:
    from isomorph.bar import TextBar
    from isomorph.cli.journal import Journal, Progress
    from isomorph.cli.writers import Writer
    from isomorph.models.sentence_transformer import SentenceTransformer


@dataclass(frozen=True, slots=True)
class Settings:
    """How texts become vectors."""

    prompt_name: str | None
    normalize: bool
    batch_size: int | None


def embed(
    file: Annotated[str, typer.Argument(help="UTF-8, one text a line; - is stdin.")],
    model: Annotated[str, typer.Option("--model", "-m", help="As for 'isomorph explain'.")],
    output: Annotated[str, typer.Option("--output", "-o", help="X.npy, X.parquet, X.jsonl, or - (jsonl).")],
    backend: Backend = None,
    device: DeviceName = None,
    prompt_name: Annotated[str | None, typer.Option(help="One of the model's prompts.")] = None,
    normalize: Annotated[bool, typer.Option(help="Vectors of length 1.")] = False,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Most texts a forward.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Throw an interrupted run away.")] = False,
) -> None:  # fmt: skip
    """Embed the lines of a file (or of stdin: -) into a .npy, .parquet or .jsonl file."""
    from isomorph.cli.writers import check_output, standard_output
    from isomorph.models.sentence_transformer import SentenceTransformer

    check_output(output, file)
    if resume and "-" in (file, output):
        raise InputError("--resume needs an input and an output that are files.")
    settings = Settings(prompt_name, normalize, batch_size)
    with (
        _open(file) as lines,
        SentenceTransformer(model, backend=backend, device=device) as loaded,
    ):
        dim = loaded.get_embedding_dimension() or 0
        if output == "-":
            writer = standard_output(dim)
            cut = _stream(loaded, lines, file, writer, settings, None)
            sys.stdout.buffer.flush()
        else:
            journal = _journal(loaded, model, output, settings)
            before = _unfinished(journal, resume, restart)
            writer, cut = _into_file(loaded, lines, file, journal, before, settings)
    said = f", {cut} cut at {loaded.max_seq_length} tokens" if cut else ""
    sys.stderr.write(f"{writer.count} vectors -> {output}{said}\n")


def _journal(model: SentenceTransformer, name: str, output: str, settings: Settings) -> Journal:
    from isomorph.cli.journal import Journal

    asked = {
        "model": name,
        "backend": model.get_backend(),
        "prompt": settings.prompt_name,
        "normalize": settings.normalize,
    }
    return Journal(Path(output).resolve(), asked)  # through a link, whose target is then replaced


def _unfinished(journal: Journal, resume: bool, restart: bool) -> Progress | None:
    """What to go on with.

    Raises:
        InputError: there is an unfinished run, and the user has not said what to do with it.
    """
    if restart:
        journal.forget()
    before = journal.found()
    if before is not None and not resume:
        raise InputError(
            f"{journal.part.name} holds {before.rows} vectors of an interrupted run. Go on with --resume, "
            "or begin anew with --restart."
        )
    return before


def _into_file(
    model: SentenceTransformer, lines: IO[bytes], file: str, journal: Journal,
    before: Progress | None, settings: Settings,
) -> tuple[Writer, int]:  # fmt: skip
    """Writes the part, then the file; an unfinished part with rows in it stays, to be gone on with."""
    from isomorph.cli.journal import go_on
    from isomorph.cli.writers import FORMATS

    make = FORMATS[journal.output.suffix.lower()]
    if before is not None:
        go_on(lines, before, file)
    with journal.part.open("r+b" if before else "wb") as stream:
        if before is not None:
            stream.truncate(before.written)
            stream.seek(before.written)
        try:
            dim = model.get_embedding_dimension() or 0
            writer = make(stream, dim, before.rows if before else 0)
            cut = _stream(model, lines, file, writer, settings, journal, before)
            stream.flush()
            os.fsync(stream.fileno())
        except BaseException:
            if not journal.file.exists():
                journal.forget()
            raise
    writer.publish(journal.part, journal.output)
    journal.forget()
    return writer, cut


def _stream(
    model: SentenceTransformer, lines: IO[bytes], file: str, writer: Writer, settings: Settings,
    journal: Journal | None, before: Progress | None = None,
) -> int:  # fmt: skip
    """Embeds window after window; returns how many texts were cut."""
    from isomorph.bar import TextBar
    from isomorph.cli.journal import Progress
    from isomorph.cli.lines import windows
    from isomorph.progress import listening

    standard_input = file == "-"
    total = None if standard_input else Path(file).stat().st_size or None
    done = before or Progress()
    # How many texts there are is not known before the end, but how many bytes.
    with TextBar(total, None, "Embedding", (done.read, done.rows), disable=None) as bar:
        numbered = windows(lines, "stdin" if standard_input else file, first=done.rows + 1)
        for texts, taken in numbered:
            with listening(partial(_advance, bar, len(texts), taken)):
                vectors, call = model.encode(
                    texts,
                    prompt_name=settings.prompt_name,
                    batch_size=settings.batch_size,
                    normalize_embeddings=settings.normalize,
                    on_long="report",  # one line at the end says it
                    return_report=True,
                )
            writer.write(vectors)
            done = replace(done, read=done.read + taken, cut=done.cut + len(call.truncated))
            if journal is not None and not standard_input:
                done = _told(journal, writer, done, file)
    return done.cut


def _advance(bar: TextBar, lines: int, taken: int, texts: int, share: float) -> None:
    """Texts of a window are done; of its lines and bytes as many as their share of its cost."""
    bar.advance(texts, share * taken, share * lines)


def _told(journal: Journal, writer: Writer, done: Progress, file: str) -> Progress:
    """Syncs what is written and says so in the journal."""
    from isomorph.cli.journal import tail_of

    writer.stream.flush()
    os.fsync(writer.stream.fileno())
    with Path(file).open("rb") as source:
        tail = tail_of(source, done.read)
    done = replace(done, rows=writer.count, written=writer.stream.tell(), tail=tail)
    journal.tell(done)
    return done


@contextmanager
def _open(file: str) -> Iterator[IO[bytes]]:
    """The file's bytes, or those of stdin, which stays open."""
    with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as stream:
        yield stream
