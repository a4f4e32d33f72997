"""Rows of language models that embed or rerank."""

from isomorph.testing.recipes import MEAN, Recipe, dense

from . import byte_pairs
from .making import (
    both,
    chain,
    encoder,
    last,
    own_module,
    prompts,
    pylate,
    reranker,
    tokenizer,
)
from .row import Row

_GROUPED = {"num_key_value_heads": 2}
_QWEN2 = {**_GROUPED, "vocab_size": byte_pairs.WORDS, "pad_token_id": byte_pairs.WORDS - 1}
_GEMMA = {**_GROUPED, "head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": 8}
_LFM2 = {**_GROUPED, "layer_types": ["conv", "full_attention"], "block_auto_adjust_ff_dim": False}
_LEFT = tokenizer(padding_side="left")

ROWS = (
    Row(
        models="embeddinggemma-300m, harrier-270m",
        layout="gemma3_text that sees both ways, mean, two Dense without bias, normalised, prompts",
        recipe=chain(
            encoder("gemma3_text", **_GEMMA, use_bidirectional_attention=True, num_hidden_layers=3),
            MEAN,
            dense(bias=False, narrow=48),
            dense(bias=False, wide=48, narrow=32),
        ),
        finish=prompts(query="new query: "),
        call={"prompt_name": "query"},
    ),
    Row(
        models="Qwen3-Embedding-0.6B, -4B, -8B, F2LLM, harrier-0.6b",
        layout="qwen3, padded on the left, last token, normalised, prompts",
        recipe=last(encoder("qwen3", **_GROUPED, head_dim=8)),
        finish=both(_LEFT, prompts(query="new query: ")),
        call={"prompt_name": "query"},
    ),
    Row(
        models="gte-Qwen2-1.5B-instruct, jina-code-embeddings, nomic-embed-code, KaLM-embedding-mini",
        layout="qwen2 with pairs of bytes, padded on the left, last token, normalised",
        recipe=last(encoder("qwen2", **_QWEN2)),
        finish=both(byte_pairs.write, _LEFT),
    ),
    Row(
        models="stella_en_1.5B_v5",
        layout="qwen2 with pairs of bytes, mean, Dense",
        recipe=chain(encoder("qwen2", **_QWEN2), MEAN, dense(), normalize=False),
        finish=byte_pairs.write,
    ),
    Row(
        models="e5-mistral-7b-instruct, SFR-Embedding-Mistral, Linq-Embed-Mistral, bge-en-icl, GritLM-7B",
        layout="mistral with a window, padded on the left, last token, normalised",
        recipe=last(encoder("mistral", **_GROUPED, sliding_window=8)),
        finish=_LEFT,
    ),
    Row(
        models="bge-multilingual-gemma2",
        layout="gemma2 with capped scores, padded on the left, last token, normalised",
        recipe=last(encoder("gemma2", **_GEMMA, attn_logit_softcapping=5.0)),
        finish=_LEFT,
    ),
    Row(
        models="LLM2Vec, repllama, specter2",
        layout="an adapter of peft beside a base model, or alone with its name",
        witness="peft",
        test="core/adapters/test_adapters.py::test_one_alone_whose_base_model_is_found_by_its_name",
    ),
    Row(
        models="NV-Embed-v2",
        layout="nvembed: mistral behind `embedding_model.` without window, then attention to learned vectors",
        witness="the formulas of its code, in float64",
        test="families/test_published_code.py::test_nv_embed_is_what_its_published_code_computes",
    ),
    Row(
        models="llama-embed-nemotron-8b, llama-nemotron-embed-1b-v2",
        layout="llama_bidirec: llama that sees both ways whatever its files say",
        witness="transformers' LlamaModel that is told to see both ways",
        test="families/test_published_code.py::test_decoders_that_see_both_ways_by_their_type",
    ),
    Row(
        models="pplx-embed-v1-0.6b, pplx-embed-v1-4b",
        layout="qwen3 that sees both ways, mean, then a class of its own that rounds: that one is refused",
        recipe=Recipe(encoder("bidirectional_pplx_qwen3", **_GROUPED, head_dim=8), (MEAN,)),
        finish=own_module("st_quantize", "FlexibleQuantizer"),
        refused="st_quantize.FlexibleQuantizer, which runs only with trust_remote_code",
    ),
    Row(
        models="mxbai-rerank-base-v2, Qwen3-Reranker-0.6B",
        layout="qwen2 or qwen3 with a chat template and the logits of two words",
        test="parity/test_messages.py::test_results_are_the_references",
    ),
    Row(
        models="Qwen3-Reranker-seq-cls",
        layout="qwen3 with one label",
        recipe=reranker("qwen3", num_key_value_heads=2, head_dim=8),
        kind="scores",
    ),
    Row(
        models="bge-reranker-v2-gemma",
        layout="gemma, the logit of a word",
        test="parity/test_messages.py::test_results_are_the_references",
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
)
