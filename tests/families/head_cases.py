"""Models with heads: what of each differs from its sizes, and on which sides it is padded."""

SIZES = {
    "vocab_size": 71,
    "hidden_size": 30,
    "num_hidden_layers": 2,
    "num_attention_heads": 5,
    "intermediate_size": 43,
    "max_position_embeddings": 45,
}
DISTIL = {"vocab_size": 71, "dim": 30, "n_layers": 2, "n_heads": 5, "hidden_dim": 43}
NARROW = {**SIZES, "embedding_size": 17}
DEBERTA = {
    **SIZES,
    "relative_attention": True,
    "position_biased_input": False,
    "position_buckets": 8,
    "share_att_key": True,
    "norm_rel_ebd": "layer_norm",
    "pos_att_type": "p2c|c2p",
}
MODERN = {**SIZES, "num_hidden_layers": 3, "local_attention": 7, "pad_token_id": 0} | dict.fromkeys(
    ("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"), 1
)
ROPE = {**SIZES, "pad_token_id": 0}
DECODER = {**ROPE, "num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 8}
EXPERTS = {
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 20,
    "hidden_size": 36,
}
PARTIAL = {"hidden_size": 48, "head_dim": 8}
BLOOM = {"vocab_size": 71, "hidden_size": 30, "n_layer": 2, "n_head": 5, "pad_token_id": 0}
GPT2 = {key: value for key, value in BLOOM.items() if key != "hidden_size"}
TYPES = {"type_vocab_size": 2}
REM = {**SIZES, "input_embedding_size": 17, "output_embedding_size": 26}
REM |= {"bos_token_id": 1, "eos_token_id": 2}
FIRST = {**SIZES, "relative_attention": True, "position_biased_input": False}
FIRST |= {"pos_att_type": ["c2p", "p2c"]}
ENTITIES = {**SIZES, "entity_vocab_size": 5, "entity_emb_size": 8}
HALVES = {"vocab_size": 71, "d_model": 30, "encoder_layers": 2, "decoder_layers": 2}
HALVES |= {"encoder_attention_heads": 5, "decoder_attention_heads": 5, "encoder_ffn_dim": 43}
HALVES |= {"decoder_ffn_dim": 43, "max_position_embeddings": 45}
T5 = {"vocab_size": 71, "d_model": 30, "d_kv": 6, "d_ff": 43, "num_layers": 2, "num_heads": 5}
T5 |= {"decoder_start_token_id": 0}
MOBILE = {**NARROW, "intra_bottleneck_size": 20, "normalization_type": "layer_norm"}
SQUEEZED = {**SIZES, "hidden_size": 40, "embedding_size": 40, "intermediate_size": 44}
XMOD = {**SIZES, "languages": ["en_XX", "de_DE"], "default_language": "de_DE"}
ESM = {**SIZES, "pad_token_id": 1, "position_embedding_type": "rotary", "token_dropout": True}
ESM |= {"mask_token_id": 5, "max_position_embeddings": 45}
LEFT = ("right", "left")

# name: (transformers class without its task, settings, sides of padding)
CLASSIFIERS = {
    "bert": ("Bert", SIZES, ("right",)),
    "bert of one label": ("Bert", {**SIZES, "num_labels": 1, "hidden_act": "relu"}, ("right",)),
    "bert of two labels": ("Bert", {**SIZES, "num_labels": 2}, ("right",)),
    "roberta": ("Roberta", SIZES, ("right",)),
    "xlm-roberta": ("XLMRoberta", {**SIZES, **TYPES, "num_labels": 1}, ("right",)),
    "camembert": ("Camembert", SIZES, ("right",)),
    "data2vec": ("Data2VecText", SIZES, ("right",)),
    "roberta of pre-norm": ("RobertaPreLayerNorm", SIZES, ("right",)),
    "xlm-roberta-xl": ("XLMRobertaXL", SIZES, ("right",)),
    "megatron": ("MegatronBert", {**SIZES, **TYPES}, ("right",)),
    "luke": ("Luke", ENTITIES, ("right",)),
    "ernie": ("Ernie", {**SIZES, **TYPES, "use_task_id": True}, ("right",)),
    "distilbert": ("DistilBert", DISTIL, ("right",)),
    "bart": ("Bart", HALVES, ("right",)),
    "mbart": ("MBart", {**HALVES, "num_labels": 1, "scale_embedding": True}, ("right",)),
    "t5": ("T5", {**T5, "relative_attention_max_distance": 21}, LEFT),
    "t5 with gates": (
        "T5",
        {**T5, "feed_forward_proj": "gated-gelu", "num_decoder_layers": 3, "num_labels": 1}
        | {"decoder_start_token_id": 9, "relative_attention_num_buckets": 10},
        LEFT,
    ),
    "mt5": ("MT5", T5, LEFT),
    "umt5": ("UMT5", {**T5, "num_labels": 1, "relative_attention_max_distance": 20}, LEFT),
    "electra": ("Electra", NARROW, ("right",)),
    "albert": ("Albert", NARROW, ("right",)),
    "deberta": ("DebertaV2", {**DEBERTA, **TYPES}, ("right",)),
    "deberta with tanh": (
        "DebertaV2",
        {**DEBERTA, "pooler_hidden_act": "tanh", "num_labels": 1},
        ("right",),
    ),
    "deberta of the first version": ("Deberta", {**FIRST, **TYPES}, ("right",)),
    "mpnet": ("MPNet", SIZES, ("right",)),
    "rembert": ("RemBert", {**REM, **TYPES}, ("right",)),
    "modernbert": ("ModernBert", MODERN, ("right",)),
    "modernbert by mean": (
        "ModernBert",
        {**MODERN, "classifier_pooling": "mean", "classifier_bias": True, "norm_bias": True}
        | {"classifier_activation": "tanh", "num_labels": 1},
        LEFT,
    ),
    "nomic": ("NomicBert", ROPE, ("right",)),
    "gte": ("Gte", {**ROPE, **TYPES}, ("right",)),
    "jina": ("JinaEmbeddingsV3", {**ROPE, **TYPES}, ("right",)),
    "llama": ("Llama", DECODER, LEFT),
    "mistral": ("Mistral", {**DECODER, "sliding_window": 5}, LEFT),
    "qwen2": ("Qwen2", {**DECODER, "num_labels": 1}, LEFT),
    "qwen3": ("Qwen3", {**DECODER, "num_labels": 1}, LEFT),
    "qwen2 moe": ("Qwen2Moe", {**DECODER, **EXPERTS, "shared_expert_intermediate_size": 20}, LEFT),
    "qwen3 moe": ("Qwen3Moe", {**DECODER, **EXPERTS, "num_labels": 1}, LEFT),
    "mixtral": (
        "Mixtral",
        {**DECODER, "num_local_experts": 4, "hidden_size": 36, "intermediate_size": 44},
        LEFT,
    ),
    "phi3": ("Phi3", {**DECODER, "pad_token_id": 0}, LEFT),
    "phi": ("Phi", {**DECODER, **PARTIAL}, LEFT),
    "olmo": ("Olmo", DECODER, LEFT),
    "starcoder2": ("Starcoder2", {**DECODER, "num_labels": 1}, LEFT),
    "stablelm": ("StableLm", {**DECODER, **PARTIAL}, LEFT),
    "smollm3": ("SmolLM3", {**DECODER, "no_rope_layers": [1, 0]}, LEFT),
    "nemotron": ("Nemotron", {**DECODER, **PARTIAL}, LEFT),
    "glm": ("Glm", DECODER, LEFT),
    "glm4": ("Glm4", DECODER, LEFT),
    "helium": ("Helium", {**DECODER, "hidden_size": 48}, LEFT),
    "exaone4": ("Exaone4", {**DECODER, "sliding_window": 5}, LEFT),
    "ministral": ("Ministral", {**DECODER, "sliding_window": 5}, LEFT),
    "modernbert decoder": ("ModernBertDecoder", MODERN, LEFT),
    "modernbert decoder with biases": (
        "ModernBertDecoder",
        {**MODERN, "classifier_bias": True, "norm_bias": True, "classifier_activation": "relu"},
        LEFT,
    ),
    "opt": ("OPT", {**SIZES, "ffn_dim": 43}, LEFT),
    "gpt neox": (
        "GPTNeoX",
        {**ROPE, "rope_parameters": {"rope_theta": 300.0, "partial_rotary_factor": 0.7}},
        LEFT,
    ),
    "bloom": ("Bloom", {**BLOOM, "num_labels": 1}, LEFT),
    "gpt2": ("GPT2", {**GPT2, "n_embd": 30, "n_positions": 45}, ("right",)),
    "falcon": ("Falcon", {**ROPE, "hidden_size": 40}, LEFT),
    "gpt neo": (
        "GPTNeo",
        {
            **SIZES,
            "num_layers": 2,
            "pad_token_id": 0,
            "attention_types": [[["local", "global"], 1]],
        },
        ("right",),
    ),
    "olmo2": ("Olmo2", DECODER, LEFT),
    "eurobert": ("EuroBert", {**DECODER, "num_labels": 1}, LEFT),
    "eurobert by mean": ("EuroBert", {**DECODER, "classifier_pooling": "mean"}, LEFT),
    "eurobert by first": ("EuroBert", {**DECODER, "classifier_pooling": "bos"}, ("right",)),
    "convbert": ("ConvBert", {**NARROW, "num_attention_heads": 6, "pad_token_id": 0}, ("none",)),
    "longformer": ("Longformer", {**SIZES, "attention_window": 8}, ("right",)),
    "longformer of two windows": (
        "Longformer",
        {**SIZES, "attention_window": [4, 12], "num_labels": 1, **TYPES},
        ("right",),
    ),
    "mobilebert": ("MobileBert", MOBILE, ("none",)),
    "mobilebert without a pooler": (
        "MobileBert",
        {**MOBILE, "classifier_activation": False, "num_labels": 1},
        ("none",),
    ),
    "squeezebert": ("SqueezeBert", SQUEEZED, ("right",)),
    "fnet": ("FNet", {**SIZES, "pad_token_id": 0}, ("none",)),
    "xmod": ("Xmod", XMOD, ("right",)),
    "esm": ("Esm", ESM, ("right",)),
    "big bird": ("BigBird", {**SIZES, "hidden_act": "relu", "sep_token_id": 3}, ("right",)),
    "ultrabert": ("Ultrabert", {**DECODER, "num_labels": 1}, ("right",)),
    "ultrabert by mean": ("Ultrabert", {**DECODER, "classifier_pooling": "mean"}, LEFT),
    "arcee": ("Arcee", DECODER, LEFT),
    "seed oss": ("SeedOss", DECODER, LEFT),
    "gptj": ("GPTJ", {**GPT2, "n_embd": 30, "n_positions": 45, "rotary_dim": 4}, LEFT),
    "gemma": ("Gemma", DECODER, LEFT),
    "gemma2": ("Gemma2", {**DECODER, "attn_logit_softcapping": 2.0, "sliding_window": 5}, LEFT),
}
MASKED = {
    "bert": ("Bert", SIZES, LEFT),
    "bert with relu": ("Bert", {**SIZES, "hidden_act": "relu"}, LEFT),
    "bert untied": ("Bert", {**SIZES, "tie_word_embeddings": False}, LEFT),
    "roberta": ("Roberta", {**SIZES, "hidden_act": "relu"}, LEFT),
    "xlm-roberta": ("XLMRoberta", SIZES, LEFT),
    "camembert": ("Camembert", {**SIZES, "tie_word_embeddings": False}, LEFT),
    "data2vec": ("Data2VecText", SIZES, LEFT),
    "roberta of pre-norm": ("RobertaPreLayerNorm", SIZES, LEFT),
    "xlm-roberta-xl": ("XLMRobertaXL", {**SIZES, "layer_norm_eps": 1e-3}, LEFT),
    "megatron": ("MegatronBert", {**SIZES, "layer_norm_eps": 1e-3}, LEFT),
    "ernie": ("Ernie", {**SIZES, "use_task_id": True}, LEFT),
    "distilbert": ("DistilBert", DISTIL, LEFT),
    "distilbert with relu": ("DistilBert", {**DISTIL, "activation": "relu"}, LEFT),
    "mpnet": ("MPNet", SIZES, LEFT),
    "rembert": ("RemBert", {**REM, "hidden_act": "relu"}, LEFT),
    "albert": ("Albert", NARROW, LEFT),
    "electra": ("Electra", {**NARROW, "hidden_act": "relu"}, LEFT),
    "modernbert": ("ModernBert", {**MODERN, "norm_bias": True}, LEFT),
    "modernbert without bias": ("ModernBert", {**MODERN, "decoder_bias": False}, LEFT),
    "deberta": ("DebertaV2", DEBERTA, LEFT),
    "deberta of the first version": ("Deberta", FIRST, LEFT),
    "deberta of two widths": ("DebertaV2", {**DEBERTA, **NARROW}, LEFT),
    "deberta of the newer head": ("DebertaV2", {**DEBERTA, "legacy": False}, LEFT),
    "nomic": ("NomicBert", ROPE, LEFT),
    "gte": ("Gte", ROPE, LEFT),
    "jina": ("JinaEmbeddingsV3", ROPE, LEFT),
    "convbert": ("ConvBert", {**NARROW, "num_attention_heads": 6, "pad_token_id": 0}, ("none",)),
    "longformer": ("Longformer", {**SIZES, "attention_window": 8}, ("right",)),
    "squeezebert": ("SqueezeBert", SQUEEZED, LEFT),
    "fnet": ("FNet", {**SIZES, "pad_token_id": 0}, ("none",)),
    "xmod": ("Xmod", XMOD, LEFT),
    "esm": ("Esm", ESM, LEFT),
    "esm untied": (
        "Esm",
        {**ESM, "tie_word_embeddings": False, "emb_layer_norm_before": True},
        LEFT,
    ),
    "big bird": ("BigBird", {**SIZES, "sep_token_id": 3}, LEFT),
    "eurobert": ("EuroBert", DECODER, LEFT),
    "eurobert tied": ("EuroBert", {**DECODER, "tie_word_embeddings": True, "mlp_bias": True}, LEFT),
}
