"""Pushes a model: one commit with all of its files, so that nobody ever loads half of it.

    save    → a folder that goes away again, unless one is given
    create  → the repository, and the branch
    card    → unless the repository has one
    commit  → all files at once

What can be found out here is found out before the first request.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isomorph.card.about import about
from isomorph.card.data import named_datasets
from isomorph.card.usage import snippet
from isomorph.card.write import NAME, make_card, write_card
from isomorph.errors import HubUnavailable, InputError
from isomorph.hub.errors import Pushing
from isomorph.resolve.hub import DEFAULT_REVISION, why_offline

LEFT_OUT = {".git", ".cache"}
"""Folders that other programs keep in a working copy; they are no part of a model."""


@dataclass(frozen=True, slots=True)
class Push:
    """What was asked; the fields are the arguments of `push_to_hub`."""

    repo_id: str
    token: str | bool | None = None
    private: bool | None = None
    safe_serialization: bool = True
    commit_message: str | None = None
    local_model_path: str | Path | None = None
    exist_ok: bool = False
    replace_model_card: bool = False
    train_datasets: Sequence[str] | None = None
    revision: str | None = None
    create_pr: bool = False


def push(model: Any, wanted: Push) -> str:
    """Pushes a model or a folder; `push_to_hub` says how.

    Returns:
        The address of the commit, or of the pull request.
    """
    _check(model, wanted)
    with _folder(model, wanted) as folder:
        pushing = Pushing(wanted.repo_id, wanted.exist_ok or wanted.create_pr)
        api = _api(wanted)
        repo_id = _repository(api, wanted, pushing)
        if wanted.local_model_path is None:
            _card(api, model, wanted, repo_id, folder, pushing)
        url = _commit(api, model, wanted, repo_id, folder, pushing)
    model.model_card_data.model_id = repo_id
    return url


def _check(model: Any, wanted: Push) -> None:
    """Refuses what cannot succeed.

    Raises:
        InputError: an argument cannot be used, or the card cannot be made.
        HubUnavailable: this process may not use the network.
    """
    from huggingface_hub import errors
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(wanted.repo_id)
    except errors.HFValidationError as cause:
        raise InputError(
            f"{wanted.repo_id!r} cannot be a model's name on the Hub: {cause}"
        ) from None
    if wanted.create_pr and wanted.revision not in (None, DEFAULT_REVISION):
        raise InputError(
            f"create_pr=True proposes a change of {DEFAULT_REVISION!r}, but revision is "
            f"{wanted.revision!r}; give one of them."
        )
    if wanted.commit_message is not None and not wanted.commit_message.strip():
        raise InputError("commit_message is empty; give a text, or None for the default one.")
    named_datasets(wanted.train_datasets)
    local = wanted.local_model_path
    if local is None:
        make_card(model, None, wanted.train_datasets, wanted.repo_id)
    elif not Path(local).is_dir():
        raise InputError(f"local_model_path {str(local)!r} is not a folder.")
    elif not _files(Path(local)):
        raise InputError(f"local_model_path {str(local)!r} holds no file.")
    if why := why_offline():
        raise HubUnavailable(f"Nothing was pushed to {wanted.repo_id!r} because {why}.")


@contextmanager
def _folder(model: Any, wanted: Push) -> Iterator[Path]:
    """What to upload: the given folder as it is, else the model saved to one of our own."""
    if wanted.local_model_path is not None:
        yield Path(wanted.local_model_path)
        return
    with tempfile.TemporaryDirectory(prefix="isomorph-push-") as place:
        folder = Path(place) / "model"
        model.save_pretrained(
            str(folder), create_model_card=False, safe_serialization=wanted.safe_serialization
        )
        yield folder


def _api(wanted: Push) -> Any:
    from huggingface_hub import HfApi

    from isomorph.version import __version__

    return HfApi(token=wanted.token, library_name="isomorph", library_version=__version__)


def _repository(api: Any, wanted: Push, pushing: Pushing) -> str:
    """Makes what is not there yet; the repository's name as the Hub spells it."""
    with pushing.step("create the repository"):
        url = api.create_repo(wanted.repo_id, private=wanted.private, exist_ok=pushing.lenient)
        repo_id = str(url.repo_id)
    pushing.repo_id, pushing.exists = repo_id, True
    revision = wanted.revision or DEFAULT_REVISION
    if revision != DEFAULT_REVISION and not revision.startswith("refs/"):  # those are no branches
        with pushing.step(f"make the branch {revision!r}"):
            api.create_branch(repo_id, branch=revision, exist_ok=True)
    return repo_id


def _card(api: Any, model: Any, wanted: Push, repo_id: str, folder: Path, pushing: Pushing) -> None:
    """Adds a card, unless the repository has one that shall stay."""
    with pushing.step(f"look for a {NAME}"):
        there = api.file_exists(repo_id, NAME, revision=wanted.revision)
    if wanted.replace_model_card or not there:
        write_card(model, folder, None, wanted.train_datasets, repo_id)


def _commit(
    api: Any, model: Any, wanted: Push, repo_id: str, folder: Path, pushing: Pushing
) -> str:
    from huggingface_hub import CommitOperationAdd

    name = type(model).__name__
    additions = [
        CommitOperationAdd(path.relative_to(folder).as_posix(), str(path))
        for path in _files(folder)
    ]
    with pushing.step("upload the files"):
        done = api.create_commit(
            repo_id,
            additions,
            commit_message=wanted.commit_message or f"Add new {name} model",
            commit_description=_description(model, repo_id) if wanted.create_pr else None,
            revision=wanted.revision,
            create_pr=wanted.create_pr,
        )
    return str(done.pr_url or done.commit_url)


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.relative_to(folder).parts)
    )


def _description(model: Any, repo_id: str) -> str:
    """What a pull request says about itself: what is in it, and how to try it."""
    facts = about(model)
    chain = "\n".join(f"{i}. {module.kind}" for i, module in enumerate(facts.modules))
    code = snippet(facts, "isomorph", repo_id, 'f"refs/pr/{number}"')
    return (
        f"Adds a model of the class `{facts.kind.class_name}` with these modules:\n\n{chain}\n\n"
        "To try it before it is merged:\n\n"
        f"```python\nnumber = 1  # the number of this pull request\n{code}```\n"
    )
