"""Token pooling on tensors: of one text, of many, padded or not, as a module and in a call."""

import importlib

import numpy as np
import pytest
import torch

import isomorph
from isomorph.errors import Unsupported

from .conftest import MINILM

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def home(tree):
    return importlib.import_module("sentence_transformers.multi_vector_encoder.modules")


@pytest.fixture
def texts():
    torch.manual_seed(0)
    return [torch.nn.functional.normalize(torch.randn(n, 8), dim=-1) for n in (7, 1, 12)]


def padded(texts, side="right"):
    made = torch.zeros(len(texts), max(map(len, texts)), texts[0].shape[1])
    for row, text in zip(made, texts, strict=True):
        (row[: len(text)] if side == "right" else row[len(row) - len(text) :]).copy_(text)
    return made


def test_a_list_of_texts_is_pooled_as_isomorph_pools_it(home, texts):
    made = home.HierarchicalTokenPooling(2.0).pool(texts)
    own = isomorph.HierarchicalTokenPooling(2.0)
    for one, text in zip(made, texts, strict=True):
        np.testing.assert_allclose(one.numpy(), own.pool_one(text.numpy()), atol=1e-6)
    wanted = own.pool([text.numpy() for text in texts])
    assert [each.shape for each in wanted] == [tuple(each.shape) for each in made]


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_tensor_keeps_its_side(home, texts, side):
    pooling = home.HierarchicalTokenPooling(2.0)
    made = pooling.pool(padded(texts, side), padding_side=side)
    torch.testing.assert_close(made, padded(pooling.pool(texts), side))
    own = isomorph.HierarchicalTokenPooling(2.0)
    np.testing.assert_allclose(
        own.pool(padded(texts, side).numpy(), padding_side=side), made, atol=1e-6
    )


def test_a_mask_says_which_tokens_there_are(home, texts):
    whole = padded(texts)
    mask = torch.tensor([[i < len(text) for i in range(12)] for text in texts])
    whole[~mask] = 5.0
    pooling = home.HierarchicalTokenPooling(2.0)
    made = pooling.pool(whole, attention_mask=mask)
    torch.testing.assert_close(made, padded(pooling.pool(texts)))


def test_texts_of_another_task_stay(home, texts):
    pooling = home.HierarchicalTokenPooling(2.0)
    assert pooling.pool(texts, task="query") is texts
    both = home.HierarchicalTokenPooling(2.0, tasks=["query", "document"])
    assert len(both.pool(texts, task="query")[2]) < 12


def test_nothing_and_other_shapes(home, texts):
    pooling = home.HierarchicalTokenPooling(2.0)
    assert pooling.pool([]) == []
    assert pooling.pool(torch.zeros(0, 5, 8)).shape == (0, 0, 8)
    for wrong, told in ((texts[0], "3D"), ([texts[0][0]], "2D"), ("text", "list of 2D")):
        with pytest.raises(ValueError, match=told):
            pooling.pool(wrong)
    with pytest.raises(ValueError, match="'left' or 'right'"):
        pooling.pool(padded(texts), padding_side="up")
    with pytest.raises(ValueError, match="pool_factor must be >= 1"):
        home.HierarchicalTokenPooling(0)


def test_as_a_module_it_pads_anew(home, texts):
    mask = torch.tensor([[i < len(text) for i in range(12)] for text in texts])
    pooling = home.HierarchicalTokenPooling(2.0)
    made = pooling({"token_embeddings": padded(texts), "attention_mask": mask}, task="document")
    torch.testing.assert_close(made["token_embeddings"], padded(pooling.pool(texts)))
    assert made["attention_mask"].sum(1).tolist() == [len(each) for each in pooling.pool(texts)]
    same = {"token_embeddings": padded(texts), "attention_mask": mask}
    assert pooling(same, task="query")["token_embeddings"] is same["token_embeddings"]


class TestInACall:
    @pytest.fixture
    def model(self, home):
        kind = importlib.import_module("sentence_transformers").MultiVectorEncoder
        base = importlib.import_module("sentence_transformers.base.modules")
        parts = [base.Transformer(MINILM), home.MultiVectorMask(), base.Normalize(
            module_input_name="token_embeddings"
        )]  # fmt: skip
        return kind(modules=parts)

    def test_a_pooling_of_ones_own_gets_tensors(self, home, model):
        class First(home.BaseTokenPooling):
            def pool_one(self, embedding, **kwargs):
                assert isinstance(embedding, torch.Tensor)
                return embedding[:1]

        (made,) = model.encode_document(["three words here"], token_pooling=First())
        assert made.shape == (1, 384)
        asked = home.LambdaTokenPooling(lambda rows: rows.mean(dim=0, keepdim=True), tasks="query")
        assert model.encode_query(["three words"], token_pooling=asked)[0].shape == (1, 384)
        assert len(model.encode_document(["three words"], token_pooling=asked)[0]) > 1

    def test_a_pooling_in_the_chain(self, home, model):
        text = ["a text of many words that become fewer vectors"]
        chain = [*model, home.HierarchicalTokenPooling(2.0)]
        kind = importlib.import_module("sentence_transformers").MultiVectorEncoder
        pooled = kind(modules=chain)
        plain = model.encode_document(text)
        wanted = home.HierarchicalTokenPooling(2.0).pool(plain)
        torch.testing.assert_close(pooled.encode_document(text)[0], wanted[0], atol=1e-5, rtol=1e-5)
        last = pooled[-1]
        assert isinstance(last, home.BaseTokenPooling)
        made = last(
            {"token_embeddings": plain[0][None], "attention_mask": torch.ones(1, len(plain[0]))}
        )
        torch.testing.assert_close(made["token_embeddings"][0], wanted[0], atol=1e-5, rtol=1e-5)

    def test_a_function_cannot_be_saved(self, home, tmp_path):
        with pytest.raises(Unsupported, match="lives in the program"):
            home.LambdaTokenPooling(lambda rows: rows).save(str(tmp_path))
