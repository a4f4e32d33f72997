"""InformationRetrievalEvaluator: whether the relevant documents of a corpus are found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from isomorph.arguments.rules import BY_KEY, COUNTS, MAPPING, checking, or_none
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.models import EmbeddingModel, embed, of_model, similarity_names, take
from isomorph.evaluation.retrieval_metrics import Cutoffs, judged
from isomorph.search.nearest import Score, merged, nearest

Array = NDArray[Any]
Found = tuple[Array, Array]


class InformationRetrievalEvaluator(BaseEvaluator):
    """Accuracy, precision, recall, MRR, nDCG and MAP of the nearest documents of each query.

    Documents of equal score stand in the order of their ids. A relevant document that the corpus does
    not hold counts as not found, and so does what lies beyond the end of a corpus smaller than k;
    queries without relevant documents are left out.
    """

    csv_line_end = "\n"

    @checking(
        score_functions=or_none(MAPPING),
        **dict.fromkeys(("queries", "corpus", "relevant_docs"), BY_KEY),
        **dict.fromkeys(
            ("mrr_at_k", "ndcg_at_k", "accuracy_at_k", "precision_recall_at_k", "map_at_k"), COUNTS
        ),
    )
    def __init__(
        self,
        queries: Mapping[Any, Any],
        corpus: Mapping[Any, Any],
        relevant_docs: Mapping[Any, Any],
        corpus_chunk_size: int = 50_000,
        mrr_at_k: Sequence[int] = (10,),
        ndcg_at_k: Sequence[int] = (10,),
        accuracy_at_k: Sequence[int] = (1, 3, 5, 10),
        precision_recall_at_k: Sequence[int] = (1, 3, 5, 10),
        map_at_k: Sequence[int] = (100,),
        show_progress_bar: bool = False,
        batch_size: int = 32,
        name: str = "",
        write_csv: bool = True,
        truncate_dim: int | None = None,
        score_functions: Mapping[str, Score] | None = None,
        main_score_function: Any = None,
        query_prompt: str | None = None,
        query_prompt_name: str | None = None,
        corpus_prompt: str | None = None,
        corpus_prompt_name: str | None = None,
        write_predictions: bool = False,
    ) -> None:
        """Keeps queries, corpus and what is relevant.

        Args:
            queries: texts by id.
            corpus: texts by id.
            relevant_docs: for each query id the ids of its relevant documents, or grades by id, of
                which those above 0 count.
            corpus_chunk_size: so many documents are encoded and compared at a time.
            mrr_at_k: how many results MRR looks at, one metric a number.
            ndcg_at_k: how many results NDCG looks at; the largest number makes the primary metric.
            accuracy_at_k: how many results accuracy looks at, one metric a number.
            precision_recall_at_k: how many results precision and recall look at, two metrics a number.
            map_at_k: how many results MAP looks at, one metric a number.
            show_progress_bar: handed to `encode_query` and `encode_document`.
            batch_size: handed to `encode_query` and `encode_document`.
            name: stands before metrics and in the file name.
            write_csv: whether a call with an `output_path` appends to a file there.
            truncate_dim: handed on where it is given.
            score_functions: by name, queries and documents to (queries, documents); None takes the
                model's own.
            main_score_function: whose nDCG is the primary metric; None takes the largest.
            query_prompt: handed to `encode_query` where it is given.
            query_prompt_name: handed to `encode_query` where it is given.
            corpus_prompt: handed to `encode_document` where it is given.
            corpus_prompt_name: handed to `encode_document` where it is given.
            write_predictions: whether a call with an `output_path` writes the rankings there.

        Raises:
            InputError: an empty corpus, no query with relevant documents, relevant ids of which none is
                in the corpus, or a number below 1.
        """
        super().__init__()
        self._judged = judged(queries, corpus, relevant_docs)
        self._as_given = corpus, relevant_docs
        self._cutoffs = Cutoffs(
            tuple(accuracy_at_k),
            tuple(precision_recall_at_k),
            tuple(mrr_at_k),
            tuple(ndcg_at_k),
            tuple(map_at_k),
        ).checked(corpus_chunk_size)
        self.corpus_chunk_size = corpus_chunk_size
        self.show_progress_bar, self.batch_size = show_progress_bar, batch_size
        self.name, self.write_csv, self.write_predictions = name, write_csv, write_predictions
        self.truncate_dim = truncate_dim
        self.score_functions = dict(score_functions) if score_functions else None
        self.main_score_function = similarity_names(None, main_score_function)
        self.query_prompt, self.query_prompt_name = query_prompt, query_prompt_name
        self.corpus_prompt, self.corpus_prompt_name = corpus_prompt, corpus_prompt_name
        self._stem = f"Information-Retrieval_evaluation{'_' + name if name else ''}"
        self.csv_file = f"{self._stem}_results.csv"

    def __call__(
        self,
        model: EmbeddingModel,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
        corpus_model: EmbeddingModel | None = None,
        corpus_embeddings: Any = None,
    ) -> dict[str, float]:
        """Evaluates a model.

        Args:
            model: encodes the queries.
            output_path: a folder for results; None writes none.
            epoch: goes into the results.
            steps: goes into the results.
            corpus_model: encodes the documents; None takes `model`.
            corpus_embeddings: their vectors, in the order of the corpus, if they are there already.

        Returns:
            ``SCORE_metric@K`` for every score function, metric and K.

        Raises:
            InputError: a vector holds NaN, or the file of results has other columns.
        """
        scores = self.score_functions or {of_model(model): self._own(model)}
        names = sorted(scores)
        self.csv_headers = ["epoch", "steps", *self._cutoffs.headers(names)]
        table = self._table(output_path)
        found = self._search(model, corpus_model or model, corpus_embeddings, scores)
        metrics = {name: self._cutoffs.metrics(self._judged, found[name][1]) for name in scores}
        if self.write_predictions and output_path is not None:
            for name, ranking in found.items():
                self._write(Path(output_path) / f"{self._stem}_predictions_{name}.jsonl", ranking)
        table.append(epoch, steps, *(metrics[n][key] for n in names for key in self._cutoffs.row()))
        key = f"ndcg@{max(self._cutoffs.ndcg)}"
        best = max(names, key=lambda name: metrics[name][key])
        main = self.main_score_function[0] if self.main_score_function else best
        flat = {f"{name}_{k}": v for name, values in metrics.items() for k, v in values.items()}
        return self._reported(model, flat, f"{main}_{key}", epoch, steps)

    @property
    def queries_ids(self) -> list[Any]:
        """The ids of the queries that are asked: those that something is relevant to."""
        return list(self._judged.query_ids)

    @property
    def queries(self) -> list[Any]:
        """The queries that are asked, as `queries_ids`."""
        return list(self._judged.queries)

    @property
    def corpus_ids(self) -> list[Any]:
        """The ids of the documents, in the order given."""
        return list(self._as_given[0])

    @property
    def corpus(self) -> list[Any]:
        """The documents, as `corpus_ids`."""
        return list(self._as_given[0].values())

    @property
    def relevant_docs(self) -> Mapping[Any, Any]:
        """What is relevant to whom, as given."""
        return self._as_given[1]

    def _own(self, model: EmbeddingModel) -> Score:
        """How the model itself compares its vectors."""
        return model.similarity

    def _search(
        self,
        model: EmbeddingModel,
        corpus_model: EmbeddingModel,
        embeddings: Any,
        scores: Mapping[str, Score],
    ) -> dict[str, Found]:
        """For each function the best scores and their places in the order of ids, (queries, k)."""
        options = {
            "batch_size": self.batch_size,
            "show_progress_bar": self.show_progress_bar,
            "truncate_dim": self.truncate_dim,
        }
        prompts = {"prompt_name": self.query_prompt_name, "prompt": self.query_prompt}
        queries = embed(model.encode_query, self._judged.queries, **options, **prompts)
        prompts = {"prompt_name": self.corpus_prompt_name, "prompt": self.corpus_prompt}
        k, n = self._cutoffs.largest, len(self._judged.corpus)
        found: dict[str, Found] = {}
        for start in range(0, n, self.corpus_chunk_size):
            part = range(start, min(start + self.corpus_chunk_size, n))
            if embeddings is None:
                texts = [self._judged.corpus[i] for i in part]
                documents = embed(corpus_model.encode_document, texts, **options, **prompts)
            else:
                documents = take(embeddings, [self._judged.order[i] for i in part])
            for name, score in scores.items():
                values, places = nearest(queries, documents, k, score)
                found[name] = merged(found.get(name), (values, places + start), k)
        return found

    def _write(self, path: Path, ranking: Found) -> None:
        """One query a line, its documents best first."""
        path.parent.mkdir(parents=True, exist_ok=True)
        asked = zip(self._judged.query_ids, self._judged.queries, strict=True)
        with path.open("w", encoding="utf-8") as file:
            for (query_id, query), values, places in zip(asked, *ranking, strict=True):
                results = [
                    {"corpus_id": self._judged.corpus_ids[i], "score": float(score)}
                    for i, score in zip(places, values, strict=True)
                ]
                line = {"query_id": query_id, "query": query, "results": results}
                file.write(json.dumps(line) + "\n")

    def get_config_dict(self) -> dict[str, Any]:
        """`truncate_dim` and the prompts, where they are given."""
        names = ("query_prompt", "query_prompt_name", "corpus_prompt", "corpus_prompt_name")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return {**super().get_config_dict(), **given}
