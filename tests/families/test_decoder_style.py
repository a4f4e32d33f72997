"""Decoder-style embedders: every backend gives what transformers gives, padded on either side."""

import copy

import numpy as np
import pytest
from families import tiny_famC as tiny

from isomorph.encoders import describe
from isomorph.errors import Unsupported

pytest.importorskip("transformers")

TOLERANCE = 1e-5
WIDTH = 24
SMALL = {
    "hidden_size": 30,
    "intermediate_size": 41,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "max_position_embeddings": WIDTH,
}
HEADS = {"hidden_size": 33, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 14}
FULL_HEADS = {"num_attention_heads": 5, "num_key_value_heads": None, "hidden_size": 30}
WINDOW = {"use_sliding_window": True, "sliding_window": 4}
LAYERS = ["sliding_attention", "full_attention", "sliding_attention"]
GEMMA = {"hidden_size": 30, "head_dim": 14, "query_pre_attn_scalar": 11, "num_hidden_layers": 4}
GEMMA |= {"num_attention_heads": 6, "num_key_value_heads": 2, "sliding_window": 6}
GEMMA |= {"sliding_window_pattern": 3}
BOTH_WAYS = {**GEMMA, "use_bidirectional_attention": True}
LONG = {"max_position_embeddings": 96}
LINEAR = {"rope_type": "linear", "factor": 2.5}
DYNAMIC = {"rope_type": "dynamic", "factor": 2.7}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 24}
YARN_SET = {**YARN, "beta_fast": 6, "beta_slow": 0.5, "truncate": False}
YARN_SCALES = {**YARN, "mscale": 0.7, "mscale_all_dim": 1.9}
YARN_GIVEN = {**YARN, "attention_factor": 1.3}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
LLAMA3 |= {"original_max_position_embeddings": 48, "rope_theta": 500.0}


def rope(theta=5000.0, **parameters):
    return {"rope_parameters": {"rope_type": "default", "rope_theta": theta, **parameters}}


def by_kind(local, whole):
    local, whole = ({"rope_type": "default", **found} for found in (local, whole))
    return {"rope_parameters": {"sliding_attention": local, "full_attention": whole}}


CASES = {
    "llama": ("Llama", {}),
    "llama-heads": ("Llama", {**FULL_HEADS, "attention_bias": True, "mlp_bias": True}),
    "llama-head-dim": ("Llama", {"head_dim": 16, "hidden_act": "gelu_new"}),
    "llama-both-ways": ("Llama", {"is_causal": False}),
    "llama-llama3": ("Llama", {**LONG, **rope(**LLAMA3)}),
    "llama-linear": ("Llama", rope(**LINEAR)),
    "llama-dynamic": ("Llama", rope(**DYNAMIC)),
    "llama-yarn": ("Llama", {**LONG, **rope(**YARN)}),
    "mistral": ("Mistral", {"sliding_window": 5}),
    "mistral-no-window": ("Mistral", {**HEADS, "sliding_window": None}),
    "mistral-window-of-one": ("Mistral", {"sliding_window": 1, "rms_norm_eps": 1e-3}),
    "mistral-both-ways": ("Mistral", {"sliding_window": 4, "is_causal": False}),
    "qwen2": ("Qwen2", {}),
    "qwen2-heads": ("Qwen2", FULL_HEADS),
    "qwen2-windows": ("Qwen2", {**WINDOW, "max_window_layers": 1}),
    "qwen2-window-unused": ("Qwen2", {"sliding_window": 3, "max_window_layers": 0}),
    "qwen2-layer-types": ("Qwen2", {**WINDOW, "layer_types": LAYERS}),
    "qwen2-both-ways": ("Qwen2", {**WINDOW, "layer_types": LAYERS, "is_causal": False}),
    "qwen2-yarn": ("Qwen2", {**LONG, **rope(**YARN_SET)}),
    "qwen3": ("Qwen3", HEADS),
    "qwen3-bias": ("Qwen3", {**HEADS, "attention_bias": True, "hidden_act": "gelu"}),
    "qwen3-windows": ("Qwen3", {**HEADS, **WINDOW, "max_window_layers": 2}),
    "qwen3-yarn": ("Qwen3", {**HEADS, **LONG, **rope(**YARN_SCALES)}),
    "qwen3-yarn-given": ("Qwen3", {**HEADS, **LONG, **rope(**YARN_GIVEN)}),
    "gemma3": ("Gemma3Text", GEMMA),
    "gemma3-both-ways": ("Gemma3Text", BOTH_WAYS),
    "gemma3-both-ways-odd": ("Gemma3Text", {**BOTH_WAYS, "sliding_window": 9}),
    "gemma3-layer-types": ("Gemma3Text", {**GEMMA, "layer_types": [*LAYERS, "full_attention"]}),
    "gemma3-options": (
        "Gemma3Text",
        {**GEMMA, "attention_bias": True, "hidden_activation": "silu"},
    ),
    "gemma3-ropes": (
        "Gemma3Text",
        {**GEMMA, **by_kind({"rope_theta": 300.0}, {**LINEAR, "rope_theta": 9000.0})},
    ),
    "gemma3-yarn": ("Gemma3Text", {**GEMMA, **LONG, **by_kind({}, YARN)}),
}
SIDES = ("right", "left")
LENGTHS = (WIDTH, 17, 1, 6, 11)


@pytest.fixture(scope="module", params=CASES)
def case(request, tmp_path_factory):
    """A saved model, batches (ragged on either side, and one without padding), what is expected."""
    name, settings = CASES[request.param]
    seed = list(CASES).index(request.param)
    model = tiny.build(name, {**SMALL, **settings}, seed, plus_one=name.startswith("Gemma"))
    folder = tmp_path_factory.mktemp(request.param)
    tiny.save(model, folder)
    batches = [tiny.ragged(LENGTHS, WIDTH, side, seed) for side in SIDES]
    batches.append(tiny.ragged((WIDTH, WIDTH), WIDTH, "right", seed + 1))
    return folder, batches, [tiny.expected(model, batch) for batch in batches]


@pytest.mark.parametrize("backend", tiny.backends())
def test_every_backend_agrees_with_transformers(backend, case):
    folder, batches, wanted = case
    found = tiny.run(backend, folder, batches)
    worst = [
        tiny.difference(*pair, batch["attention_mask"])
        for *pair, batch in zip(found, wanted, batches, strict=True)
    ]
    assert max(worst) <= TOLERANCE
    right, left = (vectors["sentence_embedding"] for vectors in found[:2])
    assert np.abs(right - left).max() <= TOLERANCE * np.abs(right).max()


@pytest.mark.parametrize("name", ["Llama", "Mistral", "Qwen2", "Qwen3", "Gemma3Text"])
def test_what_config_json_omits_is_what_transformers_fills_in(name):
    import transformers

    kind = getattr(transformers, f"{name}Config")
    assert describe({"model_type": kind.model_type}) == describe(kind().to_dict())


OLD = [
    {"model_type": "qwen2", "rope_theta": 1e6, "rope_scaling": {"type": "linear", "factor": 3}},
    {"model_type": "qwen2", "use_sliding_window": True, "max_window_layers": 5},
    {"model_type": "llama", "rope_theta": 5e5, "rope_scaling": {**LLAMA3, "rope_theta": 7e5}},
    {"model_type": "mistral", "rope_scaling": {"type": "yarn", "factor": 4.0}},
    {"model_type": "qwen3", "rope_theta": 1e6, "rope_scaling": DYNAMIC, "rope_parameters": YARN},
    {"model_type": "qwen3", **LONG, "original_max_position_embeddings": 48, **rope(**YARN)},
    {"model_type": "gemma3_text", "rope_theta": 2e5, "rope_local_base_freq": 2e3},
    {"model_type": "gemma3_text", "rope_scaling": LINEAR, "sliding_window_pattern": 2},
    {"model_type": "gemma3_text", "use_bidirectional_attention": True, "sliding_window": 512},
]


@pytest.mark.parametrize("old", OLD)
def test_older_spellings_describe_what_transformers_makes_of_them(old):
    import transformers

    with tiny.calm():
        new = transformers.AutoConfig.for_model(**copy.deepcopy(old)).to_dict()
    assert describe(old) == describe(new)


@pytest.mark.parametrize("scheme", [LINEAR, DYNAMIC, YARN, YARN_SET, YARN_SCALES, LLAMA3])
@pytest.mark.parametrize("theta", [10_000.0, 500_000.0])
def test_frequencies_of_a_real_size_are_those_of_transformers(scheme, theta):
    """To the last bit but one: it is multiplied by positions of many thousands."""
    import transformers
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scheme = {**scheme, "rope_theta": theta}
    if "original_max_position_embeddings" in scheme:
        scheme["original_max_position_embeddings"] = 8192
    with tiny.calm():
        config = transformers.Qwen3Config(rope_parameters=scheme, max_position_embeddings=32_768)
        wanted, factor = ROPE_INIT_FUNCTIONS[scheme["rope_type"]](config)
    found = describe(config.to_dict()).blocks[0].attention.rotary
    np.testing.assert_array_max_ulp(np.array(found.frequencies, np.float32), wanted.numpy(), 1)
    assert found.factor == pytest.approx(factor, rel=1e-12)


def test_stretching_that_grows_with_the_text_limits_its_length():
    config = {"model_type": "qwen3", "max_position_embeddings": 77, **rope(**DYNAMIC)}
    assert describe(config).longest == 77
    assert describe({**config, **rope(**LINEAR)}).longest is None


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "qwen3", **rope(rope_type="longrope")}, r"rope_type='longrope'.*'qwen3'"),
        ({"model_type": "llama", "partial_rotary_factor": 0.5}, "partial_rotary_factor=0.5"),
        ({"model_type": "llama", "hidden_act": "relu6"}, "hidden_act='relu6'"),
        ({"model_type": "llama", "head_dim": 13}, "13"),
        ({"model_type": "qwen2", "layer_types": ["chunked_attention"] * 32}, "chunked_attention"),
        ({"model_type": "qwen2", "layer_types": ["sliding_attention"] * 32}, "sliding_window"),
        ({"model_type": "qwen2", "layer_types": ["full_attention"]}, "layer_types"),
        ({"model_type": "qwen3", **by_kind({}, {})}, "sliding_attention"),
        ({"model_type": "mistral", "quantization_config": {"bits": 4}}, "quantization_config"),
        ({"model_type": "mistral", "is_causal": None}, "is_causal=None"),
        ({"model_type": "gemma3_text", "is_causal": False}, "is_causal=False"),
        ({"model_type": "gemma3_text", "attn_logit_softcapping": 50.0}, "attn_logit_softcapping"),
        ({"model_type": "gemma3_text", **by_kind({}, YARN_SET)}, "truncate=False"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(config, said):
    with pytest.raises(Unsupported, match=said):
        describe(config)
