"""Documents by how well they answer a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isomorph_server.ask import Ask
from isomorph_server.refusals import WrongTask
from isomorph_server.replies import short


async def ranked(
    ask: Ask, query: str, documents: Sequence[str], **kwargs: Any
) -> list[tuple[int, float]]:
    """Each document's place and score, best first; equal ones keep their order.

    Raises:
        Refused: the model gives several scores a pair.
    """
    served = ask.find("rerank")
    if served.model.num_labels != 1:
        raise WrongTask(f"{served.name} has {served.model.num_labels} labels; ask /predict.")
    scores = await ask.predict(served, [(query, each) for each in documents], **kwargs)
    order = np.argsort(-scores, kind="stable")
    return list(zip(order.tolist(), short(scores[order]), strict=True))
