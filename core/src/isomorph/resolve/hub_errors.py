"""Where errors of the Hub and of the network become errors of isomorph; pushes have words of their own."""

from __future__ import annotations

import errno
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from isomorph.errors import (
    AccessDenied,
    HubUnavailable,
    IsomorphError,
    ModelNotFound,
    UnprovenCache,
)

BUSY = 429
SERVER_ERRORS = 500
LIBRARIES = {
    "huggingface_hub",
    "hf_xet",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "requests",
    "urllib3",
}
_NAMED = 3  # files of a message
LOCAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
"""A full or read-only disk: not the Hub's doing, and its own message names the file."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the Hub, for messages."""

    repo_id: str
    revision: str
    cache: str

    def __str__(self) -> str:
        return f"model {self.repo_id!r}, revision {self.revision!r}"

    @property
    def command(self) -> str:
        """The command that fetches exactly this."""
        at = [] if self.revision == "main" else ["--revision", self.revision]
        return shlex.join(["hf", "download", self.repo_id, *at, "--cache-dir", self.cache])


def concerns_hub(error: Exception) -> bool:
    """Whether an error came from asking the Hub, and not from the disk or from a defect of ours."""
    if isinstance(error, OSError) and error.errno in LOCAL:
        return False
    origin = type(error).__module__.partition(".")[0]
    return isinstance(error, (OSError, ValueError)) or origin in LIBRARIES


def translate(cause: Exception, asked: Asked) -> IsomorphError:
    """The error to raise instead of `cause`, which came out of huggingface_hub."""
    from huggingface_hub import errors

    if isinstance(cause, errors.LocalEntryNotFoundError) and isinstance(cause.__cause__, Exception):
        cause = cause.__cause__  # it only says that the cache was no help either
    status = status_of(cause)
    if isinstance(cause, errors.GatedRepoError):
        return AccessDenied(
            f"Access to {asked} is restricted. Accept its terms on its page on the Hub, then run: "
            "hf auth login, or pass token=..."
        )
    if isinstance(cause, errors.RevisionNotFoundError):
        return ModelNotFound(
            f"The Hub has {asked.repo_id!r}, but no revision {asked.revision!r} of it. Give a "
            "branch, tag or commit that its page lists, or leave revision out."
        )
    if isinstance(cause, errors.RepositoryNotFoundError) or status == 404:
        return ModelNotFound(
            f"The Hub has no {asked}, or it is private and you are not logged in; nor is there a "
            "local folder of this name. Check the spelling; for a private model run: hf auth "
            "login, or pass token=..."
        )
    if isinstance(cause, errors.HFValidationError):
        return ModelNotFound(
            f"{asked.repo_id!r} is neither a folder nor a name that the Hub allows: {cause}"
        )
    if status in {401, 403}:
        return AccessDenied(
            f"The Hub refused {asked} (HTTP {status}): the token is wrong or lacks rights. Run: "
            "hf auth login, or pass token=..."
        )
    return unavailable(
        cause,
        str(asked),
        "Try again {when}, log in for a higher limit (hf auth login), or give a full commit hash as "
        "revision: once cached, that needs no request.",
        f"Check the connection and proxy, or fetch it elsewhere with: {asked.command}",
    )


def incomplete(asked: Asked, missing: list[str], folder: str) -> ModelNotFound:
    """The error for a cache that holds a part of the model, and no permission to fetch the rest."""
    named = ", ".join(missing[:_NAMED])
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    verb = "is" if len(missing) == 1 else "are"
    return ModelNotFound(
        f"The cache holds only a part of {asked}: {named}{more} {verb} not known to be there in "
        f"{folder}. Run with a connection: {asked.command}. If that folder is whole after all, "
        "pass its path instead of the name."
    )


def unproved(asked: Asked, names: Sequence[str], folder: str) -> UnprovenCache:
    """The warning for a cache that does not say whether it is whole."""
    return UnprovenCache(
        f"The cache does not say whether {asked} is there in full: {', '.join(names)} not in {folder}, and "
        "nothing tells whether the Hub has them. The model was loaded without them, and has other "
        f"settings than it should if there are any. To be sure, run once with a connection: {asked.command}"
    )


def not_cached(asked: Asked, why: str) -> ModelNotFound:
    """The error for a model that is not in the cache when the network may not be used."""
    return ModelNotFound(
        f"No {asked} in the cache {asked.cache}, and nothing was downloaded because {why}. "
        f"Run with a connection: {asked.command}"
    )


def unavailable(
    cause: Exception, subject: str, when_busy: str, when_cut_off: str
) -> HubUnavailable:
    """The error for a Hub that gives no answer now.

    Args:
        cause: what came out of huggingface_hub.
        subject: what was asked, in words.
        when_busy: what to do about too many requests; ``{when}`` in it becomes the time to wait.
        when_cut_off: what to do without a connection.
    """
    status = status_of(cause)
    if status == BUSY:
        wait = (_header(cause, "Retry-After") or "").strip()[:80]  # seconds, or a date
        when = (
            f"after {wait} seconds" if wait.isdecimal() else f"after {wait!r}" if wait else "later"
        )
        return HubUnavailable(
            f"The Hub answers too many requests (HTTP 429) to {subject}. {when_busy.format(when=when)}"
        )
    if status is not None:
        fault = "is out of order" if status >= SERVER_ERRORS else "did not accept the request"
        return HubUnavailable(f"The Hub {fault} (HTTP {status}) for {subject}. Try again later.")
    return HubUnavailable(
        f"The Hub could not be reached for {subject}: {type(cause).__name__}: {cause}. {when_cut_off}"
    )


def status_of(cause: Exception) -> int | None:
    """The HTTP status that an error stands for, None where there was no answer."""
    status: Any = getattr(getattr(cause, "response", None), "status_code", None)
    return int(status) if status is not None else None


def _header(cause: Exception, name: str) -> str | None:
    headers: Any = getattr(getattr(cause, "response", None), "headers", {})
    value: str | None = headers.get(name)
    return value
