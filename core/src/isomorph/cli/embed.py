"""``isomorph embed``: vectors of a file of any length, in memory that does not grow with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from isomorph.cli.options import Backend, DeviceName
from isomorph.errors import InputError

if TYPE_CHECKING:
    from isomorph.cli.journal import Journal, Unfinished
    from isomorph.cli.media import Kind
    from isomorph.models.sentence_transformer import SentenceTransformer

_FIRST = 1024
"""Bytes of a file that tell whether its lines are records."""


def embed(
    file: Annotated[str, typer.Argument(help="UTF-8, one text a line; - is stdin.")],
    model: Annotated[str, typer.Option("--model", "-m", help="A folder, package:DISTRIBUTION, or a Hub id.")],
    output: Annotated[str, typer.Option("--output", "-o", help="X.npy, X.parquet, X.jsonl, or - (jsonl).")],
    backend: Backend = None,
    device: DeviceName = None,
    prompt_name: Annotated[str | None, typer.Option(help="One of the model's own.")] = None,
    normalize: Annotated[bool, typer.Option(help="Make vectors of length 1.")] = False,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Inputs a forward at most.")] = None,
    images: Annotated[bool, typer.Option("--images", help="FILE is a folder of images, or a glob.")] = False,
    audio: Annotated[bool, typer.Option("--audio", help="FILE is a folder of sounds, or a glob.")] = False,
    videos: Annotated[bool, typer.Option("--videos", help="FILE is a folder of videos, or a glob.")] = False,
    on_bad_input: Annotated[str, typer.Option(help="error, or nan: a row of NaN.")] = "error",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Throw an interrupted run away.")] = False,
) -> None:  # fmt: skip
    """Embed the lines of a file (or of stdin: -) into a .npy, .parquet or .jsonl file.

    With --images, --audio or --videos the files of a folder or a pattern, in the order of their names.
    """
    from isomorph.cli.media import listing
    from isomorph.cli.run import Run, RunSettings
    from isomorph.cli.writers import STDOUT, check_output
    from isomorph.models.sentence_transformer import SentenceTransformer

    check_output(output, file)
    _refuse_both(resume, restart, STDOUT in (file, output))
    kind = _files({"images": images, "audio": audio, "videos": videos})
    listed = None if kind is None else listing(file, kind)
    settings = RunSettings(prompt_name, normalize, batch_size, kind, on_bad_input)
    with ExitStack() as stack:
        before, journal = None, None
        if output != STDOUT:
            journal = _journal(output, file, stack)
            before = None if restart else _unfinished(journal, resume)
        lines = stack.enter_context(_open(file) if listed is None else BytesIO(listed))
        loaded = stack.enter_context(SentenceTransformer(model, backend=backend, device=device))
        run = Run(loaded, model, lines, file, settings, listed)
        if journal is None:
            count, cut = run.to_stdout()
        else:
            count, cut = run.to_file(journal, before)
        said = f", {cut} cut at {_limit(loaded)}" if cut else ""
        bad = len(run.errors.reasons)
        said += f", {bad} of them NaN, since their inputs cannot be used" if bad else ""
    sys.stderr.write(f"{count} vectors -> {output}{said}\n")


def _limit(model: SentenceTransformer) -> str:
    """Where inputs are cut, in words."""
    length = model.max_seq_length
    return (
        "the model's end"
        if length is None
        else f"{length} {model.__loaded__().pipeline.inputs.unit}"
    )


def _refuse_both(resume: bool, restart: bool, streamed: bool) -> None:
    if resume and streamed:
        raise InputError("--resume needs an input and an output that are files.")
    if resume and restart:
        raise InputError(
            "--resume goes on with an interrupted run, --restart throws it away: not both."
        )


def _files(asked: Mapping[str, bool]) -> Kind | None:
    """The kind of files whose paths the lines are; None where lines are texts."""
    from isomorph.cli.media import KINDS

    found = [name for name, wanted in asked.items() if wanted]
    if len(found) > 1:
        options = " and ".join(f"--{name}" for name in found)
        raise InputError(f"{options} are {len(found)} kinds of files: one run a kind.")
    return KINDS[found[0]] if found else None


def _journal(output: str, file: str, stack: ExitStack) -> Journal:
    """The files beside an output, which are this process's until the stack ends."""
    from isomorph.cli.journal import Journal

    journal = Journal(Path(output).resolve())  # through a link, whose target is then replaced
    journal.refuse_input(file)
    if not stack.enter_context(journal.alone()):
        sys.stderr.write(
            f"The file system of {journal.output.parent} has no locks: let no other run write {output}.\n"
        )
    return journal


def _unfinished(journal: Journal, resume: bool) -> Unfinished | None:
    """What to go on with.

    Raises:
        InputError: there is an unfinished run, and the user has not said what to do with it.
    """
    before = journal.found()
    if before is not None and not resume:
        raise InputError(
            f"{journal.part.name} holds {before.progress.rows} vectors of an interrupted run. Go on with "
            "--resume, or begin anew with --restart."
        )
    return before


@contextmanager
def _open(file: str) -> Iterator[IO[bytes]]:
    """The file's bytes, or those of stdin, which stays open."""
    from isomorph.files.records import RECORDS, TABLES, refuse_records

    with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as stream:
        if Path(file).suffix.lower() in (*RECORDS, *TABLES) and stream.seekable():
            refuse_records(Path(file), stream.read(_FIRST).decode("utf-8", "replace"))
            stream.seek(0)
        yield stream
