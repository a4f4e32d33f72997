"""What a caller says about where a model comes from."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    """Everything beside the name that decides which folder is found."""

    revision: str | None = None
    """Default None, for ``main``. A branch, tag or commit; a cached full commit needs no network."""
    token: str | bool | None = None
    """Default None; for example ``"hf_..."``. None and True mean the stored token, False means none."""
    _: KW_ONLY
    cache_folder: str | Path | None = None
    """Default None, for the cache that all libraries of the Hub share. Where downloads are kept."""
    local_files_only: bool = False
    """Default False. Whether nothing may connect."""
    organization: str | None = None
    """Default None; for example ``"sentence-transformers"``. The prefix of names without ``/``."""
    patterns: tuple[str, ...] = ()
    """Default ``()``; for example ``("variant/*",)``. Wanted files beside the model's own.

    They may be there or not.
    """
    endpoint: str | None = None
    """Default None. Another Hub than the usual one."""
