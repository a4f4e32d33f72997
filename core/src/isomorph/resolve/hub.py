"""Models of the Hub: from the cache where it is whole, and from the network only for what lacks.

    full commit hash, cached in full     no request
    branch or tag, cached in full        one request: which commit is it now?
    local_files_only, HF_HUB_OFFLINE     no request, ever

A Hub that is down or busy is answered from the cache, with a logged warning; a Hub that says no is
not. A cache that holds a part of a model is completed or refused, never used. Where nothing in it says
whether it is whole, it is completed, or used with a warning.
"""

from __future__ import annotations

import glob
import logging
import os
import warnings
from pathlib import Path
from typing import Any

from isomorph.errors import BadModel, HubUnavailable, IsomorphError, ModelError, ModelNotFound
from isomorph.resolve import hub_errors
from isomorph.resolve.answers import check_metadata, judged
from isomorph.resolve.hub_errors import Asked
from isomorph.resolve.relative_names import unusable
from isomorph.resolve.request import Request
from isomorph.resolve.snapshot import COMMIT, Cached
from isomorph.resolve.wanted import wanted

CACHE_VARIABLE = "SENTENCE_TRANSFORMERS_HOME"
DEFAULT_REVISION = "main"
TRUE = {"1", "ON", "YES", "TRUE"}

log = logging.getLogger(__name__)


def find(repo_id: str, request: Request) -> Path:
    """The folder of a snapshot that is whole.

    Raises:
        ModelNotFound: the Hub has no such model or revision, or may not be asked and the cache does
            not hold all of it.
        AccessDenied: the model is gated or private.
        HubUnavailable: no answer, and nothing whole in the cache.
        BadModel: a cached file is damaged and may not be fetched again.
    """
    cache = cache_folder(request)
    revision = request.revision or DEFAULT_REVISION
    asked = Asked(repo_id, revision, str(cache))
    refuse_odd_names(repo_id, revision)
    cached = Cached.of(repo_id, cache)
    if why := ("local_files_only=True" if request.local_files_only else why_offline()):
        return _from_cache(cached, asked, why, request)
    if COMMIT.fullmatch(revision) and _is_whole(cached, revision, request):
        return cached.folder(revision)
    try:
        with judged():
            return _from_hub(cached, asked, request)
    except HubUnavailable as busy:
        return _instead(cached, asked, request, busy, busy.__cause__)
    except IsomorphError:
        raise
    except Exception as cause:  # the libraries below share no base class over their versions
        if not hub_errors.concerns_hub(cause):
            raise
        error = hub_errors.translate(cause, asked)
        if not isinstance(error, HubUnavailable):
            raise error from cause
        return _instead(cached, asked, request, error, cause)


def cache_folder(request: Request) -> Path:
    """Where Hub downloads are kept: as requested, else by the environment."""
    given = request.cache_folder or os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given).expanduser().absolute()
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).expanduser().absolute()


def why_offline() -> str:
    """Why the network may not be used in this process, or ''."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in TRUE:
        return "HF_HUB_OFFLINE is set"
    from huggingface_hub import constants

    return "huggingface_hub is in offline mode" if constants.HF_HUB_OFFLINE else ""


def refuse_odd_names(repo_id: str, revision: str) -> None:
    """Keeps names out of the file system that would climb out of the cache folder."""
    if unusable(revision):
        raise ModelNotFound(f"{revision[:200]!r} cannot be a revision of {repo_id!r}.")
    if ".." in repo_id or "--" in repo_id or unusable(repo_id):
        raise ModelNotFound(
            f"{repo_id[:200]!r} is neither a folder nor a name that the Hub allows."
        )


def _is_whole(cached: Cached, commit: str, request: Request) -> bool:
    """Whether nothing needs fetching. Artifacts asked for by pattern need a listing to tell."""
    if request.patterns and cached.listing(commit) is None:
        return False
    return not cached.unfetched(commit, request.patterns) and not cached.damaged(
        commit, request.patterns
    )


def _from_cache(cached: Cached, asked: Asked, why: str, request: Request) -> Path:
    """What the cache has, without any connection."""
    commit = cached.commit(asked.revision)
    if commit is None or not cached.folder(commit).is_dir():
        raise hub_errors.not_cached(asked, why)
    return _as_it_is(cached, commit, asked, request)


def _as_it_is(cached: Cached, commit: str, asked: Asked, request: Request) -> Path:
    """A cached commit that cannot be completed now, with a warning where it may lack settings.

    Raises:
        ModelNotFound: it lacks files of the model.
        BadModel: a file is damaged.
    """
    folder = cached.folder(commit)
    standing = cached.standing(commit, request.patterns)
    if standing.missing:
        raise hub_errors.incomplete(asked, list(standing.missing), str(folder))
    if damaged := cached.damaged(commit, request.patterns):
        raise BadModel(
            f"{folder / damaged[0]} does not have the size that the Hub states for it. Run with a "
            f"connection: {asked.command} --force-download"
        )
    if standing.unproved:
        warnings.warn(hub_errors.unproved(asked, standing.unproved, str(folder)), stacklevel=2)
    return folder


def _from_hub(cached: Cached, asked: Asked, request: Request) -> Path:
    """Asks which commit is meant and fetches of it what the cache lacks."""
    from huggingface_hub import HfApi, snapshot_download

    api = HfApi(endpoint=request.endpoint, token=request.token, library_name="isomorph")
    commit, listed = commit_of(api, asked)
    if not _is_whole(cached, commit, request):
        for name in cached.damaged(commit, request.patterns):
            log.warning("%s is damaged in the cache and is fetched again.", name)
            cached.drop(commit, name)
        names = wanted(listed, request.patterns)
        if not names:
            raise ModelNotFound(f"The Hub has {asked}, but it holds no file of a model.")
        check_metadata(_unasked(cached, commit, names, asked, request), request.token)
        snapshot_download(
            asked.repo_id,
            revision=commit,
            cache_dir=cached.storage.parent,
            allow_patterns=[glob.escape(name) for name in names],
            token=request.token,
            endpoint=request.endpoint,
            library_name="isomorph",
        )
        files = cached.files(commit)
        absent = [name for name in names if files.file(name) is None]
        if absent:
            raise hub_errors.incomplete(asked, absent, str(cached.folder(commit)))
    cached.remember(asked.revision, commit)
    return cached.folder(commit)


def commit_of(api: Any, asked: Asked) -> tuple[str, list[str]]:
    """Which commit a revision means now, and the names of its files.

    Raises:
        BadModel: the Hub names none.
    """
    from huggingface_hub import constants

    info: Any = api.model_info(
        asked.repo_id, revision=asked.revision, timeout=constants.HF_HUB_ETAG_TIMEOUT
    )
    commit = str(info.sha)
    if not COMMIT.fullmatch(commit):
        raise BadModel(f"The Hub named {commit!r} as the commit of {asked}, which is none.")
    return commit, [str(file.rfilename) for file in info.siblings or ()]


def _unasked(
    cached: Cached, commit: str, names: list[str], asked: Asked, request: Request
) -> list[str]:
    """Where the Hub has the files that are not in a snapshot yet.

    Raises:
        BadModel: one would be written elsewhere, through a link in the snapshot.
    """
    from huggingface_hub import hf_hub_url

    files, repo_id, endpoint = cached.files(commit), asked.repo_id, request.endpoint
    lacking = [name for name in names if files.file(name) is None]
    return [hf_hub_url(repo_id, name, revision=commit, endpoint=endpoint) for name in lacking]


def _instead(
    cached: Cached,
    asked: Asked,
    request: Request,
    error: HubUnavailable,
    cause: BaseException | None,
) -> Path:
    """What is cached in full, where the Hub gives no answer now; else the error."""
    commit = cached.commit(asked.revision)
    if commit is None or not cached.folder(commit).is_dir():
        raise error from cause
    try:
        folder = _as_it_is(cached, commit, asked, request)
    except ModelError as note:
        raise type(error)(f"{error} {note}") from cause
    log.warning("%s Using commit %s from the cache.", error, commit)
    return folder
