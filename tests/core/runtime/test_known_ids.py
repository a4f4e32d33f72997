"""Token ids for which the model has no vector: one clear error on every backend, before any forward."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.errors import InputError
from isomorph.runtime.plan import Runner
from isomorph.testing.models import write

TEXTS = ["a dog", "the cat", "a brandnew cat", "sun"]
NEW = r"Input 2 holds the token 'brandnew' with the id (\d+), but the table '.*' has \1 rows: .* Resize"


@pytest.fixture
def no_forward(monkeypatch):
    def fail(self, feeds):
        raise AssertionError("a forward ran")

    monkeypatch.setattr(Runner, "forward", fail)


def with_a_new_token(folder, word="brandnew"):
    """The everyday mistake: a token is added and the embeddings are not resized."""
    path = next(folder.rglob("tokenizer.json"))
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.add_tokens([word])
    tokenizer.save(str(path))
    config = folder / "config.json"
    if config.is_file():
        content = json.loads(config.read_text())
        content["vocab_size"] = tokenizer.token_to_id(word)
        config.write_text(json.dumps(content))
    for file in folder.rglob("*.safetensors"):
        tensors = load_file(file)
        for name in tensors:
            if name.endswith(("word_embeddings.weight", "embedding.weight", "embed_tokens.weight")):
                tensors[name] = tensors[name][: tokenizer.token_to_id(word)]
        save_file(tensors, file, {"format": "pt"})
    return str(folder)


@pytest.mark.parametrize("name", ["bert", "roberta", "static", "llama"])
def test_an_added_token_without_a_vector_is_named(tmp_path, backend, name, no_forward):
    model = SentenceTransformer(with_a_new_token(write(name, tmp_path)), backend=backend)
    with pytest.raises(InputError, match=NEW):
        model.encode(TEXTS)
    with pytest.raises(InputError, match="Input 0 holds the token 'brandnew'"):
        model.encode("a brandnew cat")
    with pytest.raises(InputError, match="Input 1 holds the token 'brandnew'"):
        model.encode(["cat", "brandnew", "brandnew", "cat"])
    model.close()


def test_texts_without_it_are_as_before(tmp_path, backend):
    whole = SentenceTransformer(write("bert", tmp_path / "whole"), backend=backend)
    model = SentenceTransformer(with_a_new_token(write("bert", tmp_path / "new")), backend=backend)
    texts = ["a dog", "the cat sat"]
    np.testing.assert_allclose(model.encode(texts), whole.encode(texts), rtol=0, atol=1e-6)
    whole.close()
    model.close()


def test_inputs_are_counted_from_the_start_of_the_call(tmp_path, monkeypatch):
    model = SentenceTransformer(with_a_new_token(write("bert", tmp_path)), backend="reference")
    texts = ["cat", "cat", *(f"dog {'the ' * index}" for index in range(8)), "brandnew"]
    with (
        model.start_multi_process_pool(["cpu"]) as pool,
        pytest.raises(InputError, match="Input 10 "),
    ):
        model.encode(texts, pool=pool, chunk_size=3)
    out = np.zeros((len(texts), model.get_embedding_dimension()), np.float32)
    monkeypatch.setattr(
        "isomorph.models.windows.places", lambda items, inputs: [slice(0, 6), slice(6, 11)]
    )
    with pytest.raises(InputError, match="Input 10 "):
        model.encode(texts, out=out)
    monkeypatch.setattr("isomorph.schedule.windows.places.__defaults__", (4,))
    with pytest.raises(InputError, match="Input 10 "):
        model.encode(texts)
    model.close()


def test_token_types_without_a_vector_are_refused(tmp_path, backend, no_forward):
    name = "bert-sequence-classification"
    folder = write(name, tmp_path)
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    for part in content["post_processor"]["pair"]:
        for piece in part.values():
            piece["type_id"] *= 5
    path.write_text(json.dumps(content))
    path = folder / "tokenizer_config.json"
    named = {"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}
    path.write_text(json.dumps({**json.loads(path.read_text()), **named}))
    model = CrossEncoder(str(folder), backend=backend)
    with pytest.raises(
        InputError, match=r"Input 0 has tokens of type 5, but the table '.*token_type"
    ):
        model.predict([("the cat", "a dog")])
    model.close()
