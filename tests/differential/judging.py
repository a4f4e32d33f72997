"""Searches, and evaluators of models, that count otherwise in the two libraries; each with our test."""

from __future__ import annotations

from .folders import Difference

_EDGES = "core/evaluation/test_edges.py"

JUDGING = (
    Difference(
        "Documents of equal score in evaluators of rerankers and of reranking",
        "MRR takes the order that a sort leaves them in, often the relevant ones first",
        "MRR and nDCG are means over all orders",
        f"{_EDGES}::test_relevant_documents_do_not_win_ties",
    ),
    Difference(
        "A rank that is listed twice (`mrr_at_k=[5, 5]`)",
        "counted twice: shares up to 2",
        "counted once",
        f"{_EDGES}::test_a_rank_that_is_listed_twice_counts_once",
    ),
    Difference(
        "A text that `duplicates_list` calls a duplicate of itself",
        "a pair that mining never finds, so that recall stays below 1",
        "no pair",
        f"{_EDGES}::test_no_duplicates_at_all",
    ),
    Difference(
        "Evaluators of nothing: no texts, an empty corpus, relevant documents of which none is in the corpus",
        "NaN, or 0 for every metric",
        "refused",
        f"{_EDGES}::test_refused_before_anything_runs",
    ),
    Difference(
        "Grades in `relevant_docs` (`{query: {document: grade}}`)",
        "every document that has one is relevant, also with 0",
        "those above 0 are relevant",
        f"{_EDGES}::test_grades_above_nothing_are_relevant",
    ),
    Difference(
        "Labels that a reranker lacks, in `CrossEncoderClassificationEvaluator`",
        "pairs that count as wrong",
        "refused",
        f"{_EDGES}::test_nan_in_scores_and_labels_that_a_model_lacks",
    ),
    Difference(
        "Vectors and scores of a model that hold NaN, in an evaluator",
        "metrics that are NaN, or that count NaN as the best score",
        "refused",
        f"{_EDGES}::test_nan_in_vectors",
    ),
    Difference(
        "A file of results that has other columns",
        "rows are appended under them",
        "refused; the file stays as it is",
        f"{_EDGES}::test_a_file_with_other_columns_is_left_alone",
    ),
    Difference(
        "Vectors that hold NaN, in `semantic_search` and `paraphrase_mining`",
        "the first of all hits, with a score of NaN",
        "the last, with -inf; in no pair and in no community",
        "core/search/test_search.py::test_vectors_with_nan_come_last",
    ),
    Difference(
        "No queries in `semantic_search`",
        "an error, or one list of hits",
        "no lists",
        "core/search/test_search.py::test_nothing_to_search",
    ),
    Difference(
        "A negative `top_k` of `rank`",
        "all but the last documents",
        "refused",
        "core/models/test_bad_calls.py::test_bad_calls_run_nothing",
    ),
    Difference(
        "0 for `top_k` or `max_pairs` of a search, or for `truncate_dim` of `truncate_embeddings`",
        "nothing",
        "refused",
        "core/models/test_bad_calls.py::test_functions_refuse_too",
    ),
    Difference(
        "Similarities of int8 and uint8 vectors",
        "products within 8 bits, which wrap; an error for the cosine",
        "float32",
        "core/postprocess/test_similarity.py::test_wide_types_stay_and_narrow_ones_are_widened",
    ),
    Difference(
        "A single vector on each side of a function row by row, such as `pairwise_cos_sim`",
        "a number, of shape ()",
        "shape (1,)",
        "core/postprocess/test_similarity.py::test_lists_of_vectors_and_single_vectors",
    ),
    Difference(
        "`decode` of what `SparseEncoder.encode` gives of a single text",
        "a list of words",
        "a list of one list, since that is a matrix of one row; a list of words where tensors are asked for",
        "core/models/test_sparse_encoder.py::test_the_heaviest_words_come_first",
    ),
    Difference(
        "`chunk_size` without a pool and without several devices",
        "passed over",
        "refused",
        "core/pool/test_broken.py::test_chunks_are_those_of_a_pool",
    ),
)
