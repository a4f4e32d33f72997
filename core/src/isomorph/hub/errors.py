"""What a failed push says: how far it came, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from isomorph.errors import (
    AccessDenied,
    HubUnavailable,
    InputError,
    IsomorphError,
    ModelExists,
    ModelNotFound,
)
from isomorph.resolve.answers import judged
from isomorph.resolve.hub_errors import concerns_hub, status_of, unavailable

LOGIN = "Run: hf auth login, or pass token=... with the right to write."


@dataclass(slots=True)
class Pushing:
    """A push on its way, into a new repository or, where it is `lenient`, into any.

    ``exists`` is set once the repository is there.
    """

    repo_id: str
    lenient: bool = False
    exists: bool = False

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Calls of huggingface_hub that do one thing; what they raise becomes an error of ours."""
        try:
            with judged():
                yield
        except HubUnavailable as busy:
            raise HubUnavailable(f"{self._failed(doing)}: {busy}{self._again}") from busy
        except IsomorphError:
            raise
        except Exception as error:  # the libraries below share no base class over their versions
            cause = _reason(error)
            if isinstance(cause, FileNotFoundError) and cause.filename is not None:
                raise  # a file of the model went away meanwhile, and the message names it
            if not concerns_hub(cause) and not isinstance(cause, RuntimeError):
                raise
            raise self._translated(cause, doing) from error

    def _failed(self, doing: str) -> str:
        return f"The push to {self.repo_id!r} failed to {doing}"

    @property
    def _again(self) -> str:
        made = self.exists and not self.lenient
        return " The repository exists by now: push again with exist_ok=True." if made else ""

    def _translated(self, cause: Exception, doing: str) -> IsomorphError:
        status, failed, again = status_of(cause), self._failed(doing), self._again
        if status == 401:
            return AccessDenied(f"{failed}: no valid token (HTTP 401). {LOGIN}{again}")
        if status == 403:
            return AccessDenied(
                f"{failed}: the token may not write there (HTTP 403). {LOGIN} For a repository of "
                f"others pass create_pr=True.{again}"
            )
        if status == 404:
            return ModelNotFound(
                f"{failed}: the Hub does not know that owner or repository (HTTP 404), or keeps it "
                f"from you. Check the spelling of OWNER/NAME. {LOGIN}"
            )
        if status == 409 and not self.exists:
            return ModelExists(
                f"{failed}: the Hub has one of this name (HTTP 409). Pass exist_ok=True to add a "
                "commit to it, create_pr=True to propose one, or choose another name."
            )
        if status in {409, 412}:
            return HubUnavailable(
                f"{failed}: somebody changed the repository meanwhile (HTTP {status}).{again}"
            )
        if status in {400, 413, 422} or (status is None and type(cause) is ValueError):
            return InputError(f"{failed}: the Hub does not accept it: {cause}")
        return unavailable(
            cause,
            f"the push to {self.repo_id!r}, which failed to {doing}",
            f"Try again {{when}}.{again}",
            "Check the connection and proxy, and whether the commit arrived: all of it is there or "
            f"nothing.{again}",
        )


def _reason(error: Exception) -> Exception:
    """Beneath the errors that only say which file was on its way."""
    while type(error) is RuntimeError and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error
