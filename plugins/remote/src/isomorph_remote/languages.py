"""What servers of others are asked for vectors of texts: in TEI's language, or in OpenAI's.

* https://huggingface.github.io/text-embeddings-inference: ``/info`` and ``/embed``
* https://platform.openai.com/docs/api-reference/embeddings: ``/v1/models`` and ``/v1/embeddings``
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BackendUnavailable, InputError, OutOfMemory, Unsupported
from isomorph_remote.far import NAME, Far

LANGUAGES = ("tei", "openai")
_ROWS = {"tei": 32, "openai": 2048}
"""Texts of a request, where the server does not say."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A model on a server, and the language in which the server is asked."""

    far: Far
    language: str
    model: str | None
    """What the server calls the model; None where it has one and is not asked by name."""
    server: str
    """What the server is, such as ``"text-embeddings-inference 1.8.0"``."""
    arithmetic: str | None
    """The number type, None where the server does not say."""
    longest: int | None
    """Tokens of a text at most, None where the server does not say."""
    rows: int
    """Texts of a request at most."""
    truncate: bool
    """Whether the server cuts longer texts; otherwise it refuses them."""
    is_ours: bool = False

    @classmethod
    def of(cls, far: Far, model: str | None, options: Mapping[str, Any]) -> Speaker:
        """Asks a server what it is.

        Raises:
            Unsupported: the server has no such model, several and none is named, or does not speak so.
            BackendUnavailable: it does not answer.
        """
        wanted, truncate = options.get("api"), options.get("truncate", False)
        if wanted not in (None, *LANGUAGES):
            raise Unsupported(f"api must be one of {', '.join(LANGUAGES)}, not {wanted!r}.")
        if not isinstance(truncate, bool):
            raise Unsupported(f"truncate must be True or False, not {truncate!r}.")
        if wanted != "openai":
            try:
                return _tei(far, model, truncate)
            except Unsupported:
                if wanted == "tei":
                    raise
        return _openai(far, model, truncate)

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A vector for each text, float32 (texts, features).

        Raises:
            InputError: the server refuses a text, such as one that is too long.
            BackendUnavailable: it does not answer, or answers no vectors.
        """
        try:
            answer = self._asked(texts)
        except OutOfMemory as cause:  # TEI's status for a text that is too long, too
            raise InputError(str(cause)) from cause
        try:
            if self.language == "tei":
                found = answer if isinstance(answer, list) else None
            else:
                found = [each["embedding"] for each in _in_order(answer["data"])]
            made = np.array([_vector(each) for each in found or ()], np.float32)
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            IndexError,
        ) as cause:
            raise self._no_vectors(answer) from cause
        if found is None:
            raise self._no_vectors(answer)
        if made.ndim != 2 or len(made) != len(texts) or not made.shape[1]:
            raise BackendUnavailable(
                NAME, f"{self.far.url} answers {made.shape} for {len(texts)} texts"
            )
        if not np.isfinite(made).all():  # null among the numbers, too
            raise BackendUnavailable(NAME, f"{self.far.url} answers numbers that are not finite")
        return made

    def _asked(self, texts: Sequence[str]) -> Any:
        named = {} if self.model is None else {"model": self.model}
        if self.language == "tei":
            said = {"inputs": list(texts), "truncate": self.truncate, **named}
            return self.far.ask("/embed", {**said, "normalize": not self.is_ours})
        said = {"input": list(texts), "encoding_format": "base64", **named}
        return self.far.ask("/v1/embeddings", said)

    def _no_vectors(self, answer: Any) -> BackendUnavailable:
        """The error for an answer without vectors, such as an error that has the status of a success."""
        said = self.far.said(answer) if isinstance(answer, dict) else ""
        return BackendUnavailable(
            NAME, f"{self.far.url} answers no vectors{f': {said}' if said else ''}"
        )


def _in_order(data: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    found = sorted(data, key=lambda each: int(each["index"]))
    for place, each in enumerate(found):
        if isinstance(each["index"], bool) or each["index"] != place:
            raise ValueError("an index is missing")
    return found


def _vector(given: Any) -> NDArray[Any]:
    """Numbers, or base64 of little-endian float32; some servers write numbers whatever they are asked for."""
    if isinstance(given, str):
        return np.frombuffer(base64.b64decode(given, validate=True), "<f4")
    found = np.array(given)
    if found.dtype.kind in "bUS":
        raise TypeError("truths and texts are no numbers")
    with np.errstate(over="ignore"):  # what float32 has no number for is not finite, and refused
        return found.astype(np.float32)


def _tei(far: Far, model: str | None, truncate: bool) -> Speaker:
    info = far.ask("/info")
    if not isinstance(info, dict) or "model_id" not in info:
        raise Unsupported(f"{far.url}/info is not the page of text-embeddings-inference.")
    there = info.get("models")
    is_ours = isinstance(there, list)
    names = [str(info["model_id"])]
    if isinstance(there, list):
        try:
            names = [str(each["id"]) for each in there if each.get("task") == "embed"]
        except (KeyError, TypeError, AttributeError) as cause:
            raise far.strange("/info") from cause
    name = _one_of(far, names, model)
    rows, dtype = info.get("max_client_batch_size"), info.get("model_dtype")
    return Speaker(
        far,
        "tei",
        name if is_ours else None,
        f"{'isomorph' if is_ours else 'text-embeddings-inference'} {info.get('version', '')}".strip(),
        None if dtype is None else str(dtype),
        info.get("max_input_length"),
        rows if type(rows) is int and rows > 0 else _ROWS["tei"],
        truncate,
        is_ours,
    )


def _openai(far: Far, model: str | None, truncate: bool) -> Speaker:
    if truncate:
        raise Unsupported(f"{far.url} speaks OpenAI's language, which cannot ask it to truncate.")
    listed = far.ask("/v1/models")
    try:
        names = [str(each["id"]) for each in listed["data"]]
    except (KeyError, TypeError) as cause:
        raise Unsupported(f"{far.url}/v1/models lists no models.") from cause
    name = _one_of(far, names, model)
    return Speaker(
        far, "openai", name, "an OpenAI-compatible server", None, None, _ROWS["openai"], False
    )


def _one_of(far: Far, names: Sequence[str], wanted: str | None) -> str:
    """The model that is meant.

    Raises:
        Unsupported: it is not there, or several are and none is named.
    """
    if wanted in names:
        return str(wanted)
    if wanted is None and len(names) == 1:
        return names[0]
    said = f"has no model {wanted!r}" if wanted is not None else f"has {len(names)} models"
    raise Unsupported(
        f"{far.url} {said}; name one of {', '.join(names[:20]) or 'none'}: {far.url}#NAME."
    )
