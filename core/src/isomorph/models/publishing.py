"""What a model says about itself in public: its card, and its way to the Hub."""

from __future__ import annotations

from typing import Any, ClassVar

from isomorph.card.data import BaseModelCardData
from isomorph.errors import InputError


class Publishing:
    """The model card of a model."""

    model_card_data_class: ClassVar[type[BaseModelCardData]] = BaseModelCardData
    model_card_data: BaseModelCardData

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
            f"model_card_data is {given!r}; give an object of {self.model_card_data_class.__name__}."
        )
