"""The tree as a table: which names each module of ``sentence_transformers`` has, and where they live here."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = "sentence_transformers"
STANDS_FOR = "6.2.0"
"""The version whose names and answers these are."""

_HERE = "isomorph_dropin"
_FACES, _PARTS, _UTIL = f"{_HERE}.faces", f"{_HERE}.modules", f"{_HERE}.util"
_SCORES = f"{_HERE}.scoring"
_JUDGES, TRAINING, _READERS = f"{_HERE}.evaluators", f"{_HERE}.training", f"{_HERE}.readers"

_LEAVES: Mapping[str, tuple[str, str]] = {
    # module of the tree: (where its names live, the names)
    "base.model": (f"{_FACES}.base", "BaseModel"),
    "base.model_card": (f"{_FACES}.cards", "BaseModelCardData generate_model_card"),
    "base.modality": (f"{_UTIL}.environment", "format_modality"),
    "base.evaluation.evaluator": (_JUDGES, "BaseEvaluator SentenceEvaluator"),
    "base.evaluation.sequential": (_JUDGES, "SequentialEvaluator"),
    "base.modules.module": (_PARTS, "Module"),
    "base.modules.input_module": (_PARTS, "InputModule"),
    "base.modules.dense": (_PARTS, "Dense"),
    "base.modules.normalize": (_PARTS, "Normalize"),
    "base.modules.router": (_PARTS, "Router Asym"),
    "base.modules.transformer": (_PARTS, "Transformer"),
    "base.data_collator": (TRAINING, "BaseDataCollator"),
    "base.sampler": (
        TRAINING,
        "BatchSamplers DefaultBatchSampler GroupByLabelBatchSampler MultiDatasetBatchSamplers "
        "MultiDatasetDefaultBatchSampler NoDuplicatesBatchSampler ProportionalBatchSampler "
        "RoundRobinBatchSampler SetEpochMixin",
    ),
    "base.trainer": (TRAINING, "BaseTrainer"),
    "base.training_args": (TRAINING, "BaseTrainingArguments"),
    "base.peft_mixin": (TRAINING, "PeftAdapterMixin"),
    "cross_encoder.model": (f"{_FACES}.cross_encoder", "CrossEncoder"),
    "cross_encoder.model_card": (f"{_FACES}.cards", "CrossEncoderModelCardData"),
    "cross_encoder.data_collator": (TRAINING, "CrossEncoderDataCollator"),
    "cross_encoder.trainer": (TRAINING, "CrossEncoderTrainer"),
    "cross_encoder.training_args": (TRAINING, "CrossEncoderTrainingArguments"),
    "cross_encoder.fit_mixin": (TRAINING, "FitMixin"),
    "cross_encoder.losses": (TRAINING, ""),
    "cross_encoder.modules.logit_score": (_PARTS, "LogitScore"),
    "cross_encoder.evaluation.classification": (_JUDGES, "CrossEncoderClassificationEvaluator"),
    "cross_encoder.evaluation.correlation": (_JUDGES, "CrossEncoderCorrelationEvaluator"),
    "cross_encoder.evaluation.reranking": (_JUDGES, "CrossEncoderRerankingEvaluator"),
    "cross_encoder.evaluation.nano_beir": (_JUDGES, "CrossEncoderNanoBEIREvaluator"),
    "cross_encoder.evaluation.deprecated": (
        _JUDGES,
        "CEBinaryAccuracyEvaluator CEBinaryClassificationEvaluator CECorrelationEvaluator CEF1Evaluator "
        "CERerankingEvaluator CESoftmaxAccuracyEvaluator",
    ),
    "multi_vector_encoder.model": (f"{_FACES}.multi_vector_encoder", "MultiVectorEncoder"),
    "multi_vector_encoder.model_card": (f"{_FACES}.cards", "MultiVectorEncoderModelCardData"),
    "multi_vector_encoder.data_collator": (TRAINING, "MultiVectorEncoderDataCollator"),
    "multi_vector_encoder.trainer": (TRAINING, "MultiVectorEncoderTrainer"),
    "multi_vector_encoder.training_args": (TRAINING, "MultiVectorEncoderTrainingArguments"),
    "multi_vector_encoder.losses": (TRAINING, ""),
    **{
        f"multi_vector_encoder.evaluation.{file}": (_JUDGES, f"MultiVector{name}Evaluator")
        for file, name in {
            "distillation": "Distillation",
            "information_retrieval": "InformationRetrieval",
            "nano_beir": "NanoBEIR",
            "reranking": "Reranking",
            "triplet": "Triplet",
        }.items()
    },
    "multi_vector_encoder.scoring.colbert": (
        _SCORES,
        "colbert_kd_scores colbert_scores colbert_scores_pairwise mean_colbert_kd_scores "
        "mean_colbert_scores mean_colbert_scores_pairwise",
    ),
    "multi_vector_encoder.scoring.xtr": (
        _SCORES,
        "XTRKDScores XTRScores xtr_kd_scores xtr_scores xtr_scores_pairwise",
    ),
    "multi_vector_encoder.interpretability": (
        f"{_HERE}.heatmaps",
        "get_n_patches maxsim_heatmap maxsim_similarity_map real_query_token_slice "
        "render_similarity_map_on_image",
    ),
    "multi_vector_encoder.modules.multi_vector_mask": (_PARTS, "MultiVectorMask"),
    "multi_vector_encoder.modules.token_pooling": (
        _PARTS,
        "BaseTokenPooling HierarchicalTokenPooling LambdaTokenPooling",
    ),
    "sentence_transformer.model": (f"{_FACES}.sentence_transformer", "SentenceTransformer"),
    "sentence_transformer.model_card": (
        f"{_FACES}.cards",
        "ModelCardCallback SentenceTransformerModelCardData",
    ),
    "sentence_transformer.data_collator": (TRAINING, "SentenceTransformerDataCollator"),
    "sentence_transformer.trainer": (TRAINING, "SentenceTransformerTrainer"),
    "sentence_transformer.training_args": (
        TRAINING,
        "BatchSamplers MultiDatasetBatchSamplers SentenceTransformerTrainingArguments",
    ),
    "sentence_transformer.fit_mixin": (TRAINING, "FitMixin"),
    "sentence_transformer.losses": (TRAINING, ""),
    "sentence_transformer.datasets.denoising_auto_encoder": (
        TRAINING,
        "DenoisingAutoEncoderDataset",
    ),
    "sentence_transformer.datasets.no_duplicates_dataloader": (TRAINING, "NoDuplicatesDataLoader"),
    "sentence_transformer.datasets.parallel_sentences": (TRAINING, "ParallelSentencesDataset"),
    "sentence_transformer.datasets.sentence_label": (TRAINING, "SentenceLabelDataset"),
    "sentence_transformer.datasets.sentences": (TRAINING, "SentencesDataset"),
    "sentence_transformer.readers.input_example": (_READERS, "InputExample"),
    "sentence_transformer.evaluation.binary_classification": (
        _JUDGES,
        "BinaryClassificationEvaluator",
    ),
    "sentence_transformer.evaluation.embedding_similarity": (
        _JUDGES,
        "EmbeddingSimilarityEvaluator",
    ),
    "sentence_transformer.evaluation.information_retrieval": (
        _JUDGES,
        "InformationRetrievalEvaluator",
    ),
    "sentence_transformer.evaluation.label_accuracy": (_JUDGES, "LabelAccuracyEvaluator"),
    "sentence_transformer.evaluation.mse": (_JUDGES, "MSEEvaluator"),
    "sentence_transformer.evaluation.mse_from_dataframe": (_JUDGES, "MSEEvaluatorFromDataFrame"),
    "sentence_transformer.evaluation.nano_beir": (_JUDGES, "NanoBEIREvaluator"),
    "sentence_transformer.evaluation.paraphrase_mining": (_JUDGES, "ParaphraseMiningEvaluator"),
    "sentence_transformer.evaluation.reranking": (_JUDGES, "RerankingEvaluator"),
    "sentence_transformer.evaluation.translation": (_JUDGES, "TranslationEvaluator"),
    "sentence_transformer.evaluation.triplet": (_JUDGES, "TripletEvaluator"),
    **{
        f"sentence_transformer.modules.{file}": (_PARTS, name)
        for file, name in {
            "bow": "BoW",
            "clip_model": "CLIPModel",
            "cnn": "CNN",
            "dropout": "Dropout",
            "layer_norm": "LayerNorm",
            "lstm": "LSTM",
            "pooling": "Pooling",
            "static_embedding": "StaticEmbedding",
            "weighted_layer_pooling": "WeightedLayerPooling",
            "word_embeddings": "WordEmbeddings",
            "word_weights": "WordWeights",
        }.items()
    },
    "sparse_encoder.model": (f"{_FACES}.sparse_encoder", "SparseEncoder"),
    "sparse_encoder.model_card": (f"{_FACES}.cards", "SparseEncoderModelCardData"),
    "sparse_encoder.data_collator": (TRAINING, "SparseEncoderDataCollator"),
    "sparse_encoder.trainer": (TRAINING, "SparseEncoderTrainer"),
    "sparse_encoder.training_args": (TRAINING, "SparseEncoderTrainingArguments"),
    "sparse_encoder.losses": (TRAINING, ""),
    "sparse_encoder.callbacks.splade_callbacks": (
        TRAINING,
        "SchedulerType SpladeRegularizerWeightSchedulerCallback",
    ),
    "sparse_encoder.modules.mlm_transformer": (_PARTS, "MLMTransformer"),
    "sparse_encoder.modules.sparse_auto_encoder": (_PARTS, "SparseAutoEncoder"),
    "sparse_encoder.modules.sparse_static_embedding": (_PARTS, "SparseStaticEmbedding"),
    "sparse_encoder.modules.splade_pooling": (_PARTS, "SpladePooling"),
    **{
        f"sparse_encoder.evaluation.{file}": (_JUDGES, name)
        for file, name in {
            "reciprocal_rank_fusion": "ReciprocalRankFusionEvaluator",
            "sparse_binary_classification": "SparseBinaryClassificationEvaluator",
            "sparse_embedding_similarity": "SparseEmbeddingSimilarityEvaluator",
            "sparse_information_retrieval": "SparseInformationRetrievalEvaluator",
            "sparse_mse": "SparseMSEEvaluator",
            "sparse_nano_beir": "SparseNanoBEIREvaluator",
            "sparse_reranking": "SparseRerankingEvaluator",
            "sparse_translation": "SparseTranslationEvaluator",
            "sparse_triplet": "SparseTripletEvaluator",
        }.items()
    },
    "sparse_encoder.search_engines": (
        f"{_UTIL}.engines",
        "semantic_search_elasticsearch semantic_search_opensearch semantic_search_qdrant "
        "semantic_search_seismic",
    ),
    "util.environment": (
        f"{_UTIL}.environment",
        "check_package_availability get_device_name is_accelerate_available is_datasets_available "
        "is_training_available",
    ),
    "util.file_io": (
        f"{_UTIL}.files",
        "disabled_tqdm http_get is_sentence_transformer_model load_dir_path load_file_path",
    ),
    "util.hard_negatives": (TRAINING, "mine_hard_negatives"),
    "util.logging": (f"{_UTIL}.environment", "LoggingHandler install_logger"),
    "util.misc": (
        f"{_UTIL}.environment",
        "disable_datasets_caching disable_logging fullname import_from_string",
    ),
    "util.quantization": (
        f"{_UTIL}.quantization",
        "quantize_embeddings semantic_search_faiss semantic_search_usearch",
    ),
    "util.retrieval": (
        f"{_UTIL}.retrieval",
        "community_detection paraphrase_mining paraphrase_mining_embeddings semantic_search",
    ),
    "util.similarity": (
        f"{_UTIL}.similarity",
        "SimilarityFunction cos_sim dot_score euclidean_sim manhattan_sim maxsim maxsim_pairwise "
        "mean_maxsim mean_maxsim_pairwise pairwise_angle_sim pairwise_cos_sim pairwise_dot_score "
        "pairwise_euclidean_sim pairwise_manhattan_sim pytorch_cos_sim",
    ),
    "util.tensor": (
        f"{_UTIL}.tensor",
        "append_to_last_row batch_to_device compute_count_vector normalize_embeddings "
        "select_max_active_dims to_scipy_coo truncate_embeddings",
    ),
    "backend": (
        TRAINING,
        "export_dynamic_quantized_onnx_model export_optimized_onnx_model "
        "export_static_quantized_openvino_model",
    ),
}

_SHARED = ("Dense", "InputModule", "Module", "Router", "Asym", "Transformer")
_MORE: Mapping[str, tuple[str, ...]] = {
    # what a package has beside the names of its own files
    "": (
        "backend",
        "base.sampler:DefaultBatchSampler MultiDatasetDefaultBatchSampler",
        "cross_encoder",
        "multi_vector_encoder:MultiVectorEncoder MultiVectorEncoderModelCardData "
        "MultiVectorEncoderTrainer MultiVectorEncoderTrainingArguments",
        "sentence_transformer",
        "sentence_transformer.datasets:ParallelSentencesDataset SentencesDataset",
        "sentence_transformer.readers",
        "sparse_encoder",
        "util:LoggingHandler SimilarityFunction mine_hard_negatives quantize_embeddings",
    ),
    "sentence_transformer.modules": ("base.modules",),
    "sentence_transformer.evaluation": ("base.evaluation", "util.similarity:SimilarityFunction"),
    "sparse_encoder.modules": (f"base.modules:{' '.join(_SHARED)}",),
    "cross_encoder.modules": (f"base.modules:{' '.join(_SHARED)}",),
    "multi_vector_encoder": ("util.similarity:maxsim maxsim_pairwise",),
    "util": ("util.quantization:quantize_embeddings",),
    "base": ("base.sampler",),
}

ALIASES: Mapping[str, str] = {
    f"{ROOT}.{old}": f"{ROOT}.{new}"
    for old, new in {
        "SentenceTransformer": "sentence_transformer.model",
        "LoggingHandler": "util.logging",
        "data_collator": "sentence_transformer.data_collator",
        "datasets": "sentence_transformer.datasets",
        "evaluation": "sentence_transformer.evaluation",
        "fit_mixin": "sentence_transformer.fit_mixin",
        "losses": "sentence_transformer.losses",
        "model_card": "sentence_transformer.model_card",
        "models": "sentence_transformer.modules",
        "peft_mixin": "base.peft_mixin",
        "quantization": "util.quantization",
        "readers": "sentence_transformer.readers",
        "readers.InputExample": "sentence_transformer.readers.input_example",
        "sampler": "base.sampler",
        "similarity_functions": "util.similarity",
        "trainer": "sentence_transformer.trainer",
        "training_args": "sentence_transformer.training_args",
        "cross_encoder.CrossEncoder": "cross_encoder.model",
        "sparse_encoder.SparseEncoder": "sparse_encoder.model",
        "sparse_encoder.models": "sparse_encoder.modules",
        **{
            f"{home}.{name}": f"{present}.{file}"
            for home, present in {
                "models": "sentence_transformer.modules",
                "sparse_encoder.models": "sparse_encoder.modules",
            }.items()
            for file, name in {
                "pooling": "Pooling",
                "static_embedding": "StaticEmbedding",
                "splade_pooling": "SpladePooling",
                "mlm_transformer": "MLMTransformer",
            }.items()
            if f"{present}.{file}" in _LEAVES
        },
        "models.Transformer": "base.modules.transformer",
        "models.Dense": "base.modules.dense",
        "models.Normalize": "base.modules.normalize",
        "sentence_transformer.modules.normalize": "base.modules.normalize",
        **{
            f"evaluation.{name}": f"sentence_transformer.evaluation.{file}"
            for file, name in {
                "binary_classification": "BinaryClassificationEvaluator",
                "embedding_similarity": "EmbeddingSimilarityEvaluator",
                "information_retrieval": "InformationRetrievalEvaluator",
                "triplet": "TripletEvaluator",
            }.items()
        },
    }.items()
}
"""Old names of modules, which are the same objects as the present ones."""


@cache
def packages() -> Mapping[str, bool]:
    """The full name of every module of the tree, and whether it is a package."""
    leaves = [*_LEAVES, *(module.removeprefix(f"{ROOT}.") for module in _inside())]
    found = {f"{ROOT}.{leaf}": False for leaf in leaves}
    for leaf in leaves:
        above = leaf.split(".")[:-1]
        found |= {".".join([ROOT, *above[:depth]]): True for depth in range(len(above) + 1)}
    return found


@cache
def homes(module: str) -> Mapping[str, str]:
    """Where each public name of a module lives: of a package, those of its files and what it adds.

    Args:
        module: the full name.
    """
    return dict(_names(module.removeprefix(ROOT).removeprefix(".")))


@cache
def _inside() -> Mapping[str, Collection[str]]:
    """By module the names that the real one has, and this tree in no other way: ``inside.json``."""
    found: dict[str, list[str]] = json.loads(Path(__file__).with_name("inside.json").read_bytes())
    return {module: frozenset(names) for module, names in found.items()}


def is_inside(module: str, name: str) -> bool:
    """Whether a name belongs to the inside of the real library, so that it can be imported and not used.

    Args:
        module: the full name of its module.
        name: the name.
    """
    return name in _inside().get(module, ())


_OF_TRAINING = frozenset(
    "callbacks data_collator datasets fit_mixin hard_negatives losses merging readers sampler trainer "
    "training_args".split()
)


def is_training(module: str) -> bool:
    """Whether a module is about training.

    Args:
        module: the full name.
    """
    return not _OF_TRAINING.isdisjoint(module.split("."))


def is_open(module: str) -> bool:
    """Whether a module has any name that is asked of it: those of losses are not listed.

    Args:
        module: the full name.
    """
    return _LEAVES.get(module.removeprefix(f"{ROOT}."), ("", "closed"))[1] == ""


def _names(module: str) -> Iterator[tuple[str, str]]:
    if module in _LEAVES:
        source, names = _LEAVES[module]
        yield from ((name, source) for name in names.split())
    elif module:
        below = [leaf for leaf in _LEAVES if leaf.rpartition(".")[0] == module]
        for leaf in below:
            yield from _names(leaf)
    for more in _MORE.get(module, ()):
        other, _, chosen = more.partition(":")
        wanted = chosen.split()
        yield from ((n, source) for n, source in _names(other) if not wanted or n in wanted)
