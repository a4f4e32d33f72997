"""What the programs of clients share: the models and texts, and how an answer is told."""

import json
import os
from typing import Any

HOME = os.environ["CLIENTS_MODELS"]
DENSE, RERANKER, SPARSE = (os.path.join(HOME, name) for name in ("dense", "reranker", "sparse"))  # noqa: PTH118
TEXTS = [
    "A cat sleeps on the warm stove.",
    "Two dogs run along the beach.",
    "The stock market fell on Monday.",
    "Engines burn fuel to move a car.",
    "She plays the violin in an orchestra.",
    "Rain is expected in the mountains tonight.",
]


def tell(answer: Any) -> None:
    """Writes the answer of a program, as lists of numbers and texts, where the runner reads it."""
    with open(os.environ["CLIENTS_ANSWER"], "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(answer, file, default=_plain)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
