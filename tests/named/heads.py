"""Rows of rerankers, sparse models and late interaction."""

from safetensors.numpy import load_file, save_file

from isomorph.testing.recipes import Recipe, dense, splade
from isomorph.testing.tiny_heads import classifier, masked_lm

from .making import SIZES, both, encoder, pickled, pylate, sparse
from .row import Row, edit

_XLM = {**SIZES, "pad_token_id": 1, "max_position_embeddings": 66, "type_vocab_size": 1}
_DEBERTA = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "share_att_key": True}
_DEBERTA |= {"position_buckets": 8, "norm_rel_ebd": "layer_norm", "position_biased_input": False}
_DEBERTA |= {"type_vocab_size": 0, "pooler_hidden_size": 32, "pooler_hidden_act": "gelu"}
_LFM2 = {"num_key_value_heads": 2, "layer_types": ["conv", "full_attention"]}
_LFM2 |= {"block_auto_adjust_ff_dim": False}
_GTE = {"type_vocab_size": 0, "rope_theta": 500.0}


def _reranker(model_type, labels=1, **options):
    return Recipe(classifier(encoder(model_type, **options), labels), listed=False)


def _masked(model_type, **options):
    return Recipe(masked_lm(encoder(model_type, **options)), (splade(),))


def _gte(folder):
    """The same model under the name that transformers has for it."""
    rope = {"rope_type": "default", "rope_theta": 500.0}
    content = {"model_type": "gte", "rope_parameters": rope}
    edit(folder / "config.json", "rope_theta", **content)
    tensors = load_file(folder / "model.safetensors")
    named = {name.replace("new.", "gte."): tensor for name, tensor in tensors.items()}
    save_file(named, folder / "model.safetensors", {"format": "pt"})


ROWS = (
    Row(
        models="ms-marco-MiniLM-L6-v2, ms-marco-TinyBERT",
        layout="bert with one label, token types",
        recipe=_reranker("bert", type_vocab_size=2),
        kind="scores",
    ),
    Row(
        models="ms-marco-electra-base",
        layout="electra with one label",
        recipe=_reranker("electra", type_vocab_size=2, embedding_size=24),
        kind="scores",
    ),
    Row(
        models="stsb-roberta-base, quora-roberta-base",
        layout="roberta with one label",
        recipe=_reranker("roberta", **_XLM),
        kind="scores",
    ),
    Row(
        models="nli-deberta-v3-base, mxbai-rerank-base-v1, mxbai-rerank-large-v1",
        layout="deberta-v2 with shared projections and buckets, three labels or one",
        recipe=_reranker("deberta-v2", labels=3, **_DEBERTA),
        kind="scores",
    ),
    Row(
        models="bge-reranker-base, bge-reranker-large, bge-reranker-v2-m3",
        layout="xlm-roberta with one label",
        recipe=_reranker("xlm-roberta", **_XLM),
        kind="scores",
    ),
    Row(
        models="mxbai-rerank-base-v2, Qwen3-Reranker-0.6B",
        layout="qwen2 or qwen3 with a chat template and the logits of two words",
        test="parity/test_messages.py::test_results_are_the_references",
    ),
    Row(
        models="Qwen3-Reranker-seq-cls",
        layout="qwen3 with one label",
        recipe=_reranker("qwen3", num_key_value_heads=2, head_dim=8),
        kind="scores",
    ),
    Row(
        models="bge-reranker-v2-gemma",
        layout="gemma, the logit of a word",
        test="parity/test_messages.py::test_results_are_the_references",
    ),
    Row(
        models="gte-multilingual-reranker-base",
        layout="new behind `new.` with one label",
        recipe=_reranker("new", **_GTE),
        kind="scores",
        stand_in=_gte,
        witness="sentence-transformers 6.2 with transformers' own GTE",
    ),
    Row(
        models="gte-reranker-modernbert-base, granite-embedding-reranker-english-r2",
        layout="modernbert with one label",
        recipe=_reranker("modernbert", local_attention=8, num_hidden_layers=4),
        kind="scores",
    ),
    Row(
        models="jina-reranker-v2-base-multilingual",
        layout="xlm-roberta with the tensors of Jina's code",
        witness="transformers' XLMRobertaForSequenceClassification with the same tensors",
        test="families/test_flash_layout.py::test_a_reranker_gives_the_scores_of_transformers_class",
    ),
    Row(
        models="splade-v3, Splade_PP_en_v1, granite-embedding-30m-sparse",
        layout="bert or roberta masked language model, SPLADE pooling",
        recipe=_masked("bert", type_vocab_size=2),
        finish=sparse,
        kind="sparse",
        real="backends/test_published_values.py::test_a_published_splade_with_the_old_names_of_norms",
    ),
    Row(
        models="opensearch-neural-sparse-encoding-doc-v2-distill, doc-v3-distill",
        layout="distilbert masked language model, SPLADE pooling with two logarithms",
        recipe=Recipe(
            masked_lm(
                encoder(
                    "distilbert",
                    usual=False,
                    dim=32,
                    n_layers=2,
                    n_heads=4,
                    hidden_dim=48,
                    max_position_embeddings=64,
                )
            ),
            (splade("max", "log1p_relu"),),
        ),
        finish=sparse,
        kind="sparse",
    ),
    Row(
        models="splade-cocondenser-ensembledistil",
        layout="bert masked language model in `pytorch_model.bin`",
        recipe=_masked("bert", type_vocab_size=2),
        finish=both(sparse, pickled),
        kind="sparse",
    ),
    Row(
        models="opensearch-neural-sparse-encoding-doc-v3-gte",
        layout="new masked language model, SPLADE pooling with two logarithms",
        recipe=Recipe(masked_lm(encoder("new", **_GTE)), (splade("max", "log1p_relu"),)),
        finish=sparse,
        kind="sparse",
        stand_in=_gte,
        witness="sentence-transformers 6.2 with transformers' own GTE",
    ),
    Row(
        models="colbertv2.0, answerai-colbert-small-v1",
        layout="Stanford's folder: `artifact.metadata`, `linear.weight` beside bert",
        test="parity/test_multi_vector.py::test_token_vectors_agree",
    ),
    Row(
        models="GTE-ModernColBERT-v1, LateOn, Reason-ModernColBERT, mxbai-edge-colbert-v0",
        layout="PyLate's folder: modernbert, `pylate.models.Dense.Dense` without bias, settings in one file",
        recipe=Recipe(
            encoder("modernbert", local_attention=8, num_hidden_layers=4),
            (dense(bias=False),),
        ),
        finish=pylate,
        kind="tokens",
    ),
    Row(
        models="LFM2-ColBERT-350M",
        layout="PyLate's folder: lfm2 with short convolutions, a Dense without bias",
        recipe=Recipe(
            encoder("lfm2", **_LFM2),
            (dense(bias=False),),
        ),
        finish=pylate,
        kind="tokens",
    ),
    Row(
        models="jina-colbert-v2",
        layout="Stanford's folder over xlm-roberta with the tensors of Jina's code",
        witness="transformers' XLMRobertaModel with the same tensors",
        test="families/test_flash_layout.py::test_colbert_gives_the_projected_states_of_transformers_class",
    ),
)
