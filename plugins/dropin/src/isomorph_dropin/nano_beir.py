"""Evaluators of NanoBEIR: thirteen small collections, from the Hub or from a folder of the same form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from isomorph import evaluation
from isomorph.errors import InputError
from isomorph.evaluation.sparse import Sparsity
from isomorph.machine.optional import Library

DATASET_NAME_TO_HUMAN_READABLE: Mapping[str, str] = {
    "climatefever": "ClimateFEVER",
    "dbpedia": "DBPedia",
    "fever": "FEVER",
    "fiqa2018": "FiQA2018",
    "hotpotqa": "HotpotQA",
    "msmarco": "MSMARCO",
    "nfcorpus": "NFCorpus",
    "nq": "NQ",
    "quoraretrieval": "QuoraRetrieval",
    "scidocs": "SCIDOCS",
    "arguana": "ArguAna",
    "scifact": "SciFact",
    "touche2020": "Touche2020",
}
_OF_ARGUMENTS = ("arguana", "touche2020")
"""Collections that rerankers leave out: what is looked for there is another opinion."""
DATASETS = Library("datasets", "Collections of NanoBEIR are read by the package datasets")
_HUB = "sentence-transformers/NanoBEIR-en"
_SPARSITY = (
    "query_active_dims",
    "query_sparsity_ratio",
    "corpus_active_dims",
    "corpus_sparsity_ratio",
)


class _Collections(evaluation.BaseEvaluator):
    """One evaluator for each collection, and the means of their metrics."""

    csv_line_end = evaluation.InformationRetrievalEvaluator.csv_line_end

    def __init__(
        self,
        dataset_names: Sequence[str] | None,
        dataset_id: str,
        name: str,
        aggregate_fn: Callable[[list[float]], Any],
        aggregate_key: str,
        write_csv: bool,
    ) -> None:
        super().__init__()
        wanted = DATASET_NAME_TO_HUMAN_READABLE if dataset_names is None else dataset_names
        self.dataset_names, self.dataset_id = list(wanted), str(dataset_id)
        strange = [n for n in self.dataset_names if n.lower() not in DATASET_NAME_TO_HUMAN_READABLE]
        if strange:
            raise InputError(
                f"Dataset(s) {strange} are not valid NanoBEIR datasets. There are: "
                f"{', '.join(DATASET_NAME_TO_HUMAN_READABLE)}."
            )
        if not self.dataset_names:
            raise InputError("dataset_names cannot be empty; None evaluates on all of them.")
        self.aggregate_fn, self.aggregate_key, self.write_csv = (
            aggregate_fn,
            aggregate_key,
            write_csv,
        )
        self.name = f"{name}_{aggregate_key}"
        self.csv_file = f"NanoBEIR_evaluation_{aggregate_key}_results.csv"
        self.evaluators: list[Any] = []

    def __call__(
        self, model: Any, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> dict[str, float]:
        """The metrics of each collection, and their means under `name`.

        Args:
            model: as the evaluator of one collection takes it.
            output_path: a folder for results; None writes none.
            epoch: goes into the results.
            steps: goes into the results.
        """
        found: dict[str, float] = {}
        by_metric: dict[str, list[float]] = defaultdict(list)
        for evaluator in self.evaluators:
            for key, value in evaluator(model, output_path, epoch, steps).items():
                found[key] = value
                by_metric[key.removeprefix(f"{evaluator.name}_")].append(value)
        means = {
            metric: self.aggregate_fn(values) for metric, values in by_metric.items()
        } | self._more()
        self.csv_headers = self.evaluators[0].csv_headers
        self._table(output_path).append(
            epoch, steps, *(means[_metric(header)] for header in self.csv_headers[2:])
        )
        self.primary_metric = self._primary(means)
        named = self.prefix_name_to_metrics(means, self.name)
        if len(self.dataset_names) > 1:  # of one alone the card has the numbers already
            self.store_metrics_in_model_card_data(model, named, epoch, steps)
        return {**found, **named}

    def _more(self) -> dict[str, float]:
        """What is no mean over collections."""
        return {}

    def _primary(self, means: Mapping[str, float]) -> str:
        return str(self.evaluators[0].primary_metric).removeprefix(f"{self.evaluators[0].name}_")

    def _title(self, dataset: str) -> str:
        return f"Nano{DATASET_NAME_TO_HUMAN_READABLE[dataset.lower()]}"

    def _rows(self, subset: str, dataset: str, *columns: str) -> Any:
        """One table of a collection.

        Raises:
            Unsupported: the package datasets is not installed.
            InputError: there is no such table, or it lacks a column.
        """
        load_dataset = DATASETS.module().load_dataset
        split = self._title(dataset)
        try:
            rows = load_dataset(self.dataset_id, subset, split=split)
        except Exception as cause:  # datasets has an error of its own for each way
            raise InputError(
                f"Could not load subset {subset!r} split {split!r} from dataset {self.dataset_id!r}: "
                f"{type(cause).__name__}: {str(cause)[:150]}. Without a network, name a folder of this form "
                "as dataset_id."
            ) from cause
        missing = sorted(set(columns) - set(rows.column_names))
        if missing:
            raise InputError(
                f"Subset {subset!r} split {split!r} of {self.dataset_id!r} lacks {', '.join(missing)}."
            )
        return rows

    def _texts(self, subset: str, dataset: str) -> dict[str, str]:
        rows = self._rows(subset, dataset, "_id", "text")
        return {row["_id"]: row["text"] for row in rows if row["text"]}

    def _relevant(self, dataset: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for row in self._rows("qrels", dataset, "query-id", "corpus-id"):
            ids = row["corpus-id"]
            found[row["query-id"]].update(ids if isinstance(ids, list) else [ids])
        return dict(found)

    def get_config_dict(self) -> dict[str, Any]:
        """Which collections, and from where."""
        return {"dataset_names": self.dataset_names, "dataset_id": self.dataset_id}


class NanoBEIREvaluator(_Collections):
    """Whether the documents of small collections are found.

    Attributes:
        kept: to how many features vectors are cut; None for all of them.
    """

    __module__ = "sentence_transformers.sentence_transformer.evaluation.nano_beir"
    kept: int | None = None
    information_retrieval_class: Any = evaluation.InformationRetrievalEvaluator

    def __init__(
        self,
        dataset_names: Sequence[str] | None = None,
        dataset_id: str = _HUB,
        *,
        write_csv: bool = True,
        truncate_dim: int | None = None,
        aggregate_fn: Callable[[list[float]], Any] = np.mean,
        aggregate_key: str = "mean",
        query_prompts: str | Mapping[str, str] | None = None,
        corpus_prompts: str | Mapping[str, str] | None = None,
        main_score_function: Any = None,
        **options: Any,
    ) -> None:
        """Reads the collections.

        Args:
            dataset_names: of `DATASET_NAME_TO_HUMAN_READABLE`; None takes all.
            dataset_id: a data set of the Hub, or a folder of the same form.
            write_csv: whether a call with an `output_path` appends to a file there.
            truncate_dim: how many features of vectors stay; None takes the model's own.
            aggregate_fn: the metrics of the collections to one number.
            aggregate_key: what the numbers of all are called.
            query_prompts: one for all collections, or by name.
            corpus_prompts: likewise.
            main_score_function: whose nDCG is the primary metric; None takes the largest.
            **options: those of the evaluator of one collection.

        Raises:
            InputError: no such collection, a collection without its prompt, or one that cannot be read.
            Unsupported: the package datasets is not installed.
        """
        super().__init__(
            dataset_names, dataset_id, "NanoBEIR", aggregate_fn, aggregate_key, write_csv
        )
        self.truncate_dim, self.main_score_function = truncate_dim, main_score_function
        self.kept = truncate_dim if self.kept is None else self.kept
        self.query_prompts = self._by_dataset("query", query_prompts)
        self.corpus_prompts = self._by_dataset("corpus", corpus_prompts)
        if truncate_dim is not None:
            options["truncate_dim"] = truncate_dim
        if self.kept is not None:
            self.name += f"_{self.kept}"
        own = {"write_csv": write_csv, "main_score_function": main_score_function, **options}
        self.evaluators = [self._one(dataset, own) for dataset in self.dataset_names]

    def _one(self, dataset: str, options: Mapping[str, Any]) -> Any:
        corpus = self._texts("corpus", dataset)  # before the others, so that errors name it
        return self.information_retrieval_class(
            queries=self._texts("queries", dataset),
            corpus=corpus,
            relevant_docs=self._relevant(dataset),
            name=self._title(dataset) + ("" if self.kept is None else f"_{self.kept}"),
            query_prompt=(self.query_prompts or {}).get(dataset),
            corpus_prompt=(self.corpus_prompts or {}).get(dataset),
            **options,
        )

    def _by_dataset(
        self, what: str, prompts: str | Mapping[str, str] | None
    ) -> Mapping[str, str] | None:
        if isinstance(prompts, str):
            return dict.fromkeys(self.dataset_names, prompts)
        missing = [] if prompts is None else sorted(set(self.dataset_names) - set(prompts))
        if missing:
            raise InputError(f"The following datasets are missing {what} prompts: {missing}")
        return prompts

    def _primary(self, means: Mapping[str, float]) -> str:
        ends = [key for key in means if "_ndcg@" in key]
        largest = max(int(key.rpartition("@")[2]) for key in ends)
        of_all = [key for key in ends if key.endswith(f"_ndcg@{largest}")]
        main = getattr(self.main_score_function, "value", self.main_score_function)
        return f"{main}_ndcg@{largest}" if main else max(of_all, key=lambda key: means[key])

    def get_config_dict(self) -> dict[str, Any]:
        """Which collections, and `truncate_dim` and prompts where they are given."""
        names = ("truncate_dim", "query_prompts", "corpus_prompts")
        given = {n: getattr(self, n) for n in names if getattr(self, n) is not None}
        return {**super().get_config_dict(), **given}


class SparseNanoBEIREvaluator(NanoBEIREvaluator):
    """`NanoBEIREvaluator` of sparse vectors, with how sparse they are."""

    __module__ = "sentence_transformers.sparse_encoder.evaluation.sparse_nano_beir"
    information_retrieval_class = evaluation.SparseInformationRetrievalEvaluator
    csv_line_end = evaluation.SparseInformationRetrievalEvaluator.csv_line_end

    def __init__(self, *args: Any, max_active_dims: int | None = None, **kwargs: Any) -> None:
        """As of dense vectors, with `max_active_dims` in place of ``truncate_dim``."""
        self.max_active_dims = self.kept = max_active_dims
        super().__init__(*args, max_active_dims=max_active_dims, **kwargs)

    def _more(self) -> dict[str, float]:
        seen = Sparsity.joined(each.seen for each in self.evaluators)
        means = seen.means("query_", by_vector=True) | seen.means("corpus_", by_vector=True)
        return {
            **{name: means[name] for name in _SPARSITY},
            "avg_flops": seen.flops("query_", "corpus_"),
        }

    def get_config_dict(self) -> dict[str, Any]:
        """Which collections, prompts, and `max_active_dims` where they are given."""
        most = {} if self.max_active_dims is None else {"max_active_dims": self.max_active_dims}
        return {**super().get_config_dict(), **most}


class MultiVectorNanoBEIREvaluator(NanoBEIREvaluator):
    """`NanoBEIREvaluator` of token vectors."""

    __module__ = "sentence_transformers.multi_vector_encoder.evaluation.nano_beir"
    information_retrieval_class = evaluation.MultiVectorInformationRetrievalEvaluator

    def __init__(
        self,
        *args: Any,
        corpus_chunk_size: int = 5000,
        chunk_elements: int | None = None,
        **kwargs: Any,
    ) -> None:
        """As of one vector a text; the others are those of `information_retrieval_class`."""
        kwargs |= {"corpus_chunk_size": corpus_chunk_size, "chunk_elements": chunk_elements}
        super().__init__(*args, **kwargs)


class CrossEncoderNanoBEIREvaluator(_Collections):
    """Whether a reranker brings the documents of small collections to the front of a first search."""

    __module__ = "sentence_transformers.cross_encoder.evaluation.nano_beir"

    def __init__(
        self,
        dataset_names: Sequence[str] | None = None,
        dataset_id: str = _HUB,
        rerank_k: int = 100,
        at_k: int = 10,
        always_rerank_positives: bool = True,
        prompt_name: str | None = None,
        batch_size: int = 32,
        show_progress_bar: bool = False,
        write_csv: bool = True,
        aggregate_fn: Callable[[list[float]], Any] = np.mean,
        aggregate_key: str = "mean",
    ) -> None:
        """Reads the collections, each with its first search.

        Args:
            dataset_names: None takes all but those of arguments.
            dataset_id: a data set of the Hub, or a folder of the same form.
            rerank_k: how many documents of the first search are scored.
            at_k: how far MRR and nDCG look.
            always_rerank_positives: whether relevant texts that the search missed are scored too.
            prompt_name: handed to `predict` where it is given.
            batch_size: handed to `predict`.
            show_progress_bar: handed to `predict`.
            write_csv: whether a call with an `output_path` appends to a file there.
            aggregate_fn: the metrics of the collections to one number.
            aggregate_key: what the numbers of all are called.
        """
        if dataset_names is None:
            dataset_names = [n for n in DATASET_NAME_TO_HUMAN_READABLE if n not in _OF_ARGUMENTS]
        name = f"NanoBEIR_R{rerank_k:d}"
        super().__init__(dataset_names, dataset_id, name, aggregate_fn, aggregate_key, write_csv)
        self.rerank_k, self.at_k = rerank_k, at_k
        self.always_rerank_positives = always_rerank_positives
        self.evaluators = [
            evaluation.CrossEncoderRerankingEvaluator(
                samples=list(self._samples(dataset)),
                name=f"{self._title(dataset)}_R{rerank_k}",
                at_k=at_k,
                always_rerank_positives=always_rerank_positives,
                prompt_name=prompt_name,
                batch_size=batch_size,
                show_progress_bar=show_progress_bar,
                write_csv=write_csv,
            )
            for dataset in self.dataset_names
        ]
        self.primary_metric = f"ndcg@{at_k}"

    def _samples(self, dataset: str) -> Iterator[Mapping[str, Any]]:
        corpus, queries = self._texts("corpus", dataset), self._texts("queries", dataset)
        relevant = self._relevant(dataset)
        for row in self._rows("bm25", dataset, "query-id", "corpus-ids"):
            query = row["query-id"]
            yield {
                "query": queries[query],
                "positive": [corpus[each] for each in relevant[query]],
                "documents": [corpus[each] for each in row["corpus-ids"][: self.rerank_k]],
            }

    def get_config_dict(self) -> dict[str, Any]:
        """Which collections, and how they are reranked."""
        names = ("rerank_k", "at_k", "always_rerank_positives")
        return {**super().get_config_dict(), **{name: getattr(self, name) for name in names}}


def _metric(header: str) -> str:
    """The key of a metric whose column is called so."""
    score, _, rest = header.partition("-")
    return f"{score}_{rest.lower()}" if rest else header.lower()
