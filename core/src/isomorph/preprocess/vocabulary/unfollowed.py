"""What a file of a tokenizer says and its class in transformers does not do."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from isomorph.errors import SettingIgnored
from isomorph.preprocess.tokenizer_settings import TokenizerSettings


def tell(settings: TokenizerSettings, file: str, said: Mapping[str, bool]) -> None:
    """Warns of what stands in a file and has no effect, as in transformers; each with whether it is said."""
    found = [what for what, there in said.items() if there]
    if found:
        warnings.warn(
            f"{file} in {settings.folder} says {' and '.join(found)}. {settings.kind} ignores that in "
            "transformers, and so does isomorph. If the model was trained with it, save its tokenizer.json.",
            SettingIgnored,
            stacklevel=2,
        )
