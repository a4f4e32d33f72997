"""Options of a config.json that cannot be, or that the weights beside them contradict."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pickled_files
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import SentenceTransformer
from isomorph.encoders.describe import families
from isomorph.errors import BadModel, IsomorphError
from isomorph.plugins.reading import read_model
from isomorph.program.examine import examine
from isomorph.testing import models

NAN = float("nan")
NO_COUNT = [0, -1, True, "2", 2.0, NAN, 10**9, [2], {}]
NO_NUMBER = [0, -1e-5, NAN, float("inf"), "1e-5", True, 1e13, [1e-5]]

# A tiny model of each family, and how it calls layers, heads, width, inner width and epsilon.
BERT = (
    "num_hidden_layers",
    "num_attention_heads",
    "hidden_size",
    "intermediate_size",
    "layer_norm_eps",
)
DISTIL = ("n_layers", "n_heads", "dim", "hidden_dim", None)
DECODER = (*BERT[:4], "rms_norm_eps")
T5 = ("num_layers", "num_heads", "d_model", "d_ff", "layer_norm_epsilon")
HALVES = ("encoder_layers", "encoder_attention_heads", "d_model", "encoder_ffn_dim", None)
TINY = {
    **dict.fromkeys(
        ["bert", "roberta", "xlm-roberta", "camembert", "electra", "albert", "mpnet"], BERT
    ),
    **dict.fromkeys(["deberta", "nomic", "nomic-experts", "gte"], BERT),
    **dict.fromkeys(["gte-published", "jina3", "rembert", "deberta-first", "ernie"], BERT),
    **dict.fromkeys(["data2vec", "roberta-pre-norm", "xlm-roberta-xl", "megatron", "luke"], BERT),
    **dict.fromkeys(
        [
            "llama",
            "mistral",
            "qwen2",
            "qwen3",
            "gemma",
            "gemma2",
            "gemma3",
            "granite",
            "olmo2",
            "qwen2-moe",
            "qwen3-moe",
            "mixtral",
            "eurobert",
            "phi3",
            "smollm3",
            "glm",
            "glm4",
            "helium",
            "exaone4",
            "ministral",
            "llama-bidirec",
            "pplx-qwen3",
            "nvembed",
            "ultrabert",
            "arcee",
            "seed-oss",
            "ernie4-5",
            "olmoe",
            "granitemoe",
        ],
        DECODER,
    ),
    "olmo": (*BERT[:4], None),
    **dict.fromkeys(["mobilebert", "squeezebert", "fnet", "xmod", "esm-2"], BERT),
    "falcon": (*BERT[:3], "ffn_hidden_size", "layer_norm_epsilon"),
    "mpt": ("n_layers", "n_heads", "d_model", "d_model", "layer_norm_epsilon"),
    "gpt-neox": BERT,
    "opt": (*BERT[:3], "ffn_dim", None),
    **dict.fromkeys(["longformer", "big-bird", "convbert"], BERT),
    "gptj": ("n_layer", "n_head", "n_embd", "n_inner", "layer_norm_epsilon"),
    "bloom": ("n_layer", "n_head", "hidden_size", "hidden_size", "layer_norm_epsilon"),
    "gpt2": ("n_layer", "n_head", "n_embd", "n_inner", "layer_norm_epsilon"),
    "gpt-neo": (
        *("num_layers", "num_heads", "hidden_size", "intermediate_size"),
        "layer_norm_epsilon",
    ),
    **dict.fromkeys(["phi", "cohere", "cohere2", "stablelm"], BERT),
    "starcoder2": (*BERT[:4], "norm_epsilon"),
    **dict.fromkeys(["t5", "mt5", "umt5"], T5),
    "distilbert": DISTIL,
    **dict.fromkeys(["bart", "mbart", "m2m-100", "pegasus", "marian"], HALVES),
    "neobert": (*BERT[:4], "norm_eps"),
    **dict.fromkeys(
        ["modernbert", "modernbert-decoder", "lfm2", "nemotron"], (*BERT[:4], "norm_eps")
    ),
}


def rewritten(folder, **changes):
    """The folder, with options of its config.json set, or removed where they are `...`."""
    path = folder / "config.json"
    whole = json.loads(path.read_text())
    config = {**options_of(whole), **changes}
    config = {k: v for k, v in config.items() if v is not ...}
    path.write_text(json.dumps({**whole, PART: config} if PART in whole else config))
    return folder


def options_of(config):
    """Those of the encoder, which may be a part of the model."""
    return config.get(PART, config)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Tiny models by name, each written once; who changes one gets it as it was."""
    written = {}

    def folder(name):
        if name not in written:
            path = models.write(name, tmp_path_factory.mktemp(name) / "model")
            written[name] = path, (path / "config.json").read_text()
        path, config = written[name]
        (path / "config.json").write_text(config)
        return path

    return folder


def test_there_is_a_tiny_model_of_every_family(tiny):
    kinds = {json.loads((tiny(name) / "config.json").read_text())["model_type"] for name in TINY}
    assert kinds == set(families())


@pytest.mark.parametrize("name", TINY)
def test_a_number_that_cannot_be_is_refused_with_its_option(tiny, name):
    layers, heads, width, inner, epsilon = TINY[name]
    wrong = [(option, value) for option in (layers, heads, width, inner) for value in NO_COUNT]
    wrong += [(epsilon, value) for value in (*NO_NUMBER, 1e3) if epsilon]
    wrong += [("vocab_size", value) for value in NO_COUNT]
    wrong += [("pad_token_id", value) for value in (-2, True, "0", 1.0, 10**9)]
    for option, value in wrong:
        with pytest.raises(BadModel, match=rf"config\.json.*{option}"):
            examine(read_model(rewritten(tiny(name), **{option: value})))


PART = "text_config"
FREE = (
    *("max_position_embeddings", "sliding_window", "window_size", "local_attention"),
    *("max_window_layers", "query_pre_attn_scalar", "output_embedding_size", "max_length"),
)
"""Numbers that are no size of what is built, where positions have no table and nothing has a head."""
FREE_OF = {"gptj": ("n_positions",)}
"""More of them, of one tiny model."""


def loads(folder):
    try:
        examine(read_model(folder))
    except IsomorphError:
        return False
    return True


def test_the_width_of_a_head_is_free_where_no_head_is(tiny):
    assert loads(rewritten(tiny("rembert"), output_embedding_size=1664))


@pytest.mark.parametrize("name", TINY)
def test_sizes_that_no_weights_could_fill_are_refused_at_once(tiny, name):
    config = options_of(json.loads((tiny(name) / "config.json").read_text()))
    free = (*FREE, *FREE_OF.get(name, ()))
    sizes = [key for key, value in config.items() if type(value) is int and key not in free]
    loads(tiny(name))  # what is imported and cached is no part of it
    tracemalloc.start()
    try:
        for size in sizes:
            if not size.endswith("_id") or size == "pad_token_id":
                for value in (10**6, 10**9, 10**18):
                    assert not loads(rewritten(tiny(name), **{size: value})), (size, value)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 256 << 20


@pytest.mark.parametrize("name", TINY)
def test_options_that_the_weights_contradict_are_refused(tiny, name):
    layers, _, width, inner, _ = TINY[name]
    config = options_of(json.loads((tiny(name) / "config.json").read_text()))
    few = [-12, 12] if name == "neobert" else [-1, 1]  # whose inner width is rounded
    wrong = {"vocab_size": [1, -1], width: [8], inner: few}
    if name != "albert":  # whose layers share one set of weights
        wrong[layers] = [1]
    if "type_vocab_size" in config:
        wrong["type_vocab_size"] = [1]
    for option, steps in wrong.items():
        for step in steps:
            with pytest.raises(BadModel):
                examine(read_model(rewritten(tiny(name), **{option: config[option] + step})))


@pytest.mark.parametrize("name", [name for name in TINY if name != "albert"])
def test_stored_layers_that_no_one_reads_are_told(tiny, name):
    layers = TINY[name][0]
    config = json.loads((tiny(name) / "config.json").read_text())
    changes = {layers: 1}
    for option in ("layer_types", "no_rope_layers", "attention_window"):
        if config.get(option):
            changes[option] = config[option][:1]
    if "attention_types" in config:
        changes["attention_types"] = [[["local"], 1]]
    with pytest.warns(UserWarning, match="fewer layers"):
        examine(read_model(rewritten(tiny(name), **changes)))


def test_stored_parts_of_a_layer_that_no_one_reads_are_told(tiny, tmp_path):
    folder = models.write("mistral", tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    name = "layers.0.self_attn.q_proj.bias"
    tensors[name] = np.ones(len(tensors["layers.0.self_attn.q_proj.weight"]), np.float32)
    save_file(tensors, folder / "model.safetensors")
    with pytest.warns(UserWarning, match=rf"1 stored tensors unread, such as '{name}'"):
        examine(read_model(folder))


@pytest.mark.parametrize("name", ["nomic", "xlm-roberta-rotary"])
def test_a_stored_table_that_the_config_leaves_out_is_told(tiny, name):
    with pytest.warns(UserWarning, match=r"unread, such as 'embeddings\.token_type_embeddings"):
        examine(read_model(rewritten(tiny(name), type_vocab_size=0)))


@pytest.mark.parametrize("theta", [0, -1.0, 1, NAN, "10000", True, 1e300])
@pytest.mark.parametrize("name", ["llama", "mistral", "qwen2", "qwen3", "gte", "nomic", "gemma3"])
def test_a_base_of_rotary_positions_that_turns_nothing_is_refused(tiny, name, theta):
    folder = rewritten(tiny(name), rope_theta=theta, rope_parameters=...)
    with pytest.raises(BadModel, match="rope_theta"):
        examine(read_model(folder))


LONGROPE = {"type": "longrope", "long_factor": [1.0, 2.0, 4.0, 8.0]}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}


@pytest.mark.parametrize(
    ("scaling", "said"),
    [
        ({"rope_type": "linear", "factor": 0}, "factor"),
        ({"rope_type": "linear", "factor": "2"}, "factor"),
        ({"rope_type": "linear", "factor": NAN}, "factor"),
        ({"rope_type": "linear", "factor": None}, "factor"),
        ({"rope_type": "linear"}, "factor"),
        ({"rope_type": 5}, "rope_type"),
        ({**LLAMA3, "low_freq_factor": 4.0}, "low_freq_factor"),
        ({**LLAMA3, "high_freq_factor": None}, "high_freq_factor"),
        ({**LLAMA3, "original_max_position_embeddings": 0}, "original_max_position_embeddings"),
        ({"rope_type": "yarn", "factor": -1.0}, "factor"),
        ({"rope_type": "yarn", "factor": 2.0, "beta_fast": "32"}, "beta_fast"),
        ({"rope_type": "yarn", "factor": 2.0, "attention_factor": NAN}, "attention_factor"),
        ("linear", "rope_scaling"),
        ([2.0], "rope_scaling"),
    ],
)
def test_a_scheme_of_rotary_positions_that_is_no_scheme(tiny, scaling, said):
    folder = rewritten(tiny("llama"), rope_scaling=scaling, rope_parameters=...)
    with pytest.raises(BadModel, match=said):
        examine(read_model(folder))


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("bert", {"num_attention_heads": 5}, "32 features do not split into 5 heads"),
        *(
            (
                name,
                {"num_attention_heads": 64, "num_key_value_heads": 64},
                "32 features do not split",
            )
            for name in ("deberta", "deberta-convolution", "modernbert", "gte", "nomic")
        ),
        ("bert", {"pad_token_id": 107}, "pad_token_id=107"),
        ("bert", {"type_vocab_size": 0}, "type_vocab_size=0"),
        ("bert", {"hidden_act": 5}, "hidden_act"),
        ("bert", {"model_type": ["bert"]}, "model_type"),
        ("bert", {"architectures": "BertModel"}, "architectures"),
        ("bert", {"output_hidden_states": "yes"}, "output_hidden_states"),
        ("roberta", {"pad_token_id": None}, "pad_token_id=null"),
        ("roberta", {"pad_token_id": 90}, "no position|position_embeddings"),
        ("llama", {"num_key_value_heads": 3}, "cannot share 3 heads"),
        ("qwen2", {"layer_types": ["full_attention"]}, "1 layer_types for"),
        ("qwen2", {"layer_types": "full_attention"}, "layer_types"),
        ("modernbert", {"layer_types": ["full_attention"] * 9}, "9 layer_types for"),
        ("gemma3", {"sliding_window": None}, "sliding_window=null"),
        ("mistral", {"sliding_window": 0}, "sliding_window"),
        ("t5", {"relative_attention_num_buckets": 3}, "relative_attention_num_buckets"),
        ("t5", {"relative_attention_max_distance": 8}, "relative_attention_max_distance=8"),
        ("albert", {"inner_group_num": 1000, "num_hidden_layers": 1000}, "1000 times 1000"),
        ("deberta", {"position_buckets": "16"}, "position_buckets"),
        ("deberta", {"pos_att_type": 5}, "pos_att_type"),
        (
            "phi3-long",
            {"rope_scaling": {**LONGROPE, "short_factor": [1.0]}},
            "1 numbers as short_factor",
        ),
        ("phi3-long", {"rope_scaling": {**LONGROPE, "short_factor": "4"}}, "short_factor"),
        ("phi3-long", {"rope_scaling": {"type": "longrope"}}, "without short_factor"),
        ("cohere2", {"sliding_window": None}, "sliding_window=null"),
        ("gpt2", {"num_attention_heads": 3}, "num_attention_heads=3, but n_head=5"),
        ("gpt2", {"n_inner": 42}, "c_fc"),
        (
            "gpt-neo",
            {"attention_types": [["global", 2]]},
            "attention_types|fit together|layer_types",
        ),
        ("gpt-neo", {"attention_types": [[["global"], 1000], [["local"], 1000]]}, "layer_types"),
        ("gpt-neo", {"attention_types": 3}, "attention_types"),
        ("bloom", {"n_head": 7}, "7 heads"),
        ("squeezebert", {"embedding_size": 40}, "embedding_size=40.*hidden_size=32"),
        ("squeezebert", {"q_groups": 3}, "q_groups=3"),
        ("falcon-new", {"num_kv_heads": 3}, "cannot share 3 heads"),
        ("mpt", {"attn_config": {"clip_qkv": "8"}}, "clip_qkv"),
        ("mpt", {"attn_config": 3}, "attn_config"),
        ("olmo", {"clip_qkv": -1.0}, "clip_qkv"),
        ("smollm3", {"no_rope_layers": [1]}, "no_rope_layers"),
        ("nomic-experts", {"moe_top_k": 5}, "asks 5 experts for each token, of which there are 4"),
        ("nomic-experts", {"moe_top_k": 0}, "moe_top_k"),
        ("nomic-experts", {"num_experts": 3}, "experts.mlp.w1|router"),
        ("nomic-experts", {"num_experts": None}, "of which there are 0"),
    ],
)
def test_options_that_do_not_fit_each_other(tiny, name, changes, said):
    with pytest.raises(BadModel, match=said):
        examine(read_model(rewritten(tiny(name), **changes)))


def test_an_architecture_without_a_family_may_not_ask_for_the_impossible_either(tiny):
    for options in ({"num_hidden_layers": 10**9}, {"text_config": {"hidden_size": 10**12}}):
        with pytest.raises(BadModel, match=next(iter(options))[:4] + "|hidden_size"):
            read_model(rewritten(tiny("bert"), model_type="of-tomorrow", **options))
    other = rewritten(tiny("bert"), model_type="of-tomorrow", num_heads=[3, 6], head_dim="auto")
    assert read_model(other).graph.modules


@pytest.mark.parametrize(
    "changes",
    [
        {"num_hidden_layers": -1},
        {"num_hidden_layers": 0},
        {"num_hidden_layers": True},
        {"num_hidden_layers": 3},
        {"layer_norm_eps": 0},
        {"vocab_size": 100},
        {"max_position_embeddings": 63},
        {"hidden_size": 16},
        {"pad_token_id": 5000},
    ],
    ids=str,
)
def test_every_backend_refuses_what_cannot_be(backend, tiny, changes):
    with pytest.raises(BadModel):
        SentenceTransformer(rewritten(tiny("bert"), **changes), backend=backend)


def test_older_files_may_leave_out_what_has_a_default(tiny):
    gone = ("hidden_act", "layer_norm_eps", "type_vocab_size", "pad_token_id")
    folder = rewritten(tiny("bert"), **dict.fromkeys(gone, ...))
    assert len(SentenceTransformer(folder, backend="reference").encode("the river")) == 32


def test_pickled_weights_that_do_not_have_what_the_options_ask(backend, tmp_path):
    """Their pickle says what they hold, so that no engine builds the model first."""
    folder = models.write("bert", tmp_path / "model")
    pickled_files.convert(folder)
    with pytest.raises(BadModel, match=r"num_hidden_layers=1000, but the weights"):
        SentenceTransformer(rewritten(folder, num_hidden_layers=1000), backend=backend)
