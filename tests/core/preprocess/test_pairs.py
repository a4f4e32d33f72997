"""Pairs are joined and cut as the tokenizers library itself does it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, processors

from isomorph.files.folder import Folder
from isomorph.preprocess.pairs import PairEncoder, longest_first
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenize import TextEncoder
from isomorph.schedule.batches import plan_batches
from isomorph.testing.tokenizer import write_tokenizer

TEMPLATES = {
    "bert": ("[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", {"[CLS]": 1, "[SEP]": 2}),
    "roberta": ("[CLS]:0 $A:0 [SEP]:0 [SEP]:0 $B:0 [SEP]:0", {"[CLS]": 1, "[SEP]": 2}),
    "bare": ("$A:0 $B:1", {}),
}


@pytest.fixture(params=TEMPLATES)
def text(request: pytest.FixtureRequest, tmp_path: Path) -> Text:
    write_tokenizer(tmp_path)
    file = tmp_path / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(file))
    pair, special = TEMPLATES[request.param]
    known = [(token, tokenizer.token_to_id(token) or number) for token, number in special.items()]
    single = " ".join(part for part in pair.split() if "$B" not in part)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, pair=pair, special_tokens=known
    )
    tokenizer.save(str(file))
    return Text(folder=Folder(tmp_path), token_types=True)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("max_length", [None, 4, 5, 8, 9, 30])
def test_pairs_equal_the_tokenizers_own(text: Text, side: str, max_length: int | None) -> None:
    encoder = TextEncoder(replace(text, truncation_side=side))
    pairs = [
        ("the cat", "a dog sat"),
        ("cat " * 20, "dog"),
        ("dog", "sat on the mat " * 5),
        ("the " * 7, "a " * 7),
        ("", ""),
        ("cat", ""),
    ]
    own = Tokenizer.from_str(encoder.tokenizer.to_str())
    if max_length is not None:
        own.enable_truncation(max_length, direction=side)
    whole = PairEncoder(encoder).encode(pairs, max_length, exact=True)
    read = PairEncoder(encoder).encode(pairs, max_length)
    assert [row.tolist() for row in read.ids] == [row.tolist() for row in whole.ids]
    assert read.truncated.tolist() == whole.truncated.tolist()
    assert whole.types is not None
    for row, types, expected in zip(whole.ids, whole.types, own.encode_batch(pairs), strict=True):
        assert row.tolist() == expected.ids
        assert types.tolist() == expected.type_ids
    longer = [len(encoder.tokenizer.encode(*pair)) for pair in pairs]
    assert whole.full_lengths.tolist() == longer


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_what_is_kept_fits_and_cuts_the_longer_text_first(
    first: int, second: int, room: int
) -> None:
    one, two = longest_first(first, second, room)
    assert 0 <= one <= first
    assert 0 <= two <= second
    assert one + two == min(room, first + second)
    if one < first and two < second:
        assert abs(one - two) <= 1
    if one < first:
        assert one >= two - 1
    if two < second:
        assert two >= one - 1


def test_types_reach_the_feeds_with_either_padding_side(text: Text) -> None:
    for side in ("right", "left"):
        padded = replace(text, padding_side=side)
        encoded = PairEncoder(TextEncoder(padded)).encode([("cat", "dog sat"), ("a", "mat")], None)
        batch = plan_batches(encoded.lengths)[0]
        names = ("input_ids", "attention_mask", "token_type_ids")
        fed = encoded.feeds(batch.rows, batch.width, 0, names)
        assert encoded.types is not None
        for row, index in enumerate(batch.rows):
            real = fed["attention_mask"][row] == 1
            assert fed["token_type_ids"][row][real].tolist() == encoded.types[index].tolist()
            assert not fed["token_type_ids"][row][~real].any()


def test_without_token_types_all_are_zero(text: Text) -> None:
    untyped = replace(text, token_types=False)
    encoded = PairEncoder(TextEncoder(untyped)).encode([("cat", "dog")], None)
    assert encoded.types is None
    names = ("input_ids", "attention_mask", "token_type_ids")
    fed = encoded.feeds((0,), int(encoded.lengths[0]), 0, names)
    assert not fed["token_type_ids"].any()


@pytest.mark.parametrize("max_length", [8, 9, 10, 11])
@pytest.mark.parametrize("first", [2, 40, 41, 3000])
def test_of_long_texts_no_more_is_read_than_may_be_kept(tmp_path, max_length, first):
    write_tokenizer(tmp_path)
    encoder = TextEncoder(Text(folder=Folder(tmp_path)))
    pairs = [("cat " * first, "dog " * second) for second in (3, 40, 41, 3000)]
    exact = PairEncoder(encoder).encode(pairs, max_length, exact=True)
    read = PairEncoder(encoder).encode(pairs, max_length)
    assert [row.tolist() for row in read.ids] == [row.tolist() for row in exact.ids]
    assert (read.full_lengths <= exact.full_lengths).all()
    assert read.truncated.tolist() == exact.truncated.tolist()
