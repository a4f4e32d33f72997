"""Rows of encoders that see both ways, and of the rerankers, sparse models and late interaction of them."""

from safetensors.numpy import load_file, save_file

from isomorph.encoders.fairseq import TINY
from isomorph.testing.recipes import Recipe, Static, dense, pooling, splade
from isomorph.testing.tiny_heads import masked_lm
from isomorph.testing.tiny_words import Words

from .making import (
    CLS,
    MEAN,
    SIZES,
    both,
    chain,
    config,
    encoder,
    masked,
    pickled,
    prefixed,
    prompts,
    pylate,
    reranker,
    sparse,
)
from .row import Row, edit

_XLM = {**SIZES, "architectures": ["XLMRobertaModel"], "pad_token_id": 1}
_XLM |= {"max_position_embeddings": 66, "type_vocab_size": 1}
_NOMIC_NAMES = {
    "hidden_size": "n_embd",
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
    "intermediate_size": "n_inner",
    "layer_norm_eps": "layer_norm_epsilon",
}
_NOMIC = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
_NOMIC |= {"intermediate_size": 24, "layer_norm_eps": 1e-12, "type_vocab_size": 2}
_LUKE = {**_XLM, "architectures": ["LukeModel"], "entity_vocab_size": 7, "entity_emb_size": 8}
_GTE = {"type_vocab_size": 0, "rope_theta": 500.0}
_DEBERTA = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "share_att_key": True}
_DEBERTA |= {"position_buckets": 8, "norm_rel_ebd": "layer_norm", "position_biased_input": False}
_DEBERTA |= {"type_vocab_size": 0, "pooler_hidden_size": 32, "pooler_hidden_act": "gelu"}
_HALVES = {**TINY, "pad_token_id": 0, "usual": False}


def _gte(folder):
    """The same encoder under the name that transformers has for it."""
    rope = {"rope_type": "default", "rope_theta": 500.0}
    edit(folder / "config.json", "rope_theta", "auto_map", model_type="gte", rope_parameters=rope)
    unprefixed = load_file(folder / "model.safetensors")
    named = {name.removeprefix("new."): tensor for name, tensor in unprefixed.items()}
    save_file(named, folder / "model.safetensors", {"format": "pt"})


def _gte_with_head(folder):
    """As `_gte`, of a model whose head stands beside the encoder."""
    rope = {"rope_type": "default", "rope_theta": 500.0}
    edit(folder / "config.json", "rope_theta", model_type="gte", rope_parameters=rope)
    tensors = load_file(folder / "model.safetensors")
    named = {name.replace("new.", "gte."): tensor for name, tensor in tensors.items()}
    save_file(named, folder / "model.safetensors", {"format": "pt"})


def _alone(folder):
    """The file of an encoder that was saved without its decoder."""
    tensors = load_file(folder / "model.safetensors")
    tensors["encoder.embed_tokens.weight"] = tensors.pop("shared.weight")
    named = {name.removeprefix("encoder."): tensor for name, tensor in tensors.items()}
    save_file(named, folder / "model.safetensors", {"format": "pt"})
    edit(folder / "config.json", architectures=["M2M100Encoder"])


def _nomic(folder):
    """Options as the published file names them; a copy keeps transformers' names beside them."""
    named = {published: _NOMIC[name] for name, published in _NOMIC_NAMES.items()}
    code = "nomic-ai/nomic-bert-2048--modeling_hf_nomic_bert.NomicBertModel"
    more = {"rotary_emb_base": 1000, "activation_function": "swiglu", "prenorm": False}
    edit(folder / "config.json", *_NOMIC, auto_map={"AutoModel": code}, **named, **more)


def _nomic_for_transformers(folder):
    rope = {"rope_type": "default", "rope_theta": 1000.0}
    edit(folder / "config.json", "auto_map", **_NOMIC, head_dim=8, rope_parameters=rope)


ROWS = (
    Row(
        models="all-MiniLM-L6-v2, all-MiniLM-L12-v2, multi-qa-MiniLM",
        layout="bert, mean, normalised; six options of pooling as flags",
        recipe=chain(encoder("bert", layer_norm_eps=1e-12, type_vocab_size=2), MEAN),
        real="parity/test_parity.py::test_vectors_agree",
    ),
    Row(
        models="all-mpnet-base-v2, multi-qa-mpnet, paraphrase-mpnet",
        layout="mpnet, mean, normalised",
        recipe=chain(encoder("mpnet", pad_token_id=1, max_position_embeddings=66), MEAN),
        real="backends/test_published_values.py::test_a_published_mpnet",
    ),
    Row(
        models="all-distilroberta-v1, all-roberta-large-v1",
        layout="roberta, mean, normalised",
        recipe=chain(encoder("roberta", **{**_XLM, "architectures": ["RobertaModel"]}), MEAN),
    ),
    Row(
        models="paraphrase-multilingual-MiniLM, paraphrase-multilingual-mpnet",
        layout="bert or xlm-roberta, mean, no norm",
        recipe=chain(encoder("xlm-roberta", **_XLM), MEAN, normalize=False),
    ),
    Row(
        models="LaBSE",
        layout="bert, first token, Dense with tanh, normalised",
        recipe=chain(encoder("bert", type_vocab_size=2), CLS, dense("Tanh", narrow=32)),
    ),
    Row(
        models="distiluse-base-multilingual, clip-ViT-B-32-multilingual",
        layout="distilbert, mean, Dense with tanh to another width",
        recipe=chain(
            encoder(
                "distilbert",
                dim=32,
                n_layers=2,
                n_heads=4,
                hidden_dim=48,
                max_position_embeddings=64,
                usual=False,
            ),
            MEAN,
            dense("Tanh"),
            normalize=False,
        ),
    ),
    Row(
        models="bge-small-en-v1.5, -base, -large, bge-*-zh-v1.5, gte-base, e5-base-v2, mxbai-embed-large-v1, "
        "UAE-Large-V1, snowflake-arctic-embed-s, ember-v1, GIST, m3e, text2vec",
        layout="bert, first token, normalised, prompts for queries",
        recipe=chain(encoder("bert", type_vocab_size=2), CLS),
        finish=prompts(query="new query: "),
        call={"prompt_name": "query"},
    ),
    Row(
        models="bge-m3 (dense)",
        layout="xlm-roberta in `pytorch_model.bin`, first token, normalised",
        recipe=chain(encoder("xlm-roberta", **_XLM), CLS),
        finish=pickled,
    ),
    Row(
        models="bge-m3 (sparse and per token)",
        layout="`sparse_linear.pt` and `colbert_linear.pt` beside the encoder",
        witness="the formulas of its authors",
        test="core/read/test_flag_embedding.py::test_the_weights_of_tokens",
    ),
    Row(
        models="multilingual-e5-small, -base, -large, -instruct, arctic-embed-l-v2.0, "
        "granite-embedding-multilingual",
        layout="xlm-roberta behind `roberta.`, mean, normalised, prompts",
        recipe=chain(encoder("xlm-roberta", **_XLM), MEAN),
        finish=both(prefixed("roberta."), prompts(query="query: ", passage="passage: ")),
        call={"prompt_name": "query"},
    ),
    Row(
        models="gte-base-en-v1.5, gte-multilingual-base, stella_en_400M_v5, arctic-embed-m-v2.0",
        layout="new behind `new.`, without token types, first token, normalised",
        recipe=chain(encoder("new", **_GTE), CLS),
        finish=both(
            prefixed("new."),
            config(auto_map={"AutoModel": "Alibaba-NLP/new-impl--modeling.NewModel"}),
        ),
        stand_in=_gte,
        witness="sentence-transformers 6.2 with transformers' own GTE",
    ),
    Row(
        models="gte-modernbert-base, modernbert-embed-base, granite-embedding-english-r2, mmBERT, "
        "ruri-v3, ettin",
        layout="modernbert behind `model.`, first token, normalised",
        recipe=chain(encoder("modernbert", local_attention=8, num_hidden_layers=4), CLS),
        finish=prefixed("model."),
    ),
    Row(
        models="nomic-embed-text-v1.5, nomic-embed-text-v1, arctic-embed-m-long",
        layout="nomic_bert with the published names of its options, mean, normalised, prompts",
        recipe=chain(encoder("nomic_bert", **_NOMIC), MEAN),
        finish=both(_nomic, prompts(search_query="query: ")),
        call={"prompt_name": "search_query"},
        stand_in=_nomic_for_transformers,
        witness="sentence-transformers 6.2 with transformers' names of the options",
    ),
    Row(
        models="nomic-embed-text-v2-moe",
        layout="nomic_bert with biases and experts in every second layer",
        witness="the formulas of its code, in float64",
        test="families/test_published_code.py::"
        "test_nomic_bert_of_the_second_generation_is_what_its_published_code_computes",
    ),
    Row(
        models="jina-embeddings-v2-base-en, -small-en",
        layout="bert with falling scores and gates, names of the published code",
        witness="the formulas of its code, in float64",
        test="families/test_published_code.py::"
        "test_bert_with_falling_scores_and_gates_is_what_its_published_code_computes",
    ),
    Row(
        models="jina-embeddings-v2-base-code, -de, -es, -zh",
        layout="the later code of that name: queries and keys normalised, other tensors",
        witness="the formulas of its code, in float64",
        test="families/test_published_code.py::"
        "test_the_later_code_of_jinas_bert_normalises_queries_and_keys",
    ),
    Row(
        models="jina-embeddings-v3",
        layout="xlm-roberta with rotary positions, `custom_st.Transformer`, an adapter a task in the weights",
        witness="transformers' own JinaEmbeddingsV3 with the sums as weights",
        test="families/test_task_adapters.py::test_each_task_has_its_own_weights_and_no_task_has_none",
    ),
    Row(
        models="EuroBERT-210m, jina-embeddings-v5-nano (without its adapters)",
        layout="eurobert behind `model.`, mean, normalised",
        recipe=chain(encoder("eurobert", num_key_value_heads=2), MEAN),
        finish=prefixed("model."),
    ),
    Row(
        models="sentence-t5-base, gtr-t5-base",
        layout="t5 encoder with all tensors of its folder, mean, Dense without bias, normalised",
        recipe=chain(
            encoder(
                "t5",
                usual=False,
                d_model=32,
                d_kv=8,
                d_ff=24,
                num_layers=2,
                num_heads=4,
                pad_token_id=0,
            ),
            MEAN,
            dense(bias=False),
        ),
    ),
    Row(
        models="instructor-base, -large, -xl",
        layout="the names of the Hub, whose instruction is left out of the mean; t5 in `pytorch_model.bin`",
        witness="sentence-transformers 6.2, which knows the three names",
        test="core/models/test_published.py::"
        "test_instructor_models_leave_the_instruction_out_and_say_so",
    ),
    Row(
        models="sentence-camembert-base, T-Systems cross-en-de-roberta",
        layout="camembert behind `roberta.`, mean",
        recipe=chain(
            encoder("camembert", **{**_XLM, "architectures": ["CamembertModel"]}),
            MEAN,
            normalize=False,
        ),
        finish=prefixed("roberta."),
    ),
    Row(
        models="ko-sroberta-multitask, KR-SBERT",
        layout="roberta with a word-piece tokenizer, mean",
        recipe=chain(
            encoder("roberta", **{**_XLM, "architectures": ["RobertaModel"]}), MEAN, normalize=False
        ),
    ),
    Row(
        models="sentence-bert-base-ja-mean-tokens (sonoisa), ruri-v1",
        layout="bert whose tokenizer finds words with MeCab",
        witness="the ids of transformers; the encoder is bert's",
        test="parity/test_wide.py::test_ids_of_two_thousand_texts_are_the_recorded_ones",
    ),
    Row(
        models="GLuCoSE-base-ja",
        layout="luke without entities, their layers in the file, mean",
        recipe=chain(encoder("luke", **_LUKE), MEAN, normalize=False),
    ),
    Row(
        models="vietnamese-bi-encoder, sup-SimCSE-phobert",
        layout="roberta behind PhoBERT's vocabulary and pairs",
        witness="the ids of transformers; the encoder is roberta's",
        test="parity/test_wide.py::test_ids_of_two_thousand_texts_are_the_recorded_ones",
    ),
    Row(
        models="contriever, specter",
        layout="bert in `pytorch_model.bin`, mean",
        recipe=chain(encoder("bert", type_vocab_size=2), MEAN, normalize=False),
        finish=pickled,
    ),
    Row(
        models="static-retrieval-mrl-en-v1, static-similarity-mrl-multilingual-v1",
        layout="StaticEmbedding",
        recipe=Recipe(Static("embedding.weight", "0_StaticEmbedding")),
    ),
    Row(
        models="potion-base-8M, M2V_base_output",
        layout="model2vec's own folders of all generations",
        witness="model2vec",
        test="parity/test_model2vec.py::test_vectors_are_those_of_model2vec",
    ),
    Row(
        models="average_word_embeddings_glove.6B.300d, _komninos, _levy_dependency",
        layout="WordEmbeddings, mean",
        recipe=Recipe(Words(), (pooling("mean", hidden=24),)),
    ),
    Row(
        models="SONAR_200_text_encoder",
        layout="m2m_100, the file of an encoder alone, mean",
        recipe=chain(encoder("m2m_100", **_HALVES), MEAN, normalize=False),
        finish=_alone,
    ),
    Row(
        models="convbert-base-turkish-mc4-cased-allnli_tr",
        layout="convbert, mean, one text at a time: padding changes the reference's vectors",
        recipe=chain(
            encoder("convbert", type_vocab_size=2, embedding_size=32, conv_kernel_size=5),
            MEAN,
            normalize=False,
        ),
        call={"batch_size": 1},
    ),
    Row(
        models="bart-large-mnli, bart-base",
        layout="bart with its decoder, three labels",
        recipe=reranker("bart", labels=3, **_HALVES),
        kind="scores",
    ),
    Row(
        models="ms-marco-MiniLM-L6-v2, ms-marco-TinyBERT",
        layout="bert with one label, token types",
        recipe=reranker("bert", type_vocab_size=2),
        kind="scores",
    ),
    Row(
        models="ms-marco-electra-base",
        layout="electra with one label",
        recipe=reranker("electra", type_vocab_size=2, embedding_size=24),
        kind="scores",
    ),
    Row(
        models="stsb-roberta-base, quora-roberta-base",
        layout="roberta with one label",
        recipe=reranker("roberta", **_XLM),
        kind="scores",
    ),
    Row(
        models="nli-deberta-v3-base, mxbai-rerank-base-v1, mxbai-rerank-large-v1",
        layout="deberta-v2 with shared projections and buckets, three labels or one",
        recipe=reranker("deberta-v2", labels=3, **_DEBERTA),
        kind="scores",
    ),
    Row(
        models="bge-reranker-base, bge-reranker-large, bge-reranker-v2-m3",
        layout="xlm-roberta with one label",
        recipe=reranker("xlm-roberta", **_XLM),
        kind="scores",
    ),
    Row(
        models="gte-multilingual-reranker-base",
        layout="new behind `new.` with one label",
        recipe=reranker("new", **_GTE),
        kind="scores",
        stand_in=_gte_with_head,
        witness="sentence-transformers 6.2 with transformers' own GTE",
    ),
    Row(
        models="gte-reranker-modernbert-base, granite-embedding-reranker-english-r2",
        layout="modernbert with one label",
        recipe=reranker("modernbert", local_attention=8, num_hidden_layers=4),
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
        recipe=masked("bert", type_vocab_size=2),
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
        recipe=masked("bert", type_vocab_size=2),
        finish=both(sparse, pickled),
        kind="sparse",
    ),
    Row(
        models="opensearch-neural-sparse-encoding-doc-v3-gte",
        layout="new masked language model, SPLADE pooling with two logarithms",
        recipe=Recipe(masked_lm(encoder("new", **_GTE)), (splade("max", "log1p_relu"),)),
        finish=sparse,
        kind="sparse",
        stand_in=_gte_with_head,
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
        models="jina-colbert-v2",
        layout="Stanford's folder over xlm-roberta with the tensors of Jina's code",
        witness="transformers' XLMRobertaModel with the same tensors",
        test="families/test_flash_layout.py::test_colbert_gives_the_projected_states_of_transformers_class",
    ),
)
