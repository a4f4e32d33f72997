"""Texts that nobody asked for, in the form in which a model's chat template carries them."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.preprocess.messages.encoder import renderer_for
from isomorph.preprocess.text import Text


def hears_pairs_alone(text: Text) -> bool:
    """Whether the template drops what a user says and carries pairs: that of a reranker.

    Raises:
        Unsupported: jinja2 is not there.
        BadModel: the template or the tokenizer's settings are damaged.
    """
    return text.chat is not None and renderer_for(text).hears_pairs_alone(None)


def as_heard(text: Text, texts: Sequence[str]) -> list[str | tuple[str, str]]:
    """The texts, or of a reranker's template each as a query and as the document for it.

    Raises:
        Unsupported, BadModel: as `hears_pairs_alone`.
    """
    if hears_pairs_alone(text):
        return [(each, each) for each in texts]
    return list(texts)
