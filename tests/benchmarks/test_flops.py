from dataclasses import replace

import pytest

from isomorph.encoders import describe
from isomorph.errors import Unsupported
from isomorph_bench.machine.flops import linear_parameters, text_flops, useful_flops, visible_pairs

SMALL = {
    "model_type": "bert",
    "hidden_size": 384,
    "intermediate_size": 1536,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
}


def test_linear_layers_of_a_six_layer_encoder():
    assert linear_parameters(describe(SMALL)) == 6 * (4 * 384 * 384 + 2 * 384 * 1536)


def test_two_operations_a_weight_and_four_a_pair_and_feature():
    weights = 6 * (4 * 384 * 384 + 2 * 384 * 1536)
    assert text_flops(describe(SMALL), 100) == 100 * (2 * weights + 6 * 4 * 100 * 384)


def test_texts_add_up():
    assert useful_flops(SMALL, [7, 9]) == sum(text_flops(describe(SMALL), n) for n in (7, 9))
    assert useful_flops(SMALL, []) == 0


def test_an_encoder_that_nobody_describes_is_not_counted():
    with pytest.raises(Unsupported):
        useful_flops({"model_type": "nobody"}, [1])


@pytest.mark.parametrize("tokens", [1, 2, 7])
@pytest.mark.parametrize("window", [None, 0, 1, 3, 50])
@pytest.mark.parametrize("causal", [False, True])
def test_pairs_that_see_each_other(tokens, window, causal):
    attention = replace(describe(SMALL).blocks[0].attention, window=window, causal=causal)
    seen = sum(
        (window is None or abs(i - j) <= window) and (not causal or j <= i)
        for i in range(tokens)
        for j in range(tokens)
    )
    assert visible_pairs(attention, tokens) == seen
