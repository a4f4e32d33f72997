"""Probes: texts cut at three lengths, and the file in which they travel with their vectors.

The file says of the default chain what `Recorded` holds, and under ``"chains"`` the same of each other
chain by its place.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel
from isomorph.export.samples import Sample, sample_of
from isomorph.files.folder import Folder
from isomorph.files.names import PROBES
from isomorph.preprocess.encoded import Encoded
from isomorph.preprocess.protocol import Preparer, Treatment

SHORT = 16
"""Tokens of a short probe, special ones included."""
MIDDLE = 64
"""Tokens of a long probe, but for those of the texts of `AT_FULL_LENGTH`."""
LONGEST = 512
"""The longest probes are cut here where a model takes more: attention grows with the square."""
AT_FULL_LENGTH = frozenset((0, 2, 5, 6, 16, 19, 22, 31))
"""Places of the texts whose long probes are as long as the model takes.

A full length proves positions and masks, and what the text says makes no difference to these. Of the
ragged batches (`isomorph.export.replay.mixture`) the first alone has such probes: all its rows are padded.
"""

WRITTEN = (
    "A short sentence, as people write them.",
    "the committee met on Tuesday and adjourned on Friday without a decision",
    "UPPER and lower case, déjà vu, naïve café: ÀÉÎÕÜ.",
    "自然言語処理は面白い。机器学习改变世界。",
    "한국어 문장과 العربية, हिन्दी में एक वाक्य.",
    "👩‍👩‍👧‍👦 family 🎉🎉 party 🇫🇷 flag 👍🏽",
    "tabs\tand\nnew lines\r\n, control \x07 and zero-width\u200bspace",
    "def f(x): return {k: v for k, v in x.items() if v != 0}  # 3.14159e-10 <html>&amp;</html>",
    "Supercalifragilisticexpialidocious",
    "one two three four five six seven eight nine ten",
    "How do I cancel my order? I ordered the wrong size!",
    "E = mc² ; ∫ f(x) dx ≈ Σ f(xᵢ)Δx, where Δx → 0",
    "Съешь же ещё этих мягких французских булок, да выпей чаю.",
    "https://example.com/a/b?c=d&e=f#g user@example.com 192.168.0.1",
    "yes",
    "  leading and trailing spaces  ",
)
DRAWN = 16
"""As many texts again are drawn from the tokenizer's vocabulary: its own words reach its tables."""
_LONGEST_TEXT = 10_000
"""Characters of a probe's text; 24 drawn tokens are far shorter."""


@dataclass(frozen=True, slots=True)
class Probe:
    """`text`, `times` over with spaces between, cut at `tokens` tokens with special ones included."""

    text: str
    times: int
    tokens: int

    @property
    def length(self) -> int:
        """Where it is cut."""
        return self.tokens

    def __str__(self) -> str:
        return f"{self.text[:40]!r} at {self.tokens} tokens"


AnyProbe = Probe | Sample


@dataclass(frozen=True, slots=True)
class Recorded:
    """Probes with what the source gave for each, alone in its batch: one vector a probe.

    Of an output with a vector a token, the mean over the tokens. ``tolerance`` is in units of the
    largest component of all vectors; ``versions`` says what made and what judged the artifact.
    """

    output: str
    tolerance: float
    versions: Mapping[str, str]
    probes: tuple[AnyProbe, ...]
    vectors: NDArray[np.float32]
    place: str = ""
    """That of the chain, as `Model.place` has it."""

    def content(self) -> dict[str, Any]:
        """What the file says of the chain."""
        return {
            "output": self.output,
            "tolerance": self.tolerance,
            "versions": dict(self.versions),
            "shape": list(self.vectors.shape),
            "probes": [asdict(probe) for probe in self.probes],
            "vectors": base64.b64encode(self.vectors.astype("<f4").tobytes()).decode("ascii"),
        }

    @classmethod
    def read(cls, folder: Folder, place: str = "") -> Recorded:
        """What the file of a model folder says of the chain of a place.

        Raises:
            BadModel: it is damaged, or says nothing of the chain.
        """
        try:
            content: Mapping[str, Any] = folder.json(PROBES) or {}
            if place:
                content = content["chains"][place]
            probes = _probes(content["probes"])
            vectors = _vectors(content["vectors"], len(probes))
            if list(vectors.shape) != content["shape"]:
                raise ValueError(f"shape is not {list(vectors.shape)}")
            tolerance = content["tolerance"]
            if type(tolerance) not in (int, float) or not 0 <= tolerance < float("inf"):
                raise ValueError("tolerance is no number of 0 or more")
            output, versions = content["output"], content["versions"]
            if not isinstance(output, str) or not isinstance(versions, dict):
                raise ValueError("output is no name, or versions are no object")
            return cls(output, tolerance, versions, probes, vectors, place)
        except (ValueError, KeyError, TypeError, AttributeError) as cause:
            said, of = str(cause)[:200], f" of the chain {place!r}" if place else ""
            raise BadModel(
                f"{folder.path(PROBES)} is not a file of probes{of}: {said}. Export again."
            ) from cause


def write_recorded(found: Sequence[Recorded], folder: Path) -> None:
    """Writes what was recorded of all chains of a model, the default one first, into its folder."""
    content = found[0].content()
    if len(found) > 1:
        content["chains"] = {each.place: each.content() for each in found[1:]}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (folder / PROBES).write_text(text + "\n", "utf-8")


def _probes(entries: Sequence[Mapping[str, Any]]) -> tuple[AnyProbe, ...]:
    """Texts, or samples of other inputs, as the first of them is.

    Raises:
        ValueError: says what is wrong.
    """
    if entries and "seed" in entries[0]:
        return tuple(map(sample_of, entries))
    return tuple(map(_probe, entries))


def _probe(entry: Mapping[str, Any]) -> Probe:
    """A probe of a file, no larger than those that `make_probes` makes.

    Raises:
        ValueError: says what is wrong.
    """
    probe = Probe(**entry)
    if not isinstance(probe.text, str) or not 0 < len(probe.text) <= _LONGEST_TEXT:
        raise ValueError("a probe has no text, or one that is too long")
    for name in ("times", "tokens"):
        number = entry[name]
        if type(number) is not int or not 0 < number <= LONGEST:
            raise ValueError(f"a probe has {name} that are no whole number from 1 to {LONGEST}")
    return probe


def _vectors(text: str, count: int) -> NDArray[np.float32]:
    """One vector a probe, of numbers that can be compared.

    Raises:
        ValueError: says what is wrong.
    """
    flat = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    if not count or not len(flat) or len(flat) % count:
        raise ValueError(f"{len(flat)} numbers are no vectors of {count} probes")
    if not np.isfinite(flat).all():
        raise ValueError("a vector is not finite")
    return flat.reshape(count, -1).astype(np.float32)


def make_probes(preparer: Preparer, max_length: int | None) -> tuple[Probe, ...]:
    """32 texts at three lengths: a single token, short, and long, of some as long as the model takes."""
    special = int(preparer.prepare([""], Treatment()).lengths[0])
    longest = min(max_length or LONGEST, LONGEST)
    middle = min(max(MIDDLE, special + 3), longest)
    cuts = [min(cut, longest) for cut in (special + 1, max(SHORT, special + 2), longest)]
    texts = [*WRITTEN, *_drawn(preparer)]
    counts = preparer.prepare(texts, Treatment()).lengths - special
    times = [int(-(-longest // max(1, count))) for count in counts]
    *short, long = cuts
    probes = [
        Probe(text, often, cut) for cut in short for text, often in zip(texts, times, strict=True)
    ]
    for place, (text, often) in enumerate(zip(texts, times, strict=True)):
        probes.append(Probe(text, often, long if place in AT_FULL_LENGTH else middle))
    return tuple(probes)


def _drawn(preparer: Preparer) -> Iterator[str]:
    """Texts of random tokens, the same at every call."""
    tokenizer = preparer.native
    random = np.random.default_rng(0)
    for _ in range(DRAWN):
        ids = random.integers(0, tokenizer.get_vocab_size(), 24).tolist()
        yield tokenizer.decode(ids, skip_special_tokens=True) or "empty"


def prepare_probes(preparer: Preparer, probes: Sequence[Probe]) -> Encoded:
    """Token ids of the probes, each cut at its own length."""
    rows: list[NDArray[np.int64]] = []
    for probe in probes:
        text = " ".join([probe.text] * probe.times)
        rows.append(preparer.prepare([text], Treatment(max_length=probe.tokens)).ids[0])
    lengths = np.array([len(row) for row in rows], np.int64)
    return Encoded(tuple(rows), lengths, lengths)
