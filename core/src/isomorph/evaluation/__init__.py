"""Evaluators: how good a model is on texts whose answers are known.

    from isomorph.evaluation import InformationRetrievalEvaluator

    metrics = model.evaluate(InformationRetrievalEvaluator(queries, corpus, relevant_docs))

They take any object with the methods of `models.EmbeddingModel` or `models.PairModel`.
"""

from __future__ import annotations

from isomorph.evaluation.binary_classification import BinaryClassificationEvaluator
from isomorph.evaluation.cross_encoder_classification import CrossEncoderClassificationEvaluator
from isomorph.evaluation.cross_encoder_correlation import CrossEncoderCorrelationEvaluator
from isomorph.evaluation.cross_encoder_reranking import CrossEncoderRerankingEvaluator
from isomorph.evaluation.embedding_similarity import EmbeddingSimilarityEvaluator
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.evaluation.information_retrieval import InformationRetrievalEvaluator
from isomorph.evaluation.mse import MSEEvaluator, MSEEvaluatorFromDataFrame
from isomorph.evaluation.multi_vector import (
    MultiVectorDistillationEvaluator,
    MultiVectorInformationRetrievalEvaluator,
    MultiVectorRerankingEvaluator,
    MultiVectorTripletEvaluator,
)
from isomorph.evaluation.paraphrase_mining import ParaphraseMiningEvaluator
from isomorph.evaluation.reciprocal_rank_fusion import ReciprocalRankFusionEvaluator
from isomorph.evaluation.reranking import RerankingEvaluator
from isomorph.evaluation.sequential import SequentialEvaluator
from isomorph.evaluation.sparse import (
    SparseBinaryClassificationEvaluator,
    SparseEmbeddingSimilarityEvaluator,
    SparseInformationRetrievalEvaluator,
    SparseMSEEvaluator,
    SparseRerankingEvaluator,
    SparseTranslationEvaluator,
    SparseTripletEvaluator,
)
from isomorph.evaluation.translation import TranslationEvaluator
from isomorph.evaluation.triplet import TripletEvaluator
from isomorph.postprocess.similarity import SimilarityFunction

__all__ = [
    "BaseEvaluator",
    "BinaryClassificationEvaluator",
    "CrossEncoderClassificationEvaluator",
    "CrossEncoderCorrelationEvaluator",
    "CrossEncoderRerankingEvaluator",
    "EmbeddingSimilarityEvaluator",
    "InformationRetrievalEvaluator",
    "MSEEvaluator",
    "MSEEvaluatorFromDataFrame",
    "MultiVectorDistillationEvaluator",
    "MultiVectorInformationRetrievalEvaluator",
    "MultiVectorRerankingEvaluator",
    "MultiVectorTripletEvaluator",
    "ParaphraseMiningEvaluator",
    "ReciprocalRankFusionEvaluator",
    "RerankingEvaluator",
    "SequentialEvaluator",
    "SimilarityFunction",
    "SparseBinaryClassificationEvaluator",
    "SparseEmbeddingSimilarityEvaluator",
    "SparseInformationRetrievalEvaluator",
    "SparseMSEEvaluator",
    "SparseRerankingEvaluator",
    "SparseTranslationEvaluator",
    "SparseTripletEvaluator",
    "TranslationEvaluator",
    "TripletEvaluator",
]
