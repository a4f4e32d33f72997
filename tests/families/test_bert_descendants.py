"""BERT's descendants: every installed backend against transformers' own code, on tiny models."""

import numpy as np
import pytest
from families.tiny_famA import differences, make_model, ragged, save, sessions, states

from isomorph.encoders import describe
from isomorph.encoders.distances import FARTHEST, log_buckets
from isomorph.errors import Unsupported

pytest.importorskip("transformers")

TOLERANCE = 1e-5
SIZES = {
    "vocab_size": 71,
    "hidden_size": 30,
    "num_hidden_layers": 3,
    "num_attention_heads": 5,
    "intermediate_size": 43,
    "max_position_embeddings": 45,
}
NARROW = {**SIZES, "embedding_size": 17}
NEAR = {**SIZES, "relative_attention": True, "position_biased_input": False}
V3 = {
    "position_buckets": 8,
    "share_att_key": True,
    "norm_rel_ebd": "layer_norm",
    "pos_att_type": "p2c|c2p",
}
BOTH = ["c2p", "p2c"]

# name: (transformers class, settings, longest row)
MODELS = {
    "electra": ("Electra", NARROW, 45),
    "electra of one width": ("Electra", {**SIZES, "embedding_size": 30, "type_vocab_size": 1}, 31),
    "electra with types": ("Electra", {**NARROW, "type_vocab_size": 3, "hidden_act": "relu"}, 20),
    "electra by default": ("Electra", {"vocab_size": 71, "num_hidden_layers": 1}, 20),
    "albert": ("Albert", NARROW, 45),
    "albert of one width": ("Albert", {**SIZES, "embedding_size": 30, "type_vocab_size": 1}, 20),
    "albert in groups": (
        "Albert",
        {**NARROW, "num_hidden_layers": 5, "num_hidden_groups": 2, "inner_group_num": 2},
        23,
    ),
    "albert with groups unused": ("Albert", {**NARROW, "num_hidden_groups": 5}, 9),
    "albert with gelu": ("Albert", {**NARROW, "hidden_act": "gelu", "layer_norm_eps": 1e-3}, 20),
    "mpnet": ("MPNet", {**SIZES, "max_position_embeddings": 302}, 300),
    "mpnet with another padding": ("MPNet", {**SIZES, "pad_token_id": 0}, 43),
    "mpnet of one head": ("MPNet", {**SIZES, "num_attention_heads": 1, "hidden_act": "silu"}, 20),
    "deberta v3": ("DebertaV2", {**NEAR, **V3}, 81),
    "deberta v3 with a range": ("DebertaV2", {**NEAR, **V3, "max_relative_positions": 19}, 45),
    "deberta of odd buckets": ("DebertaV2", {**NEAR, **V3, "position_buckets": 7}, 60),
    "deberta of two buckets": ("DebertaV2", {**NEAR, **V3, "position_buckets": 2}, 60),
    "deberta of own projections": ("DebertaV2", {**NEAR, "pos_att_type": BOTH}, 95),
    "deberta from content": ("DebertaV2", {**NEAR, **V3, "pos_att_type": ["c2p"]}, 45),
    "deberta to content": (
        "DebertaV2",
        {**NEAR, "position_buckets": 6, "pos_att_type": "P2C", "num_attention_heads": 1},
        45,
    ),
    "deberta with positions and types": (
        "DebertaV2",
        {**NEAR, "position_biased_input": True, "type_vocab_size": 2, "pos_att_type": BOTH}
        | {"max_relative_positions": 12},
        45,
    ),
    "deberta of two widths": ("DebertaV2", {**NEAR, **V3, **NARROW, "type_vocab_size": 1}, 45),
    "deberta without relative attention": ("DebertaV2", {**SIZES, "pos_att_type": BOTH}, 45),
    "deberta without terms": ("DebertaV2", {**NEAR, "norm_rel_ebd": "layer_norm"}, 45),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request, tmp_path_factory):
    """(transformers' model, its folder, longest row)."""
    name, settings, longest = MODELS[request.param]
    made = make_model(name, settings, seed=len(request.param))
    folder = tmp_path_factory.mktemp("model") / "folder"
    return made, save(made, folder, output_hidden_states=True), longest


def test_every_backend_computes_what_transformers_does(model):
    made, folder, longest = model
    padding = made.config.pad_token_id
    batches = [ragged(made, side, longest, padding) for side in ("right", "left")]
    outputs = ("all_layer_embeddings", "token_embeddings", "sentence_embedding")
    seen = {}
    for name, session in sessions(folder, *outputs):
        for feeds in batches:
            layers, real = states(made, feeds), feeds["attention_mask"] > 0
            actual = session.forward(feeds)
            weights = feeds["attention_mask"][..., None] / real.sum(1)[:, None, None]
            means = (layers[-1] * weights).sum(1).astype(np.float32)
            every = np.ones(len(means), bool)
            seen[name] = max(
                seen.get(name, 0.0),
                differences(layers, actual["all_layer_embeddings"], real),
                differences(layers[-1], actual["token_embeddings"], real),
                differences(means, actual["sentence_embedding"], every),
            )
    print({name: f"{worst:.1e}" for name, worst in seen.items()})  # shown by pytest -rP
    assert max(seen.values()) < TOLERANCE, seen


@pytest.mark.parametrize("name", ["Electra", "Albert", "MPNet", "DebertaV2"])
def test_defaults_are_those_of_transformers(name):
    import transformers

    config = getattr(transformers, f"{name}Config")()
    assert describe({"model_type": config.model_type}) == describe(config.to_dict())


@pytest.mark.parametrize(
    ("model_type", "option", "value"),
    [
        ("electra", "position_embedding_type", "relative_key"),
        ("electra", "is_decoder", True),
        ("electra", "hidden_act", "mish"),
        ("albert", "position_embedding_type", "relative_key_query"),
        ("mpnet", "relative_attention_num_buckets", 16),
        ("deberta-v2", "conv_kernel_size", 3),
        ("deberta-v2", "attention_head_size", 32),
        ("deberta-v2", "norm_rel_ebd", "batch_norm"),
        ("deberta-v2", "pos_att_type", ["p2p"]),
        ("deberta-v2", "position_buckets", 1),
        ("deberta-v2", "position_buckets", 2000),
    ],
)
def test_an_option_that_is_not_implemented_is_refused_by_name(model_type, option, value):
    config = {"model_type": model_type, "relative_attention": True, "pos_att_type": ["c2p"]}
    with pytest.raises(Unsupported, match=option):
        describe({**config, option: value})


@pytest.mark.parametrize(("buckets", "longest"), [(256, 512), (32, 128), (9, 40), (5, 5000)])
def test_logarithmic_buckets_have_the_borders_of_transformers(buckets, longest):
    import torch
    from transformers.models.deberta_v2 import modeling_deberta_v2

    distances = np.arange(-FARTHEST, FARTHEST + 1)
    theirs = modeling_deberta_v2.make_log_bucket_position(torch.tensor(distances), buckets, longest)
    ours = log_buckets(distances, buckets, longest)
    limits = (-buckets, buckets - 1)
    np.testing.assert_array_equal(ours.clip(*limits), theirs.long().numpy().clip(*limits))


def test_the_first_deberta_is_refused():
    with pytest.raises(Unsupported, match="'deberta'"):
        describe({"model_type": "deberta"})
