"""Frequencies and buckets of a real size: an error in them grows with the length of the text."""

import numpy as np
import pytest

pytest.importorskip("transformers")

from families import tiny
from families.sizes import DYNAMIC, LINEAR, LLAMA3, YARN, YARN_SCALES, YARN_SET, rope

from isomorph.encoders.describe import describe, families
from isomorph.encoders.distances import FARTHEST, log_buckets
from isomorph.encoders.published import transformers_misreads
from isomorph.testing.tiny_encoders import of_family


@pytest.mark.parametrize("scheme", [LINEAR, DYNAMIC, YARN, YARN_SET, YARN_SCALES, LLAMA3], ids=str)
@pytest.mark.parametrize("theta", [10_000.0, 500_000.0])
def test_frequencies_are_those_of_transformers(scheme, theta):
    """To the last bit but one: they are multiplied by positions of many thousands."""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scheme = {**scheme, "rope_theta": theta}
    if "original_max_position_embeddings" in scheme:
        scheme["original_max_position_embeddings"] = 8192
    settings = {"rope_parameters": scheme, "max_position_embeddings": 32_768}
    with tiny.calm():
        config = tiny.config_class("Qwen3")(**settings)
        wanted, factor = ROPE_INIT_FUNCTIONS[scheme["rope_type"]](config)
    found = describe(config.to_dict()).blocks[0].attention.rotary
    np.testing.assert_array_max_ulp(np.array(found.frequencies, np.float32), wanted.numpy(), 1)
    assert found.factor == pytest.approx(factor, rel=1e-12)


def test_stretching_that_grows_with_the_text_limits_its_length():
    config = {"model_type": "qwen3", "max_position_embeddings": 77, **rope(**DYNAMIC)}
    assert describe(config).longest == 77
    assert describe({**config, **rope(**LINEAR)}).longest is None


def test_factors_for_long_texts_limit_the_length_to_those_of_the_training():
    longrope = {"rope_type": "longrope", "short_factor": [2.0] * 48, "long_factor": [4.0] * 48}
    config = {"model_type": "phi3", "max_position_embeddings": 131_072, **rope(**longrope)}
    assert describe(config).longest == 4096
    assert describe({**config, "original_max_position_embeddings": 99}).longest == 99
    frequencies = (
        describe({**config, "rope_parameters": None}).blocks[0].attention.rotary.frequencies
    )
    turned = describe(config).blocks[0].attention.rotary
    assert turned.factor == pytest.approx((1 + 5 / 12) ** 0.5)
    halves = np.array(turned.frequencies) * 2
    np.testing.assert_allclose(halves[0], frequencies[0], rtol=1e-6)


def test_a_text_is_padded_on_the_left_only_where_that_moves_nothing():
    movable = {"lfm2": {}, "phi": {}, "llama": {}, "gemma": {}}
    movable |= {"opt": {}, "bloom": {}}
    fixed = {"bert": {}, "gpt2": {}, "nomic_bert": {}, "llama": {"is_causal": False}}
    fixed["lfm2"] = {"conv_bias": True, "full_attn_idxs": [0]}
    for kind, options in movable.items():
        assert describe({"model_type": kind, **options}).movable
    for kind, options in fixed.items():
        assert not describe({"model_type": kind, **options}).movable


@pytest.mark.parametrize(("buckets", "longest"), [(256, 512), (32, 128), (9, 40), (5, 5000)])
def test_logarithmic_buckets_have_the_borders_of_transformers(buckets, longest):
    import torch
    from transformers.models.deberta_v2 import modeling_deberta_v2

    distances = np.arange(-FARTHEST, FARTHEST + 1)
    theirs = modeling_deberta_v2.make_log_bucket_position(torch.tensor(distances), buckets, longest)
    ours = log_buckets(distances, buckets, longest)
    limits = (-buckets, buckets - 1)
    np.testing.assert_array_equal(ours.clip(*limits), theirs.long().numpy().clip(*limits))


@pytest.mark.parametrize("name", sorted(families()))
def test_a_family_that_is_fed_without_padding_counts_positions_as_it_says(name):
    family = families()[name]
    if family.unpadded is None:
        return
    for small in family.tiny.values():
        config = of_family(family, small).config
        if transformers_misreads(config):
            continue  # its class is not fed at all
        positions = describe(config).embeddings.positions
        after_padding = positions is not None and positions.after_padding
        assert (family.unpadded == "real tokens") == after_padding
