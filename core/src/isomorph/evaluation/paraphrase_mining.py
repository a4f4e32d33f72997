"""ParaphraseMiningEvaluator: whether the pairs that mining finds are the known duplicates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from isomorph.arguments.rules import BY_KEY, PAIRS, checking, or_none
from isomorph.errors import InputError
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.models import EmbeddingModel, embed
from isomorph.evaluation.thresholds import Cuts, average_precision, best_f1
from isomorph.search.paraphrases import paraphrase_mining_embeddings

Pair = frozenset[Hashable]


class ParaphraseMiningEvaluator(BaseEvaluator):
    """F1 and average precision of mined pairs against known duplicates.

    Duplicates of texts that are not there, and of a text with itself, do not count. Without any
    duplicate all metrics are 0.
    """

    @checking(sentences_map=BY_KEY, duplicates_list=or_none(PAIRS), duplicates_dict=or_none(BY_KEY))
    def __init__(
        self,
        sentences_map: Mapping[Any, Any],
        duplicates_list: Iterable[tuple[Any, Any]] | None = None,
        duplicates_dict: Mapping[Any, Mapping[Any, bool]] | None = None,
        add_transitive_closure: bool = False,
        query_chunk_size: int = 5000,
        corpus_chunk_size: int = 100_000,
        max_pairs: int = 500_000,
        top_k: int = 100,
        show_progress_bar: bool = False,
        batch_size: int = 16,
        name: str = "",
        write_csv: bool = True,
        truncate_dim: int | None = None,
    ) -> None:
        """Keeps the texts and the set of duplicates.

        Args:
            sentences_map: texts by id.
            duplicates_list: pairs of ids.
            duplicates_dict: ``[id1][id2]`` is True for duplicates; one direction is enough.
            add_transitive_closure: duplicates of duplicates are duplicates.
            query_chunk_size: how many texts are compared with others at a time.
            corpus_chunk_size: how many texts a block of queries is compared with at a time.
            max_pairs: the most pairs that are returned.
            top_k: how many of the most similar texts of each text are looked at.
            show_progress_bar: handed to `encode`.
            batch_size: handed to `encode`.
            name: stands before metrics and in the file name.
            write_csv: whether a call with an `output_path` appends to a file there.
            truncate_dim: handed to `encode` where it is given.

        Raises:
            InputError: there is no text.
        """
        super().__init__()
        if not sentences_map:
            raise InputError("There is nothing to evaluate: sentences_map is empty.")
        self.ids, self.sentences = list(sentences_map), list(sentences_map.values())
        pairs = {frozenset(pair) for pair in duplicates_list or ()}
        for one, others in (duplicates_dict or {}).items():
            pairs |= {frozenset((one, other)) for other, alike in others.items() if alike}
        if add_transitive_closure:
            pairs = transitive_closure(pairs)
        self.duplicates = {p for p in pairs if len(p) == 2 and all(i in sentences_map for i in p)}
        self.total_num_duplicates = len(self.duplicates)
        self.query_chunk_size, self.corpus_chunk_size = query_chunk_size, corpus_chunk_size
        self.max_pairs, self.top_k = max_pairs, top_k
        self.batch_size, self.show_progress_bar = batch_size, show_progress_bar
        self.name, self.write_csv, self.truncate_dim = name, write_csv, truncate_dim
        self._closure = add_transitive_closure
        self.primary_metric = "average_precision"
        self.csv_file = f"paraphrase_mining_evaluation{'_' + name if name else ''}_results.csv"
        columns = ("precision", "recall", "f1", "threshold", "average_precision")
        self.csv_headers = ["epoch", "steps", *columns]

    def __call__(
        self,
        model: EmbeddingModel,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """``average_precision``, and ``f1``, ``precision``, ``recall`` at the best ``threshold``."""
        table = self._table(output_path)
        embeddings = embed(
            model.encode,
            self.sentences,
            batch_size=self.batch_size,
            show_progress_bar=self.show_progress_bar,
            truncate_dim=self.truncate_dim,
        )
        mined = paraphrase_mining_embeddings(
            embeddings, self.query_chunk_size, self.corpus_chunk_size, self.max_pairs, self.top_k
        )
        known = [
            frozenset((self.ids[int(i)], self.ids[int(j)])) in self.duplicates for _, i, j in mined
        ]
        cuts = Cuts.of([score for score, _, _ in mined], known)
        cuts = replace(cuts, labelled=self.total_num_duplicates)
        best, precision = best_f1(cuts), average_precision(cuts)
        table.append(epoch, steps, best.precision, best.recall, best.f1, best.threshold, precision)
        metrics = {
            "average_precision": precision,
            "f1": best.f1,
            "precision": best.precision,
            "recall": best.recall,
            "threshold": best.threshold,
        }
        return self._reported(model, metrics, "average_precision", epoch, steps)

    def get_config_dict(self) -> dict[str, Any]:
        """What bounds the search, and `truncate_dim` where it is given."""
        config = {"max_pairs": self.max_pairs, "top_k": self.top_k}
        return {"add_transitive_closure": self._closure, **config, **super().get_config_dict()}


def transitive_closure(pairs: Iterable[Pair]) -> set[Pair]:
    """Every pair within each group of ids that pairs connect."""
    near: dict[Hashable, set[Hashable]] = defaultdict(set)
    for pair in pairs:
        for one in pair:
            near[one] |= pair
    closed: set[Pair] = set()
    seen: set[Hashable] = set()
    for start in near:
        group, waiting = set(), [start] if start not in seen else []
        while waiting:
            one = waiting.pop()
            if one not in group:
                group.add(one)
                waiting.extend(near[one] - group)
        seen |= group
        closed |= {frozenset(pair) for pair in combinations(group, 2)}
    return closed
