"""One run of ``isomorph embed``: lines in, rows out, window after window."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from numpy.typing import NDArray

from isomorph.cli import lines as reading
from isomorph.cli.errors_so_far import ErrorsSoFar
from isomorph.cli.journal import Journal, Progress, Unfinished
from isomorph.cli.origin import Origin, Setting, checksums
from isomorph.cli.writers import FORMATS, STDOUT, Writer, standard_output
from isomorph.errors import BadInputWarning, InputError
from isomorph.models.sentence_transformer import SentenceTransformer
from isomorph.progress.progress import listening

if TYPE_CHECKING:
    from isomorph.cli.media import Kind
    from isomorph.progress.bar import TextBar
    from isomorph.runtime.report import CallReport


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How texts become vectors."""

    prompt_name: str | None
    normalize: bool
    batch_size: int | None
    files: Kind | None = None
    """Default None, lines are texts. Of what kind the files are whose paths the lines hold."""
    on_bad_input: str = "error"


class Run:
    """A model, the lines of a file, and what becomes of them."""

    def __init__(
        self, model: SentenceTransformer, name: str, stream: IO[bytes], file: str, settings: RunSettings,
        listed: bytes | None = None,
    ) -> None:  # fmt: skip
        self._model = model
        self._name = name
        self._lines = reading.Lines(stream)
        self._file = file
        self._size = None if listed is None else len(listed)
        self._settings = settings
        self._dim = model.get_embedding_dimension() or 0
        self._checksums: dict[str, str] = {}
        self._paths = (listed or b"").decode("utf-8", "replace").split("\n")[:-1]
        self.errors = ErrorsSoFar()

    def to_stdout(self) -> tuple[int, int]:
        """Writes JSON lines; returns how many, and how many texts were cut."""
        writer = self._named(standard_output(self._dim))
        done = self._stream(writer, Progress(), None)
        writer.stream.flush()
        return writer.count, done.cut

    def to_file(self, journal: Journal, before: Unfinished | None) -> tuple[int, int]:
        """Writes the part, then the file; returns as `to_stdout`.

        An unfinished part with rows in it stays, to be gone on with.

        Raises:
            InputError: what was done before is of another model, other settings or another input.
        """
        if before is None:
            journal.forget()
        else:
            self.made_of(journal, before)  # before anything is computed
            self._skip(before.progress)
        done = before.progress if before else Progress()
        with journal.part.open("r+b" if before else "wb") as stream:
            stream.truncate(done.written)
            stream.seek(done.written)
            try:
                self.errors = ErrorsSoFar(journal.errors, done.rows)
                kind = FORMATS[journal.output.suffix.lower()]
                writer = self._named(kind(stream, self._dim, done.rows))
                told = None if self._file == STDOUT else _Told(self, journal, before)
                done = self._stream(writer, done, told)
                stream.flush()
                os.fsync(stream.fileno())
            except BaseException:
                if not journal.file.exists():
                    journal.forget()
                raise
        writer.publish(journal.part, journal.output)
        journal.forget()
        return writer.count, done.cut

    def _named(self, writer: Writer) -> Writer:
        """With what a writer of files says beside vectors."""
        writer.paths, writer.reasons = self._paths, self.errors.reasons
        return writer

    def made_of(self, journal: Journal, before: Unfinished | None) -> Origin:
        """What this run's rows are made of, as far as the model's files have been read by now.

        Raises:
            InputError: `before` was made of something else.
        """
        plan = self._model.__loaded__().pipeline.plan
        settings: dict[str, Setting] = {
            "model": self._name,
            "backend": plan.info.name,
            "arithmetic": plan.claim.arithmetic,
            "weights": plan.claim.weights,
            "artifact": plan.claim.artifact.name if plan.claim.artifact else None,
            "prompt": self._settings.prompt_name,
            "normalize": self._settings.normalize,
            "dimension": self._dim,
        }
        if self._settings.files is not None:
            settings[self._settings.files.called] = True
        wanted = before.origin.files if before else ()
        self._checksums = checksums(plan.model.files, wanted, self._checksums)
        now = Origin(settings, self._checksums)
        if before and (others := before.origin.differences(now)):
            raise InputError(
                f"{journal.part.name} was begun with {', '.join(others)}; go on with what it was, or "
                "begin anew with --restart."
            )
        return now

    def _skip(self, progress: Progress) -> None:
        """Puts the input where an unfinished run stopped reading.

        Raises:
            InputError: what was read before is no longer what the file holds.
        """
        whole = self._lines.skip(progress.read)
        if not whole or self._lines.digest != progress.digest:
            raise InputError(
                f"{self._file} is not the file that was read before: its first {progress.read} bytes have "
                "changed. Begin anew with --restart."
            )

    def _stream(self, writer: Writer, done: Progress, told: _Told | None) -> Progress:
        """Embeds window after window; returns how far it came."""
        from isomorph.progress.bar import TextBar

        standard_input = self._file == STDOUT
        size = self._size
        if size is None and not standard_input:
            size = Path(self._file).stat().st_size
        total = size or None
        # How many texts there are is not known before the end, but how many bytes.
        with TextBar(total, None, "Embedding", (done.read, done.rows), disable=None) as bar:
            name = "stdin" if standard_input else self._file
            for texts, taken in reading.windows(self._lines, name, first=done.rows + 1):
                with listening(partial(_advance, bar, len(texts), taken)):
                    vectors, call = self._embedded(texts)
                self.errors.add(writer.count, call.bad_inputs)
                writer.write(vectors)
                done = replace(done, read=done.read + taken, cut=done.cut + len(call.truncated))
                if told is not None:
                    done = told(writer, replace(done, digest=self._lines.digest))
        return done

    def _embedded(self, lines: list[str]) -> tuple[NDArray[Any], CallReport]:
        """The vectors of lines, or of the files whose paths they are, and what happened to them."""
        settings = self._settings
        kind = settings.files
        with catch_warnings():
            simplefilter("ignore", BadInputWarning)  # one line at the end says it
            found: tuple[NDArray[Any], CallReport] = self._model.encode(
                lines if kind is None else [{kind.modality: path} for path in lines],
                prompt_name=settings.prompt_name,
                batch_size=settings.batch_size,
                normalize_embeddings=settings.normalize,
                on_long="report",  # likewise
                on_bad_input=settings.on_bad_input,
                return_report=True,
            )
        return found


class _Told:
    """Syncs what is written and says so in the journal, with what the rows are made of."""

    def __init__(self, run: Run, journal: Journal, before: Unfinished | None) -> None:
        self._run = run
        self._journal = journal
        self._before = before
        self._origin: Origin | None = None

    def __call__(self, writer: Writer, done: Progress) -> Progress:
        writer.stream.flush()
        os.fsync(writer.stream.fileno())
        if self._origin is None:  # by now the model has read all of its files
            self._origin = self._run.made_of(self._journal, self._before)
        done = replace(done, rows=writer.count, written=writer.stream.tell())
        self._journal.tell(done, self._origin)
        return done


def _advance(bar: TextBar, lines: int, taken: int, texts: int, share: float) -> None:
    """Texts of a window are done; of its lines and bytes as many as their share of its cost."""
    bar.advance(texts, share * taken, share * lines)
