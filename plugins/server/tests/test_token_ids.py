"""Token ids of the model's own tokenizer: the vectors of their texts, or a refusal."""

import json
import shutil

import numpy as np
import pytest
from server_asgi import PLACES, talk

from isomorph import load_model
from isomorph_server.app import build
from isomorph_server.limits import Limits
from isomorph_server.refusals import Refused
from isomorph_server.shelf import Named, Shelf
from isomorph_server.token_ids import refuse_strange

TEXTS = ["river", "the river carries small stones"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model whose tokenizer also says how tokens become a text, as those of published models do."""
    found = tmp_path_factory.mktemp("ids") / "vectors"
    shutil.copytree(PLACES["vectors"], found)
    (file,) = found.rglob("tokenizer.json")
    content = json.loads(file.read_text("utf-8"))
    content["decoder"] = {"type": "WordPiece", "prefix": "##", "cleanup": True}
    file.write_text(json.dumps(content), "utf-8")
    return found


@pytest.fixture(scope="module")
def model(folder):
    with load_model(folder, backend="reference") as found:
        yield found


@pytest.fixture
def ask_all(folder):
    """The answers to several bodies for one path."""

    def make(path, *bodies, **limits):
        bound = Limits(**{"token_ids": True, **limits})
        app = build(Shelf([Named("vectors", str(folder))], bound, backend="reference"), bound)

        async def ask(client):
            return [await client.post(path, each) for each in bodies]

        return talk(app, ask)

    return make


def ids_of(model, text, special=False):
    return model.tokenizer.encode(text, add_special_tokens=special).ids


def test_ids_give_the_vectors_of_their_texts(ask_all, model):
    first, second = (ids_of(model, text) for text in TEXTS)
    lists = [[first, second], [TEXTS[0], second], [first, ids_of(model, TEXTS[1], special=True)]]
    found = ask_all("/v1/embeddings", *({"input": each, "model": "vectors"} for each in lists))
    wanted = model.encode(TEXTS)
    for answer in found:
        assert [each["index"] for each in answer.json["data"]] == [0, 1]
        vectors = [each["embedding"] for each in answer.json["data"]]
        np.testing.assert_allclose(vectors, wanted, atol=1e-5)
    (one,) = ask_all("/v1/embeddings", {"input": second, "model": "vectors"})
    np.testing.assert_allclose(one.json["data"][0]["embedding"], wanted[1], atol=1e-5)


@pytest.mark.parametrize("path", ["/embed", "/"])
def test_ids_on_the_routes_of_text_embeddings_inference(ask_all, model, path):
    bodies = [{"inputs": ids_of(model, TEXTS[1])}, {"inputs": [ids_of(model, TEXTS[1])]}]
    wanted = model.encode([TEXTS[1]], normalize_embeddings=True)
    for answer in ask_all(path, *bodies):
        np.testing.assert_allclose(answer.json, wanted, atol=1e-5)


def test_ids_that_cannot_be(ask_all, model):
    size = model.tokenizer.get_vocab_size()
    piece = model.tokenizer.token_to_id("##er")
    inputs = [
        [size],
        [-1],
        [[5], [2**63]],
        [[]],
        [1, "a"],
        [True],
        [1.5],
        [[[1]]],
        [piece],
        [[1], None],
    ]
    found = ask_all("/v1/embeddings", *({"input": each, "model": "vectors"} for each in inputs))
    assert [each.status for each in found] == [400] * len(inputs)
    said = [each.json["error"]["message"] for each in found]
    assert f"none of the {size} token ids" in said[0]
    assert "No text is cut into these" in said[8]
    assert {each.json["error"]["param"] for each in found} == {"input"}


def test_a_text_of_too_many_ids_and_too_many_texts(ask_all, model):
    one = ids_of(model, "river")
    bodies = ({"input": each, "model": "vectors"} for each in (one * 900, [one] * 9))
    long, many = ask_all("/v1/embeddings", *bodies, inputs=8)
    assert (long.status, many.status) == (400, 413)
    assert "longer than" in long.json["error"]["message"]


def test_without_the_operators_word_ids_are_refused(ask_all, model):
    for given in (ids_of(model, TEXTS[0]), [ids_of(model, TEXTS[0]), TEXTS[1]]):
        (found,) = ask_all("/v1/embeddings", {"input": given, "model": "vectors"}, token_ids=False)
        assert (found.status, found.json["error"]["param"]) == (400, "input")
        assert "--token-ids" in found.json["error"]["message"]


def test_what_takes_texts_alone(ask_all):
    for path, body in (
        ("/tokenize", {"inputs": [1, 2]}),
        ("/similarity", {"inputs": {"source_sentence": "a", "sentences": [[1]]}}),
    ):
        (found,) = ask_all(path, body)
        assert found.status == 422


def test_ids_with_a_gap_between_them_are_known_one_by_one():
    """Tokens that were added stand where their files say, perhaps far behind all others."""

    class Gap:
        def get_vocab_size(self):
            return 3

        def id_to_token(self, index):
            return {0: "a", 1: "b", 900: "<new>"}.get(index)

    refuse_strange(Gap(), [0, 900], "ids")
    with pytest.raises(Refused, match="2 is none of the 3 token ids"):
        refuse_strange(Gap(), [0, 2], "ids")


def test_ids_of_whole_words():
    class Words:
        def get_vocab(self):
            return {"a": 0, "river": 7}

        def get_vocab_size(self):
            return 2

    refuse_strange(Words(), [7], "ids")
    with pytest.raises(Refused, match="1 is none of"):
        refuse_strange(Words(), [1], "ids")
