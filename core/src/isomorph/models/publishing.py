"""What a model says about itself in public: its card, and its way to the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from isomorph.arguments.rules import checked
from isomorph.card.data import BaseModelCardData
from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.models.call import renamed


class Publishing:
    """The model card of a model, and the Hub."""

    model_card_data_class: ClassVar[type[BaseModelCardData]] = BaseModelCardData
    model_card_data: BaseModelCardData

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

    def _card_data(self, given: Any, local_files_only: bool) -> BaseModelCardData:
        """What the user gave for the card, or the defaults of this class of models.

        Raises:
            InputError: it is no card data.
        """
        if given is None:
            return self.model_card_data_class(local_files_only=local_files_only)
        if isinstance(given, BaseModelCardData):
            return given
        raise InputError(
            f"model_card_data is {shown(given)}; give an object of {self.model_card_data_class.__name__}."
        )
