"""Models in the package mteb (2.x): what its EncoderProtocol and CrossEncoderProtocol ask for.

    import mteb

    mteb.evaluate(SentenceTransformer("all-MiniLM-L6-v2"), tasks)

Models hand such calls to the classes here, which also stand alone where a model is to have another
name in mteb's results. mteb is imported when it asks for the model's metadata, and never before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from isomorph.errors import InputError
from isomorph.evaluation.models import EVERY_NAME
from isomorph.machine.optional import Library
from isomorph.postprocess.similarity import check_name
from isomorph.preprocess.prompts import first_useful

MTEB = Library("mteb", "Results of MTEB need mteb")
SCORING = {"maxsim": "MaxSim", "meanmaxsim": "custom"}
"""mteb's names of similarity functions, where they are others than ours."""


class MtebEncoder:
    """A model of texts to vectors, as `mteb.models.EncoderProtocol`."""

    def __init__(self, model: Any, revision: str | None = None, *, name: str | None = None) -> None:
        """Keeps the model.

        Args:
            model: a `SentenceTransformer`, or what has its methods.
            revision: under which mteb keeps results; None takes that of a Hub model.
            name: ``organization/name`` under which mteb keeps results; None takes the Hub id, or
                ``local/FOLDER``.

        Raises:
            InputError: the name is not of that form.
        """
        self.model = model
        self._name, self._revision = _checked(name), revision

    @property
    def mteb_model_meta(self) -> Any:
        """A `mteb.models.ModelMeta`.

        Raises:
            Unsupported: mteb is not installed.
        """
        similarity = check_name(self.model.similarity_fn_name, EVERY_NAME)
        return _meta(
            self.model,
            self._name,
            self._revision,
            max_tokens=self.model.max_seq_length,
            embed_dim=self.model.get_embedding_dimension(),
            similarity_fn_name=SCORING.get(similarity, similarity),
        )

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        task_metadata: Any,
        hf_split: str = "",
        hf_subset: str = "",
        prompt_type: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Vectors of a task's texts.

        Args:
            inputs: batches with a list of texts as ``text``.
            task_metadata: chooses the prompt, by the task's name before its type.
            hf_split: without effect here.
            hf_subset: without effect here.
            prompt_type: query, document or None; chooses between `encode_query`, `encode_document` and
                `encode`, and a prompt.
            **kwargs: handed to them: batch_size, show_progress_bar, precision.

        Raises:
            InputError: a batch holds no texts.
        """
        kind = None if prompt_type is None else str(getattr(prompt_type, "value", prompt_type))
        encode = {"query": self.model.encode_query, "document": self.model.encode_document}.get(
            str(kind), self.model.encode
        )
        options = {name: value for name, value in kwargs.items() if value is not None}
        prompt_name = first_useful(self.model.prompts, _prompt_names(task_metadata, kind))
        return encode(_texts(inputs), prompt_name=prompt_name, **options)

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Every vector of one set against every vector of the other, as the model compares them."""
        return self.model.similarity(embeddings1, embeddings2)

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Vector i of one set against vector i of the other."""
        return self.model.similarity_pairwise(embeddings1, embeddings2)


class MtebCrossEncoder:
    """A model of pairs to scores, as `mteb.models.CrossEncoderProtocol`."""

    def __init__(self, model: Any, revision: str | None = None, *, name: str | None = None) -> None:
        """Keeps the model; the arguments are those of `MtebEncoder`."""
        self.model = model
        self._name, self._revision = _checked(name), revision

    @property
    def mteb_model_meta(self) -> Any:
        """A `mteb.models.ModelMeta`.

        Raises:
            Unsupported: mteb is not installed.
        """
        return _meta(
            self.model,
            self._name,
            self._revision,
            max_tokens=self.model.max_seq_length,
            model_type=["cross-encoder"],
        )

    def predict(
        self,
        inputs1: Iterable[Mapping[str, Any]],
        inputs2: Iterable[Mapping[str, Any]],
        *,
        task_metadata: Any = None,
        hf_split: str = "",
        hf_subset: str = "",
        prompt_type: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Scores of a task's pairs: (pairs,).

        Args:
            inputs1: batches with a list of texts as ``text``, for reranking the queries.
            inputs2: batches with a list of texts as ``text``, for reranking the documents; as many texts.
            task_metadata: without effect here.
            hf_split: without effect here.
            hf_subset: without effect here.
            prompt_type: without effect here.
            **kwargs: handed to `predict`: batch_size, show_progress_bar.

        Raises:
            InputError: a batch holds no texts, or the sides differ in number.
        """
        left, right = _texts(inputs1), _texts(inputs2)
        if len(left) != len(right):
            raise InputError(
                f"Pairs need as many texts on each side, not {len(left)}, {len(right)}."
            )
        return self.model.predict(list(zip(left, right, strict=True)), **kwargs)


def _prompt_names(task: Any, kind: str | None) -> tuple[str, ...]:
    """The names that a task's prompt may have, the most specific first."""
    names = []
    for each in (task.name, task.type):
        names += [f"{each}-{kind}", str(each)] if kind else [str(each)]
    return (*names, kind) if kind else tuple(names)


def _texts(batches: Iterable[Mapping[str, Any]]) -> list[str]:
    texts: list[str] = []
    for batch in batches:
        if "text" not in batch:
            raise InputError(f"This model takes texts; the task has {', '.join(sorted(batch))}.")
        texts.extend(batch["text"])
    return texts


def _checked(name: str | None) -> str | None:
    if name is not None and name.count("/") != 1:
        raise InputError(f"mteb takes names such as organization/model, not {name!r}.")
    return name


def _identity(folder: Path) -> tuple[str, str]:
    """Name and revision; a folder of the Hub's cache is ``models--ORG--NAME/snapshots/REVISION``."""
    if folder.parent.name != "snapshots":
        return f"local/{folder.name}", "no_revision_available"
    _, *parts = folder.parent.parent.name.split("--")
    return "/".join(parts if len(parts) > 1 else ("local", *parts)), folder.name


def _meta(model: Any, name: str | None, revision: str | None, **known: Any) -> Any:
    MTEB.refuse_without()
    found = _identity(Path(model.report().folder))
    known |= {"name": name or found[0], "revision": revision or found[1]}
    metadata = MTEB.module("models.model_meta")
    if "similarity_fn_name" in known:
        known["similarity_fn_name"] = metadata.ScoringFunction(known["similarity_fn_name"])
    return metadata.ModelMeta.create_empty(overwrites=known)
