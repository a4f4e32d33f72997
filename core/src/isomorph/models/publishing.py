"""A model as a folder, with its card, on the disk and on the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from isomorph.arguments.names import renamed
from isomorph.arguments.rules import checked
from isomorph.card.data import BaseModelCardData
from isomorph.errors import InputError
from isomorph.model.settings import Settings
from isomorph.runtime.loaded import Loaded


class Publishing:
    """Writes a model as a folder that isomorph and sentence-transformers 6 load with equal results."""

    model_card_data_class: ClassVar[type[BaseModelCardData]] = BaseModelCardData
    model_card_data: BaseModelCardData
    _loaded: Loaded

    def _settings(self) -> Settings:
        """How the model wants to be used now, as it is saved."""
        raise NotImplementedError

    @checked
    def save_pretrained(
        self,
        path: str | Path,
        model_name: str | None = None,
        create_model_card: bool = True,
        train_datasets: Sequence[str] | None = None,
        safe_serialization: bool = True,
    ) -> None:
        """Saves modules, weights, tokenizer and the settings that the model has now.

        The folder takes its name in one step: a process that is killed leaves the old folder or the new
        one. What lies in it beside a model stays. Weights are copied as they are stored, in safetensors;
        once a live model was handed out, what it holds now is written. A backend that makes artifacts
        writes its own beside the weights.

        Args:
            path: the folder; it may be the one that the model was loaded from.
            model_name: the name in the model card.
            create_model_card: write ``README.md``.
            train_datasets: names of data sets for the card.
            safe_serialization: only True; weights are not pickled.

        Raises:
            InputError: the path cannot be a model's folder.
            Unsupported: pickles are asked for, or the folder exists where none can be replaced in one step.
            OSError: the disk is full or cannot be written; the old folder is then as it was.
        """
        from isomorph.card import write_card
        from isomorph.saving.save import save

        card = partial(write_card, self, model_name=model_name, train_datasets=train_datasets)
        save(
            self._loaded,
            self._settings(),
            path,
            write_card=card if create_model_card else None,
            safe_serialization=safe_serialization,
        )

    @checked
    def save(
        self,
        path: str | Path,
        model_name: str | None = None,
        create_model_card: bool = True,
        train_datasets: Sequence[str] | None = None,
        safe_serialization: bool = True,
    ) -> None:
        """The same as `save_pretrained`, under its older name.

        Args:
            path: the folder; it may be the one that the model was loaded from.
            model_name: the name in the model card.
            create_model_card: write ``README.md``.
            train_datasets: names of data sets for the card.
            safe_serialization: only True; weights are not pickled.
        """
        self.save_pretrained(
            path, model_name, create_model_card, train_datasets, safe_serialization
        )

    @checked
    def push_to_hub(
        self,
        repo_id: str,
        token: str | bool | None = None,
        private: bool | None = None,
        safe_serialization: bool = True,
        commit_message: str | None = None,
        local_model_path: str | Path | None = None,
        exist_ok: bool = False,
        replace_model_card: bool = False,
        train_datasets: Sequence[str] | None = None,
        revision: str | None = None,
        create_pr: bool = False,
    ) -> str:
        """Uploads this model to the Hub in one commit, and makes its repository where there is none.

        Differs from sentence-transformers' method where that one errs: large models too appear at
        once or not at all; a Hub that fails while it is asked for a card fails the push instead of
        leaving the card out; a failed push changes nothing of the model.

        Args:
            repo_id: ``OWNER/NAME``, or a name alone for one of your own.
            token: a Hub token with the right to write; None takes the stored one.
            private: whether a new repository is; None takes its owner's default.
            safe_serialization: as `save_pretrained`.
            commit_message: None says which class of model is added.
            local_model_path: a folder to upload as it is, in place of this model.
            exist_ok: adds a commit to a repository that exists, instead of refusing.
            replace_model_card: replaces a README.md that the repository has.
            train_datasets: names or Hub ids for the card.
            revision: the branch, which is made where there is none, or ``refs/pr/N`` of a pull request
                that is open; None is ``main``.
            create_pr: opens a pull request in place of committing.

        Returns:
            The address of the commit, or of the pull request.

        Raises:
            InputError: an argument cannot be used, or the Hub does not accept what is in the files.
            ModelExists: there is such a repository.
            AccessDenied, ModelNotFound: the token is missing or lacks rights; there is no such owner.
            HubUnavailable: the Hub is busy, out of order or out of reach.
        """
        from isomorph.hub import Push, push

        wanted = Push(
            repo_id=repo_id,
            token=token,
            private=private,
            safe_serialization=safe_serialization,
            commit_message=commit_message,
            local_model_path=local_model_path,
            exist_ok=exist_ok,
            replace_model_card=replace_model_card,
            train_datasets=train_datasets,
            revision=revision,
            create_pr=create_pr,
        )
        return push(self, wanted)

    @checked
    def save_to_hub(
        self,
        repo_id: str,
        organization: str | None = None,
        token: str | bool | None = None,
        private: bool | None = None,
        safe_serialization: bool = True,
        commit_message: str = "Add new model.",
        local_model_path: str | Path | None = None,
        exist_ok: bool = False,
        replace_model_card: bool = False,
        train_datasets: Sequence[str] | None = None,
    ) -> str:
        """The old name of `push_to_hub`, with the owner apart in `organization`.

        Raises:
            InputError: `repo_id` names another owner than `organization`.
        """
        renamed("save_to_hub", "push_to_hub")
        owner, slash, _ = repo_id.rpartition("/")
        if organization and slash and owner != organization:
            raise InputError(
                f"organization is {organization!r}, but repo_id {repo_id!r} is of {owner!r}; "
                "leave organization out."
            )
        return self.push_to_hub(
            f"{organization}/{repo_id}" if organization and not slash else repo_id,
            token=token,
            private=private,
            safe_serialization=safe_serialization,
            commit_message=commit_message,
            local_model_path=local_model_path,
            exist_ok=exist_ok,
            replace_model_card=replace_model_card,
            train_datasets=train_datasets,
        )
