"""Examples as data: what programs hand to each other."""

from __future__ import annotations

from collections.abc import Sequence


class InputExample:
    """Texts that belong together, and what is known of them.

    Args:
        guid: a name, or "".
        texts: the texts.
        label: their class or score.
    """

    __module__ = "sentence_transformers.sentence_transformer.readers.input_example"

    def __init__(
        self, guid: str = "", texts: Sequence[str] | None = None, label: float = 0
    ) -> None:
        self.guid, self.texts, self.label = guid, texts, label

    def __str__(self) -> str:
        return f"<InputExample> label: {self.label}, texts: {'; '.join(self.texts or [])}"
