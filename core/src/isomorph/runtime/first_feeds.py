"""What the first module of a model is fed for a batch, for whoever wants to see it or run it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isomorph.contract import Values
from isomorph.preprocess.inputs import as_list, as_pairs, as_texts
from isomorph.preprocess.messages.conversation import Conversation, with_conversations
from isomorph.runtime.loaded import Loaded
from isomorph.schedule.batches import Batch, feeds


def first_feeds(loaded: Loaded, inputs: Sequence[Any], prompt: str) -> Values:
    """int64 arrays by name for texts or pairs of texts, padded to the longest; {} for none of them.

    Raises:
        InputError: an element is neither a text nor a pair.
    """
    batch = as_list(inputs)
    if not batch:
        return {}
    pipeline = loaded.pipeline
    batch = with_conversations(batch, pipeline.model.text.chat)
    paired = isinstance(batch[0], list | tuple) and not isinstance(batch[0], Conversation)
    encoder = pipeline.encoder_of(paired)
    texts: Any = as_pairs(batch) if paired else as_texts(batch)
    encoded = encoder.encode(texts, loaded.routing.max_length, prompt)
    whole = Batch(tuple(range(len(texts))), max(1, int(encoded.lengths.max())))
    return feeds(whole, encoded, pipeline.model.text, pipeline.model.graph.inputs)
