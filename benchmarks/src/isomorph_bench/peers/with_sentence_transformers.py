"""What the three backends of sentence-transformers have in common."""

from __future__ import annotations

from typing import Any

from isomorph_bench.race.protocol import versions


class Peer:
    """A model on one of that library's backends, with its defaults: batches of 32, float32."""

    def __init__(self, model: str, backend: str, engine: list[str], **options: Any) -> None:
        self._model = load(model, backend, **options)
        self._engine = engine

    def one(self, text: str) -> Any:
        """The vector of one text."""
        return self._model.encode(text, show_progress_bar=False)

    def many(self, texts: list[str]) -> Any:
        """The vectors of many texts."""
        return self._model.encode(texts, show_progress_bar=False)

    def report(self) -> dict[str, Any]:
        """Versions, and where it runs."""
        return {
            "engine": versions(["sentence-transformers", *self._engine]),
            "device": str(self._model.device),
        }


def load(model: str, backend: str, **options: Any) -> Any:
    """The model on that backend's CPU."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        model, backend=backend, device="cpu", local_files_only=True, model_kwargs=options
    )


def save(model: str, folder: str, backend: str, **options: Any) -> None:
    """The folder with that backend's own export, which the library advises to make once."""
    load(model, backend, **options).save_pretrained(folder)
