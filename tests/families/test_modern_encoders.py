"""ModernBERT, Nomic BERT, GTE and T5: every backend computes what transformers computes."""

import json
from dataclasses import dataclass, field

import pytest

pytest.importorskip("transformers")

from families import published_gte, tiny_modern
from safetensors.numpy import load_file, save_file

from isomorph.encoders import describe
from isomorph.errors import Unsupported

TOLERANCE = 1e-5
MODERNBERT = ("ModernBertConfig", "ModernBertModel")
NOMIC = ("NomicBertConfig", "NomicBertModel")
GTE = ("GteConfig", "GteModel")
T5 = ("T5Config", "T5EncoderModel")
MT5 = ("MT5Config", "MT5EncoderModel")
UMT5 = ("UMT5Config", "UMT5EncoderModel")

BERT_SIZES = {
    "vocab_size": 67,
    "hidden_size": 30,
    "num_hidden_layers": 3,
    "num_attention_heads": 5,
    "intermediate_size": 22,
    "pad_token_id": 0,
}
MODERN_SIZES = {
    **BERT_SIZES,
    "num_hidden_layers": 5,
    "local_attention": 7,
    **dict.fromkeys(("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"), 1),
}
T5_SIZES = {
    "vocab_size": 67,
    "d_model": 26,
    "d_kv": 6,
    "d_ff": 22,
    "num_layers": 3,
    "num_heads": 3,
}


@dataclass
class Case:
    """A family with some options, and how long the texts are."""

    name: str
    family: tuple[str, str]
    sizes: dict
    options: dict = field(default_factory=dict)
    width: int = 29


LINEAR = {"rope_type": "linear", "factor": 2.5, "rope_theta": 3000.0}
CASES = [
    Case("modernbert", MODERNBERT, MODERN_SIZES),
    Case(
        "modernbert-biases",
        MODERNBERT,
        MODERN_SIZES,
        {
            "attention_bias": True,
            "mlp_bias": True,
            "norm_bias": True,
            "norm_eps": 1e-3,
            "hidden_activation": "gelu_pytorch_tanh",
        },
    ),
    Case(
        "modernbert-layers",
        MODERNBERT,
        MODERN_SIZES,
        {
            "layer_types": ["sliding_attention"] * 2
            + ["full_attention"] * 2
            + ["sliding_attention"],
            "rope_parameters": {
                "full_attention": LINEAR,
                "sliding_attention": {"rope_type": "default", "rope_theta": 50.0},
            },
            "hidden_activation": "silu",
            "local_attention": 4,
        },
        61,
    ),
    Case("modernbert-one-head", MODERNBERT, {**MODERN_SIZES, "num_attention_heads": 1}, width=140),
    Case("nomic", NOMIC, BERT_SIZES),
    Case(
        "nomic-options",
        NOMIC,
        BERT_SIZES,
        {
            "head_dim": 8,
            "hidden_act": "gelu",
            "type_vocab_size": 3,
            "layer_norm_eps": 1e-3,
            "rope_parameters": {"rope_type": "default", "rope_theta": 77.0},
        },
        90,
    ),
    Case("nomic-linear", NOMIC, BERT_SIZES, {"rope_parameters": LINEAR, "type_vocab_size": 1}),
    Case("gte", GTE, BERT_SIZES),
    Case("gte-untyped", GTE, BERT_SIZES, {"type_vocab_size": 0, "rope_parameters": LINEAR}, 90),
    Case(
        "gte-options",
        GTE,
        {**BERT_SIZES, "num_attention_heads": 1},
        {"type_vocab_size": 2, "hidden_act": "gelu_new", "layer_norm_eps": 1e-3},
    ),
    Case("t5", T5, T5_SIZES),
    Case("t5-far", T5, T5_SIZES, width=170),
    Case(
        "t5-gated",
        T5,
        {**T5_SIZES, "num_heads": 1, "d_kv": 26},
        {"feed_forward_proj": "gated-silu", "layer_norm_epsilon": 1e-3},
    ),
    Case(
        "t5-buckets",
        T5,
        T5_SIZES,
        {
            "feed_forward_proj": "gelu",
            "relative_attention_num_buckets": 10,
            "relative_attention_max_distance": 19,
        },
        60,
    ),
    Case("mt5", MT5, T5_SIZES, width=150),
    Case("mt5-relu", MT5, T5_SIZES, {"feed_forward_proj": "relu"}),
    Case("umt5", UMT5, T5_SIZES, width=150),
    Case("umt5-buckets", UMT5, T5_SIZES, {"relative_attention_max_distance": 21}, 40),
]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


def check(folder, family, values, **expectations):
    """Every installed backend agrees with transformers' own code on this folder."""
    expected = tiny_modern.oracle(folder, family, values)
    found = tiny_modern.differences(folder, expected, values, **expectations)
    assert "reference" in found
    assert max(found.values()) < TOLERANCE, found


def test_every_backend_agrees_with_transformers(case, tmp_path):
    folder = tiny_modern.write(tmp_path, case.family, {**case.sizes, **case.options})
    types = json.loads((folder / "config.json").read_text()).get("type_vocab_size", 1)
    values = tiny_modern.feeds(case.sizes["vocab_size"], case.width, types)
    check(folder, case.family, values)
    # The same without the options that have their defaults, which files often leave out.
    model_type = json.loads((folder / "config.json").read_text())["model_type"]
    tiny_modern.set_config(folder, {"model_type": model_type, **case.sizes, **case.options})
    check(folder, case.family, values)


@pytest.mark.parametrize("family", [MODERNBERT, NOMIC, GTE, T5, MT5, UMT5], ids=lambda f: f[1])
def test_defaults_are_those_of_transformers(family):
    import transformers

    config = getattr(transformers, family[0])()
    full = json.loads(config.to_json_string(use_diff=False))
    assert describe({"model_type": config.model_type}) == describe(full)


OLDER_MODERNBERT = [
    {"global_attn_every_n_layers": 2, "global_rope_theta": 500.0, "local_rope_theta": 90.0},
    {"rope_scaling": {"rope_type": "linear", "factor": 3.0}},
    {"rope_scaling": {"type": "linear", "factor": 3.0}},  # transformers overlooks the older name
]


@pytest.mark.parametrize("older", OLDER_MODERNBERT, ids=["layers", "scaling", "overlooked"])
def test_older_options_of_modernbert(older, tmp_path):
    folder = tiny_modern.write(tmp_path, MODERNBERT, MODERN_SIZES)
    tiny_modern.set_config(folder, {"model_type": "modernbert", **MODERN_SIZES, **older})
    check(folder, MODERNBERT, tiny_modern.feeds(67, 50))


PUBLISHED_NOMIC = {
    "model_type": "nomic_bert",
    "vocab_size": 67,
    "n_embd": 30,
    "n_head": 5,
    "n_layer": 3,
    "n_inner": 22,
    "n_positions": 8192,
    "activation_function": "swiglu",
    "layer_norm_epsilon": 1e-3,
    "rotary_emb_base": 77.0,
    "rotary_emb_fraction": 1.0,
    "rotary_emb_scale_base": None,
    "rotary_scaling_factor": None,
    "prenorm": False,
    "qkv_proj_bias": False,
    "mlp_fc1_bias": False,
    "mlp_fc2_bias": False,
    "type_vocab_size": 2,
}


def test_published_options_of_nomic_bert_mean_the_same(tmp_path):
    options = {
        "layer_norm_eps": 1e-3,
        "rope_parameters": {"rope_type": "default", "rope_theta": 77.0},
    }
    folder = tiny_modern.write(tmp_path, NOMIC, {**BERT_SIZES, **options})
    full = json.loads((folder / "config.json").read_text())
    assert describe(PUBLISHED_NOMIC) == describe(full)
    assert "encoder.layers.0.attn.Wqkv.weight" in load_file(folder / "model.safetensors")


PUBLISHED_GTE = [
    {"rope_theta": 20_000.0, "rope_scaling": {"type": "ntk", "factor": 8.0}},
    {"type_vocab_size": 0, "rope_theta": 300.0, "rope_scaling": None},
    {
        "type_vocab_size": 2,
        "rope_scaling": {"type": "ntk", "factor": 4.0, "mixed_b": 0.625},
        "layer_norm_type": "rms_norm",
        "layer_norm_eps": 1e-3,
        "pack_qkv": False,
    },
]


@pytest.mark.parametrize("prefix", ["", "new."])
@pytest.mark.parametrize("options", PUBLISHED_GTE, ids=["ntk", "untyped", "mixed"])
def test_published_gte_agrees_with_its_description(options, prefix, tmp_path):
    config = {"model_type": "new", **BERT_SIZES, **options}
    tensors = published_gte.draw(config)
    named = {prefix + name: tensor for name, tensor in tensors.items()}
    save_file(named, tmp_path / "model.safetensors", {"format": "pt"})
    tiny_modern.write_modules(tmp_path)
    tiny_modern.set_config(tmp_path, config)
    values = tiny_modern.feeds(67, 70, config.get("type_vocab_size", 1))
    expected = published_gte.states(config, tensors, values)
    found = tiny_modern.differences(tmp_path, expected, values, every=False)
    assert "reference" in found
    assert max(found.values()) < TOLERANCE, found


def test_the_description_of_gte_is_that_of_transformers(tmp_path):
    """The oracle of the test above, judged by transformers where both have an option."""
    folder = tiny_modern.write(tmp_path, GTE, {**BERT_SIZES, "type_vocab_size": 2})
    tensors = load_file(folder / "model.safetensors")
    values = tiny_modern.feeds(67, 40, 2)
    config = {**BERT_SIZES, "type_vocab_size": 2, "rope_theta": 160_000.0}
    expected = published_gte.states(config, tensors, values)
    assert max(tiny_modern.differences(folder, expected, values).values()) < TOLERANCE


def test_t5_files_that_name_the_embeddings_after_the_encoder(tmp_path):
    folder = tiny_modern.write(tmp_path, T5, T5_SIZES)
    tensors = load_file(folder / "model.safetensors")
    tensors["encoder.embed_tokens.weight"] = tensors.pop("shared.weight")
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    check(folder, T5, tiny_modern.feeds(67, 20))


@pytest.mark.parametrize(
    ("model_type", "option", "value"),
    [
        ("modernbert", "hidden_activation", "xielu"),
        ("modernbert", "head_dim", 7),
        ("modernbert", "layer_types", ["chunked_attention"]),
        ("modernbert", "rope_scaling", {"rope_type": "dynamic", "factor": 2.0}),
        ("modernbert", "global_rope_theta", None),
        ("nomic_bert", "prenorm", True),
        ("nomic_bert", "causal", True),
        ("nomic_bert", "activation_function", "geglu"),
        ("nomic_bert", "qkv_proj_bias", True),
        ("nomic_bert", "rotary_emb_fraction", 0.5),
        ("nomic_bert", "rotary_emb_interleaved", True),
        ("nomic_bert", "rotary_scaling_factor", 2),
        ("nomic_bert", "moe_every_n_layers", 2),
        ("nomic_bert", "rope_parameters", {"rope_type": "yarn", "factor": 2.0}),
        ("nomic_bert", "partial_rotary_factor", 0.5),
        ("gte", "hidden_act", "xielu"),
        ("gte", "rope_scaling", {"rope_type": "longrope"}),
        ("new", "position_embedding_type", "absolute"),
        ("new", "logn_attention_scale", True),
        ("new", "layer_norm_type", "batch_norm"),
        ("new", "rope_scaling", {"type": "dynamic", "factor": 2.0}),
        ("new", "rope_scaling", {"type": "ntk", "factor": 0.5}),
        ("t5", "is_decoder", True),
        ("mt5", "feed_forward_proj", "twice-gelu"),
        ("umt5", "feed_forward_proj", "gated-xielu"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(model_type, option, value):
    parts = {"rope_scaling": "type|factor", "rope_parameters": "rope_type"}
    parts["global_rope_theta"] = "rope_theta"
    with pytest.raises(Unsupported, match=parts.get(option, option)):
        describe({"model_type": model_type, option: value})
