import pytest

from isomorph.plugins.reading import read_model
from isomorph.preprocess.tokenize import TextEncoder
from isomorph_bench.probes import growth

MIB = growth.MIB


def test_growth_is_a_slope_behind_the_warm_calls():
    steep = [(done, done * MIB) for done in range(0, 500, 10)]
    gentle = [(done, 900 * MIB + done * MIB // 500) for done in range(500, 2000, 10)]
    assert growth.growth([*steep, *gentle]) == pytest.approx(2, rel=0.01)
    assert growth.growth([*steep, *gentle], warm=0) > 100


def test_too_few_calls_are_no_answer():
    with pytest.raises(ValueError, match="20 calls are too few beyond the first 500"):
        growth.growth([(10, MIB), (20, MIB)])


def test_calls_are_the_same_for_all_and_cover_what_they_should():
    shapes = list(growth.Calls(count=400).shapes())
    assert shapes == list(growth.Calls(count=400).shapes())
    lengths = {length for call in shapes for length in call}
    assert (min(lengths), max(lengths)) == (1, growth.LONGEST)
    assert {len(call) for call in shapes} == set(range(1, growth.MOST_TEXTS + 1))


def test_calls_may_be_bounded():
    for call in growth.Calls(count=200, most_tokens=100).shapes():
        assert len(call) == 1 or sum(call) <= 100


def test_lengths_may_be_few():
    few = growth.Calls(count=200, step=64, longest=256)
    lengths = {length for call in few.shapes() for length in call}
    assert lengths == set(range(64, 257, 64))


def test_texts_have_their_lengths_and_differ(tmp_path):
    encoder = TextEncoder(read_model(growth.Path(growth.tiny_model(tmp_path))).inputs)
    texts = growth.texts_of([3, 17, 512, 512], call=5)
    assert encoder.encode(texts, None).lengths.tolist() == [3, 17, 512, 512]
    assert len(set(texts)) == 4


def test_a_process_of_its_own_says_how_much_is_resident(tmp_path):
    calls = growth.Calls(count=3, most_tokens=64)
    found = growth.measure(growth.tiny_model(tmp_path), "reference", calls)
    assert [made for made, _ in found] == [1, 2, 3]
    assert all(size > 10 * MIB for _, size in found)
