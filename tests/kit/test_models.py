"""The tiny models: the same bytes every time, readable, and strong enough to show mistakes."""

import json

import pytest
from tokenizers import Tokenizer

from isomorph.builtin.modules import isomorph_modules
from isomorph.encoders.describe import families
from isomorph.encoders.towers import tower_families
from isomorph.preprocess.text import Text
from isomorph.testing.feeds import batches
from isomorph.testing.models import catalogue, write
from isomorph.testing.recipes import CATALOGUE
from isomorph.testing.tokenizer import SPECIALS, vocabulary


@pytest.mark.parametrize("name", ["bert", "everything", "static", "bert-shards"])
def test_writing_twice_gives_the_same_bytes(name, tmp_path):
    first, second = write(name, tmp_path / "a"), write(name, tmp_path / "b")
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files
    for file in files:
        assert (first / file).read_bytes() == (second / file).read_bytes(), file


def test_every_operation_and_family_is_in_the_catalogue(models):
    models = models.values()
    used = {module.kind for model in models for module in model.graph.modules}
    types = {
        module.config["transformer"]["model_type"]
        for model in models
        for module in model.graph.modules
        if module.kind == "transformer"
    }
    assert used >= {kind.name for kind in isomorph_modules() if kind.classes}
    assert types >= set(families()), "a family without a tiny model is not tested by any law"
    towers = {
        (module.config["transformer"]["model_type"], module.config["modality"])
        for model in models
        for module in model.graph.modules
        if module.kind == "tower"
    }
    every = {(name, each) for name, family in tower_families().items() for each in family.towers}
    assert towers == every


def test_the_tokenizer_knows_its_special_tokens(tmp_path):
    for name, pad_id in (("bert", 0), ("roberta", 1)):
        folder = write(name, tmp_path / name)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        assert tokenizer.token_to_id("[PAD]") == pad_id
        encoded = tokenizer.encode("The cat sat, barking!")
        assert encoded.tokens[0] == "[CLS]"
        assert encoded.tokens[-1] == "[SEP]"
        assert "[UNK]" not in encoded.tokens
        assert set(vocabulary(pad_id)[:5]) == set(SPECIALS)
        config = json.loads((folder / "config.json").read_text())
        assert config["vocab_size"] == tokenizer.get_vocab_size()


@pytest.mark.parametrize("name", catalogue())
def test_feeds_are_what_the_contract_says(name, models):
    model = models[name]
    for feeds in batches(model).values():
        assert set(feeds) == set(model.graph.inputs)
        assert all(array.dtype == model.graph.feed(feed).dtype for feed, array in feeds.items())
        assert all(array.flags.c_contiguous for array in feeds.values())
        if isinstance(model.inputs, Text) and "attention_mask" in feeds:
            real = feeds["attention_mask"] == 1
            assert (feeds["input_ids"][~real] == model.inputs.pad_id).all()
            assert (feeds["input_ids"][real] != model.inputs.pad_id).all()
            rows = [tuple(ids) for ids in feeds["input_ids"][real.any(axis=1)]]
            assert len(set(rows)) == len(rows)


def test_some_model_is_fed_more_than_64_tokens(models):
    found = batches(models["bert-long"]).values()
    assert max(feeds["input_ids"].shape[1] for feeds in found) > 64


def test_names_read_well():
    assert all(name == name.lower() and " " not in name for name in CATALOGUE)
