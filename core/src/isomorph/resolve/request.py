"""What a caller may say about where a model comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SCHEME = "package:"
"""How the names of models in installed distributions begin."""


@dataclass(frozen=True, slots=True)
class Request:
    """Everything besides the name that decides which folder is found.

    Attributes:
        revision: branch, tag or commit on the Hub; None means ``main``. A full commit hash whose
            files are cached needs no network at all.
        token: Hub token; None and True mean the stored one, False none.
        cache_folder: where Hub downloads are kept; None means SENTENCE_TRANSFORMERS_HOME, else the
            cache that all Hub libraries share.
        local_files_only: never connects.
        organization: prefix of names without ``/``, such as ``"sentence-transformers"``.
        patterns: file patterns wanted besides the model's own files, such as ``"variant/*"``. They
            ask for artifacts that may or may not be there.
        endpoint: another Hub than the default one.
    """

    revision: str | None = None
    token: str | bool | None = None
    cache_folder: str | Path | None = None
    local_files_only: bool = False
    organization: str | None = None
    patterns: tuple[str, ...] = ()
    endpoint: str | None = None
