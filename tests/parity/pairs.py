"""The pairs that go through rerankers, as code: every environment makes the same ones."""

from __future__ import annotations

QUERY = "where does the river carry stones"
DOCUMENTS = [
    "The river carries small stones to the sea.",
    "Fishermen repair their nets before dawn.",
    "",
    "stones " * 30,
    "Children count boats in the harbour.",
    "The river carries small stones to the sea.",
]
PROMPT = "rank this: "
PAIRS = [
    *[(QUERY, document) for document in DOCUMENTS],
    ("river " * 50, "sea " * 50),
    ("river " * 70, "the sea"),
    ("", ""),
    ("The sea", "river " * 70),
    ("naïve façade", "12 boats, 3 nets; 1 harbour?"),
]
