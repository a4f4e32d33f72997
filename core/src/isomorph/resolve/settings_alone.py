"""The settings of a model of the Hub without its weights, for models whose files name another repository."""

from __future__ import annotations

from pathlib import Path

from isomorph.errors import HubUnavailable, ModelNotFound
from isomorph.resolve import hub, hub_errors
from isomorph.resolve.answers import check_metadata
from isomorph.resolve.hub_errors import Asked
from isomorph.resolve.outline import translated
from isomorph.resolve.request import Request
from isomorph.resolve.snapshot import COMMIT, Cached

FILE = "config.json"


def find_settings(repo_id: str, request: Request) -> Path:
    """A snapshot that holds ``config.json``, perhaps alone; a cached one needs no network for a full commit.

    Raises:
        ModelNotFound: the Hub has no such model, revision or file, or may not be asked.
        AccessDenied: the model is gated or private.
        HubUnavailable: no answer, and nothing in the cache.
        BadModel: the Hub's answer names a file elsewhere.
    """
    revision = request.revision or hub.DEFAULT_REVISION
    cache = hub.cache_folder(request)
    hub.refuse_odd_names(repo_id, revision)
    asked, cached = Asked(repo_id, revision, str(cache)), Cached.of(repo_id, cache)
    there = _cached(cached, revision)
    if why := ("local_files_only=True" if request.local_files_only else hub.why_offline()):
        if there is None:
            raise hub_errors.not_cached(asked, why)
        return there
    if there is not None and COMMIT.fullmatch(revision):
        return there
    try:
        return _fetched(cached, asked, request)
    except HubUnavailable:
        if there is None:
            raise
        return there


def _cached(cached: Cached, revision: str) -> Path | None:
    """The snapshot of a revision, as far as the cache knows that and has the file."""
    commit = cached.commit(revision)
    if commit is None or not cached.folder(commit).is_dir():
        return None
    return cached.folder(commit) if cached.files(commit).file(FILE) is not None else None


def _fetched(cached: Cached, asked: Asked, request: Request) -> Path:
    from huggingface_hub import HfApi, hf_hub_download, hf_hub_url

    api = HfApi(endpoint=request.endpoint, token=request.token, library_name="isomorph")
    with translated(asked):
        commit, listed = hub.commit_of(api, asked)
        if FILE not in listed:
            raise ModelNotFound(f"The Hub has {asked}, but it holds no {FILE}.")
        if _cached(cached, commit) is None:
            url = hf_hub_url(asked.repo_id, FILE, revision=commit, endpoint=request.endpoint)
            check_metadata([url], request.token)
            hf_hub_download(
                asked.repo_id,
                FILE,
                revision=commit,
                cache_dir=cached.storage.parent,
                token=request.token,
                endpoint=request.endpoint,
                library_name="isomorph",
            )
    cached.remember(asked.revision, commit)
    return cached.folder(commit)
