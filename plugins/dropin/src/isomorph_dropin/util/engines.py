"""Searches for sparse vectors in engines, through the client packages that they publish.

Each takes an index that there is, or makes one of vectors on an engine of this machine. It gives a list
of ``{"corpus_id", "score"}`` for each query, the seconds of the search and, with `output_index`, the index.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any
from uuid import uuid4

import numpy as np

from isomorph.errors import InputError
from isomorph.postprocess.sparse import as_csr
from isomorph_dropin.util.packages import imported

Words = Sequence[Sequence[tuple[str, float]]]
_AT_ONCE = 1000
_URL = "http://localhost:9200"


def semantic_search_qdrant(
    query_embeddings: Any,
    corpus_embeddings: Any = None,
    corpus_index: tuple[Any, str] | None = None,
    top_k: int = 10,
    output_index: bool = False,
    **kwargs: Any,
) -> Any:
    """In a collection of qdrant.

    Args:
        query_embeddings: a sparse tensor (queries, V) or (V,).
        corpus_embeddings: a sparse tensor (documents, V), from which a collection is made.
        corpus_index: a client and the name of its collection, in place of vectors.
        top_k: how many documents a query.
        output_index: whether the client and the collection are given too.
        **kwargs: of the client; without any it connects to this machine.
    """
    package = imported("qdrant_client", "qdrant-client")
    models = imported("qdrant_client.http.models", "qdrant-client")
    if corpus_index is None:
        _needed(corpus_embeddings, "corpus_embeddings")
        client, name = (
            package.QdrantClient(**(kwargs or {"url": "http://localhost:6333"})),
            _named(),
        )
        client.create_collection(
            name, {}, sparse_vectors_config={"text": models.SparseVectorParams()}
        )
        points = [
            models.PointStruct(id=place, vector={"text": models.SparseVector(indices=i, values=v)})
            for place, (i, v) in enumerate(_rows(corpus_embeddings))
        ]
        for start in range(0, len(points), _AT_ONCE):
            client.upsert(name, points[start : start + _AT_ONCE])
        corpus_index = client, name
    client, name = corpus_index

    def found(row: tuple[list[int], list[float]]) -> list[Any]:
        query = models.SparseVector(indices=row[0], values=row[1])
        hits = client.query_points(
            collection_name=name, query=query, limit=top_k, using="text"
        ).points
        return [{"corpus_id": hit.id, "score": hit.score} for hit in hits]

    return _timed(found, list(_rows(query_embeddings)), corpus_index, output_index)


def semantic_search_elasticsearch(
    query_embeddings_decoded: Words,
    corpus_embeddings_decoded: Words | None = None,
    corpus_index: tuple[Any, str] | None = None,
    top_k: int = 10,
    output_index: bool = False,
    **kwargs: Any,
) -> Any:
    """In an index of Elasticsearch, whose words are fields of rank features.

    Args:
        query_embeddings_decoded: words and weights of each query, as `decode` of a model gives them.
        corpus_embeddings_decoded: those of documents, from which an index is made.
        corpus_index: a client and the name of its index, in place of words.
        top_k: how many documents a query.
        output_index: whether the client and the index are given too.
        **kwargs: of the client.
    """
    package = imported("elasticsearch", "elasticsearch")
    index = _filled(package, "Elasticsearch", corpus_embeddings_decoded, corpus_index, kwargs, "_")

    def query(words: Mapping[str, float]) -> dict[str, Any]:
        features = [
            {
                "rank_feature": {
                    "field": f"tokens.{_field(w, '_')}",
                    "saturation": {},
                    "boost": weight,
                }
            }
            for w, weight in words.items()
        ]
        return {"bool": {"should": features, "minimum_should_match": 1}}

    return _asked(index, query, query_embeddings_decoded, top_k, output_index)


def semantic_search_opensearch(
    query_embeddings_decoded: Words,
    corpus_embeddings_decoded: Words | None = None,
    corpus_index: tuple[Any, str] | None = None,
    top_k: int = 10,
    output_index: bool = False,
    **kwargs: Any,
) -> Any:
    """In an index of OpenSearch, by its neural sparse queries; arguments as with Elasticsearch."""
    package = imported("opensearchpy", "opensearch-py")
    index = _filled(package, "OpenSearch", corpus_embeddings_decoded, corpus_index, kwargs, ".")

    def query(words: Mapping[str, float]) -> dict[str, Any]:
        return {"neural_sparse": {"tokens": {"query_tokens": dict(words)}}}

    return _asked(index, query, query_embeddings_decoded, top_k, output_index)


def semantic_search_seismic(
    query_embeddings_decoded: Words,
    corpus_embeddings_decoded: Words | None = None,
    corpus_index: Any = None,
    top_k: int = 10,
    output_index: bool = False,
    index_kwargs: Mapping[str, Any] | None = None,
    search_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """In an index of Seismic, in the memory of this process.

    Args:
        query_embeddings_decoded: words and weights of each query, as `decode` of a model gives them.
        corpus_embeddings_decoded: those of documents, from which an index is made.
        corpus_index: an index, in place of words.
        top_k: how many documents a query.
        output_index: whether the index is given too.
        index_kwargs: of the making of the index.
        search_kwargs: of the search; ``query_cut`` is 10 and ``heap_factor`` 0.7 unless they say it.
    """
    package = imported("seismic", "pyseismic-lsr")
    text = package.get_seismic_string()

    def arrays(words: Sequence[tuple[str, float]]) -> tuple[Any, Any]:
        return (
            np.array([word for word, _ in words], text),
            np.array([weight for _, weight in words], np.float32),
        )

    if corpus_index is None:
        _needed(corpus_embeddings_decoded, "corpus_embeddings_decoded")
        documents = package.SeismicDataset()
        for place, words in enumerate(corpus_embeddings_decoded or ()):
            documents.add_document(str(place), *arrays(words))
        corpus_index = package.SeismicIndex.build_from_dataset(documents, **(index_kwargs or {}))
    queries = [arrays(words) for words in query_embeddings_decoded]
    start = time.perf_counter()
    answers = corpus_index.batch_search(
        queries_ids=np.array(range(len(queries)), text),
        query_components=[words for words, _ in queries],
        query_values=[weights for _, weights in queries],
        k=top_k,
        **{"query_cut": 10, "heap_factor": 0.7, **(search_kwargs or {})},
    )
    seconds = time.perf_counter() - start
    results: list[list[Any]] = [[] for _ in queries]
    for answer in answers:
        for query, score, document in answer:
            results[int(query)].append({"corpus_id": int(document), "score": score})
    return (results, seconds, corpus_index) if output_index else (results, seconds)


def _needed(corpus: Any, name: str) -> None:
    if corpus is None:
        raise InputError(
            f"Give {name}, from which an index is made, or corpus_index, one that there is."
        )


def _named() -> str:
    return f"sparse_{uuid4().hex}"


def _rows(vectors: Any) -> Iterator[tuple[list[int], list[float]]]:
    """The columns and the weights of each vector."""
    matrix = as_csr(vectors)
    for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        yield matrix.indices[start:end].tolist(), matrix.data[start:end].tolist()


def _field(word: str, dot: str) -> str:
    """A word as the name of a field, in which dots may stand for a path."""
    return str(word).replace(".", dot)


def _filled(
    package: Any, kind: str, corpus: Words | None, index: Any, kwargs: Mapping[str, Any], dot: str
) -> tuple[Any, str]:
    """The client and the name of an index, which is made of words where there is none."""
    if index is not None:
        client, name = index
        return client, str(name)
    _needed(corpus, "corpus_embeddings_decoded")
    client, name = getattr(package, kind)(_URL, **kwargs), _named()
    fields = {"tokens": {"type": "rank_features"}, "id": {"type": "keyword"}}
    client.indices.create(index=name, body={"mappings": {"properties": fields}})
    actions = [
        {
            "_index": name,
            "_id": str(place),
            "_source": {
                "id": str(place),
                "tokens": {_field(w, dot): weight for w, weight in words},
            },
        }
        for place, words in enumerate(corpus or ())
    ]
    bulk = import_module(f"{package.__name__}.helpers").bulk
    for start in range(0, len(actions), _AT_ONCE):
        bulk(client, actions[start : start + _AT_ONCE])
    client.indices.refresh(index=name)
    return client, name


def _asked(
    index: tuple[Any, str],
    query: Callable[[Mapping[str, float]], Mapping[str, Any]],
    words: Words,
    top_k: int,
    output_index: bool,
) -> Any:
    client, name = index

    def found(each: Sequence[tuple[str, float]]) -> list[Any]:
        answer = client.search(index=name, body={"size": top_k, "query": query(dict(each))})
        hits = answer["hits"]["hits"]
        return [{"corpus_id": int(hit["_id"]), "score": hit["_score"]} for hit in hits]

    return _timed(found, list(words), index, output_index)


def _timed(
    found: Callable[[Any], list[Any]], queries: Sequence[Any], index: Any, output_index: bool
) -> Any:
    """The results of each query and the seconds that they took, and the index where it is wanted."""
    start = time.perf_counter()
    results = [found(query) for query in queries]
    seconds = time.perf_counter() - start
    return (results, seconds, index) if output_index else (results, seconds)
