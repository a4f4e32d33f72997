"""Tiny models of each class, and texts for them."""

import os
from pathlib import Path

PARITY = Path(__file__).parents[3] / "tests" / "parity"
PLACES = {
    "vectors": PARITY / "models" / "prompts-default",
    "scores": PARITY / "cross_encoders" / "models" / "bert-typed",
    "weights": PARITY / "sparse" / "models" / "splade-max",
    "tokens": PARITY / "multi_vector" / "models" / "lengths",
}
STORE = 100 << 20
"""Bytes of a node's object store."""
KILLS = int(os.environ.get("ISOMORPH_TEST_KILLS", "2"))
"""How often a node is killed, behind another answer each time."""
WORDS = ("river", "small", "stones", "the", "carries", "a")


def texts(count):
    """So many texts, each another one but for every tenth, which is like the first."""
    return [
        " ".join(word for bit, word in enumerate(WORDS) if (n % 63 + 1) >> bit & 1) + f" {n // 10}"
        for n in range(count)
    ]
