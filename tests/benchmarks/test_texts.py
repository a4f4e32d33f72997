import pytest

from isomorph_bench.workloads.texts import BOUNDS, WORDS, fingerprint, mixed_texts, short_texts


def test_half_of_the_mixed_texts_are_short_and_a_quarter_long():
    texts = mixed_texts(64)
    assert sum(len(text) < BOUNDS[0] for text in texts) == 32
    assert sum(len(text) >= BOUNDS[1] for text in texts) == 16
    assert fingerprint(texts) != fingerprint(texts[1:])


def test_short_texts_have_a_few_words():
    assert {len(text.split()) for text in short_texts(200)} <= set(WORDS)


def test_more_texts_than_there_are_is_an_error_and_not_a_repetition():
    with pytest.raises(RuntimeError, match="of 1000000 texts"):
        short_texts(1_000_000)
