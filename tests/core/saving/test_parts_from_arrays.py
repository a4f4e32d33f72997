"""Parts that are made of arrays, words and other parts: what they compute, and what they refuse."""

import numpy as np
import pytest
from drawn import floats
from tokenizers import Tokenizer, models, pre_tokenizers

from isomorph import SentenceTransformer, SparseEncoder, parts
from isomorph.errors import InputError, Unsupported

TABLE = np.random.default_rng(7).normal(size=(4, 6)).astype(np.float32)


@pytest.fixture
def tokenizer():
    words = {"[UNK]": 0, "a": 1, "cat": 2, "dog": 3}
    made = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made


def model(*chain):
    return SentenceTransformer(modules=list(chain), backend="reference")


def test_a_table_of_vectors_and_its_tokenizer(tokenizer, tmp_path):
    made = model(parts.StaticEmbedding(tokenizer, embedding_weights=TABLE))
    np.testing.assert_allclose(made.encode("a cat"), TABLE[[1, 2]].mean(0), rtol=1e-6)
    made.save(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved", backend="reference")
    np.testing.assert_array_equal(again.encode("a dog"), made.encode("a dog"))


def test_the_ways_of_a_router(tokenizer):
    ways = [parts.StaticEmbedding(tokenizer, factor * TABLE) for factor in (1, 2)]
    made = model(parts.Router.for_query_document(ways[:1], ways[1:]))
    query = made.encode_query("a cat")
    np.testing.assert_allclose(made.encode_document("a cat"), 2 * query, rtol=1e-6)
    np.testing.assert_allclose(made.encode("a cat"), 2 * query, rtol=1e-6)


@pytest.mark.parametrize("function", ["torch.nn.modules.activation.ReLU", "ReLU"])
def test_a_layer_with_an_activation_by_its_class_path_or_its_name(tokenizer, function):
    weight = floats(3, 6)
    dense = parts.Dense(6, 3, bias=False, activation_function=function, init_weight=weight)
    found = model(parts.StaticEmbedding(tokenizer, TABLE), dense).encode("a cat")
    np.testing.assert_allclose(found, np.maximum(TABLE[[1, 2]].mean(0) @ weight.T, 0), atol=1e-6)


@pytest.mark.parametrize("narrow", [3, 6])
def test_a_layer_with_a_residual(tokenizer, narrow):
    weight, projection = floats(narrow, 6), 2 * floats(narrow, 6)
    given = {} if narrow == 6 else {"init_residual": projection}
    dense = parts.Dense(
        6,
        narrow,
        bias=False,
        activation_function=None,
        init_weight=weight,
        use_residual=True,
        **given,
    )
    mean = TABLE[[1, 2]].mean(0)
    added = mean if narrow == 6 else mean @ projection.T
    found = model(parts.StaticEmbedding(tokenizer, TABLE), dense).encode("a cat")
    np.testing.assert_allclose(found, mean @ weight.T + added, atol=1e-5)
    assert parts.of(model(parts.StaticEmbedding(tokenizer, TABLE), dense))[1].kind == "dense"


def test_words_of_a_vocabulary():
    made = model(parts.BoW(["cat", "dog"], {"cat": 2.0}))
    assert made.encode("cat cat dog").tolist() == [4, 1]


def test_a_table_of_words(tmp_path):
    (tmp_path / "vectors.txt").write_text("2 2\ncat 1 2\ndog 3 4\nbird 5 6\n", "utf-8")
    words = parts.WhitespaceTokenizer(stop_words=["the"])
    made = parts.WordEmbeddings.from_text_file(tmp_path / "vectors.txt", tokenizer=words)
    assert made.tokenizer.vocab == ["PADDING_TOKEN", "cat", "dog", "bird"]
    found = model(made, parts.Pooling(2)).encode("the cat, the dog")
    np.testing.assert_allclose(found, [2, 3], rtol=1e-6)
    few = parts.WordEmbeddings.from_text_file(
        tmp_path / "vectors.txt", tokenizer=words, max_vocab_size=1
    )
    assert few.embedding_weights.shape == (2, 2)
    phrases = parts.PhraseTokenizer(["a_cat", "dog"], stop_words=())
    both = parts.WordEmbeddings(phrases, [[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(model(both, parts.Pooling(2)).encode("a cat dog"), [2, 3], rtol=1e-6)


def test_weights_of_tokens(tokenizer, tmp_path):
    (tmp_path / "idf.json").write_text('{"cat": 2.5, "dog": 1.5}', "utf-8")
    weighed = parts.SparseStaticEmbedding.from_json(tmp_path / "idf.json", tokenizer)
    made = SparseEncoder(modules=[weighed], backend="reference")
    assert made.encode("a cat").toarray().tolist() == [[0, 0, 2.5, 0]]
    even = SparseEncoder(modules=[parts.SparseStaticEmbedding(tokenizer)], backend="reference")
    assert even.encode("a cat").toarray().tolist() == [[0, 1, 1, 0]]


def test_modes_of_old_flags():
    assert parts.Pooling(8, pooling_mode_cls_token=True).pooling_mode == "cls"
    both = parts.Pooling(8, pooling_mode_cls_token=True, pooling_mode_max_tokens=True)
    assert both.pooling_mode == ("cls", "max")
    assert parts.Pooling(8, "lasttoken", pooling_mode_cls_token=True).pooling_mode == "lasttoken"


@pytest.mark.parametrize(
    ("kind", "old"),
    [
        (parts.Pooling, "word_embedding_dimension"),
        (parts.SpladePooling, "word_embedding_dimension"),
        (parts.WeightedLayerPooling, "word_embedding_dimension"),
    ],
)
def test_the_old_name_of_a_width(kind, old):
    with pytest.warns(DeprecationWarning, match=old):
        assert kind(**{old: 8}).embedding_dimension == 8
    with pytest.raises(InputError, match="two names"):
        kind(embedding_dimension=8, **{old: 8})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: parts.Pooling(8, "median"), "median"),
        (lambda: parts.Pooling(8, []), "empty"),
        (lambda: parts.Transformer("x", transformer_task="cooking"), "cooking"),
        (lambda: parts.Transformer("x", backend="another"), "constructor"),
        (lambda: parts.Transformer("x", query_expansion={"length": 8}), "strategy"),
        (lambda: parts.Transformer("x", query_expansion={"count": 8}), "query_expansion"),
        (
            lambda: parts.Transformer(
                "x", query_length=4, query_expansion={"strategy": "min", "length": 8}
            ),
            "less than",
        ),
        (lambda: parts.Transformer("x", modality_config={"text": {}}), "method"),
        (
            lambda: parts.Transformer(
                "x", modality_config={"text": {"method": "forward", "method_output_name": None}}
            ),
            "module_output_name",
        ),
        (lambda: parts.Transformer("x", processing_kwargs={"text": {"pad": 1}}), "not done"),
        (lambda: parts.WordEmbeddings(object(), [1.0]), "shape"),
        (lambda: parts.WordEmbeddings.from_text_file("x"), "stop_words"),
        (lambda: parts.SparseStaticEmbedding(object(), TABLE), "shape"),
        (lambda: parts.StaticEmbedding(object(), embedding_dim=4), "Random vectors"),
        (lambda: parts.StaticEmbedding(object(), TABLE, embedding_dim=4), "shape"),
        (lambda: parts.CNN(4), "convs.0.weight"),
        (lambda: parts.LSTM(4, 2, weights={"encoder": TABLE}), "none of"),
        (lambda: parts.SparseAutoEncoder(4), "decoder.linear.weight"),
        (lambda: parts.WeightedLayerPooling(4, 6, 2, layer_weights=[1.0]), "layer_weights"),
        (lambda: parts.Dense(4, 3, activation_function=abs), "no name"),
        (
            lambda: parts.Dense(6, 4, False, None, TABLE, init_residual=TABLE),
            "nothing to project",
        ),
        (
            lambda: parts.Dense(6, 3, False, None, np.ones((3, 6)), use_residual=True),
            "init_residual is missing",
        ),
        (lambda: parts.Router({}), "cannot be empty"),
        (
            lambda: parts.Router({"a": [parts.Normalize()]}, default_route="b"),
            "not found in route keys",
        ),
        (lambda: parts.Transformer("x", model_kwargs={"dtype": "float16"}), "constructor"),
    ],
)
def test_what_is_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()


def test_a_distillation_is_no_part():
    with pytest.raises(Unsupported, match="model2vec"):
        parts.StaticEmbedding.from_distillation("model")
