"""What the server takes of a request, and what it does with models that nobody uses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of requests and of memory. Whatever goes beyond is refused, and nothing grows."""

    body: int = 2 << 20
    """Bytes of a body at most; more is 413."""
    inputs: int = 2048
    """Texts, pairs or documents of a request at most; more is 413."""
    concurrent: int = 512
    """Requests under way at most, those that wait among them; a further one is 429 at once."""
    connections: int = 768
    """Connections at once, those that are silent among them; a further one is 503 and closed."""
    seconds: float = 60.0
    """Seconds for a request from its first byte to its answer; a body that comes slower is 408, else 503."""
    retry_after: int = 1
    """Seconds that a client who was refused is asked to wait."""
    memory: int | None = None
    """Bytes that the files of loaded models have together at most; None for any number."""
    idle: float | None = None
    """Seconds after which a model that nobody uses is unloaded; None keeps it."""
    truncate: bool = False
    """Whether texts that are too long are cut where a request does not say so; else they are refused."""
    token_ids: bool = False
    """Whether clients may send token ids of the model's own tokenizer in place of texts."""
