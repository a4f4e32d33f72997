"""What the backends and classes of sentence-transformers have in common."""

from __future__ import annotations

from typing import Any

from isomorph_bench.race.protocol import versions

CLASSES = {
    "dense": "SentenceTransformer",
    "sparse": "SparseEncoder",
    "rerank": "CrossEncoder",
    "late-interaction": "MultiVectorEncoder",
}


class Peer:
    """A model on one of that library's backends, with its defaults: batches of 32, float32."""

    def __init__(
        self, model: str, backend: str, engine: list[str], task: str = "dense", **options: Any
    ) -> None:
        self._model = load(model, backend, task, **options)
        self._engine = engine
        self._task = task

    def one(self, text: Any) -> Any:
        """The result of one text, or the scores of a query with its documents."""
        if self._task == "rerank":
            query, documents = text
            return self._scores([(query, document) for document in documents])
        return self._told(self._model.encode(text, show_progress_bar=False))

    def many(self, texts: list[Any]) -> Any:
        """The results of many texts, or the scores of pairs."""
        if self._task == "rerank":
            return self._scores([tuple(pair) for pair in texts])
        return self._told(self._model.encode(texts, show_progress_bar=False))

    def _scores(self, pairs: list[Any]) -> Any:
        return self._model.predict(pairs, show_progress_bar=False)

    def _told(self, found: Any) -> Any:
        """Vectors as numpy or scipy has them: sparse tensors as rows, those of tokens as a list of arrays."""
        if self._task == "sparse":
            from scipy.sparse import csr_matrix

            tensor = found if found.dim() == 2 else found.unsqueeze(0)
            tensor = tensor.coalesce().cpu()
            return csr_matrix((tensor.values(), tensor.indices()), shape=tuple(tensor.shape))
        if self._task == "late-interaction":
            return [_numpy(each) for each in found] if isinstance(found, list) else _numpy(found)
        return found

    def report(self) -> dict[str, Any]:
        """Versions, and where it runs."""
        return {
            "engine": versions(["sentence-transformers", *self._engine]),
            "device": str(self._model.device),
        }


def _numpy(array: Any) -> Any:
    return array.cpu().numpy() if hasattr(array, "cpu") else array


def load(model: str, backend: str, task: str = "dense", **options: Any) -> Any:
    """The model on that backend's CPU, as an object of the class for the task."""
    import sentence_transformers

    kind = getattr(sentence_transformers, CLASSES[task])
    return kind(model, backend=backend, device="cpu", local_files_only=True, model_kwargs=options)


def save(model: str, folder: str, backend: str, **options: Any) -> None:
    """The folder with that backend's own export, which the library advises to make once."""
    load(model, backend, **options).save_pretrained(folder)
