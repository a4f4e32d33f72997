"""The laws about models of sounds and of messages with images, which the catalogue does not hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Claim, Model, Options, Session, Values
from isomorph.plugins.reading import read_model
from isomorph.preprocess.messages.conversation import MESSAGE
from isomorph.preprocess.protocol import Treatment
from isomorph.reference.backend import CPU, ReferenceBackend
from isomorph.testing.compare import assert_close
from isomorph.testing.subject import Subject
from isomorph.testing.tiny_messages import write_messages
from isomorph.testing.tiny_sounds import write_sounds

LENGTHS = (3, 9, 1, 6)
"""Positions of the sounds, or words of the messages, that go together, where these have lengths."""


def sounds_are_independent(subject: Subject, name: str, folder: Path) -> str:
    """Of a tiny model, each sound in a batch has the numbers of the reference for that sound alone.

    Returns:
        Why nothing of it is claimed; "" where the law was asked.
    """
    return items_are_independent(subject, name, read_model(write_sounds(name, folder / name)))


def messages_are_independent(subject: Subject, name: str, folder: Path) -> str:
    """The same of messages, of which some have an image, some have two and some have none.

    Returns:
        Why nothing of it is claimed; "" where the law was asked.
    """
    model = read_model(write_messages(name, folder / name))
    return items_are_independent(
        subject, name, model.only(model.chains[model.route(None, MESSAGE)])
    )


def items_are_independent(subject: Subject, name: str, model: Model) -> str:
    """Each input in a batch has the numbers of the reference for that input alone.

    Returns:
        Why nothing of it is claimed; "" where the law was asked.
    """
    claim = subject.claim_of(model)
    if not claim.depth:
        return claim.reason
    part = model.prefix(claim.depth)
    mine = subject.load(model, claim)
    other = ReferenceBackend().load(part, Claim(CPU, claim.depth), Options())
    items = [model.inputs.sample(length, seed) for seed, length in enumerate(LENGTHS)]
    try:
        alone = [_rows(other, part, [item])[0] for item in items]
        for asked, wanted in ((items, alone), (items[::-1], alone[::-1])):
            for place, found in enumerate(_rows(mine, part, asked)):
                for output, array in found.items():
                    what = f"model {name!r}, input {place} of {len(asked)}, {output}"
                    assert_close(array, wanted[place][output], subject.agrees(claim), what)
    finally:
        mine.close()
        other.close()
    return ""


def _rows(session: Session, model: Model, items: Sequence[Any]) -> list[dict[str, NDArray[Any]]]:
    """What a session gives each sound of a batch, without the positions of its padding."""
    prepared = model.inputs.preparer().prepare(items, Treatment())
    lengths = prepared.lengths.tolist()
    width = max(lengths)
    feeds: Values = prepared.feeds(range(len(items)), width, 0, model.graph.inputs)
    values = session.forward(feeds)
    return [
        {
            name: np.array(array[row] if array.ndim < 3 else array[row, :length])
            for name, array in values.items()
        }
        for row, length in enumerate(lengths)
    ]
