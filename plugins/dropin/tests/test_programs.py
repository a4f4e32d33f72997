"""What programs for sentence-transformers do with models beside calling them."""

import copy
import pickle
from importlib import import_module
from inspect import signature

import numpy as np
import pytest
import torch

import isomorph_dropin
from isomorph.errors import InputError, Unsupported

from .conftest import MINILM

TEXTS = ["One text.", "Another text, which is longer."]


@pytest.fixture(scope="module")
def model(library):
    return library.SentenceTransformer(str(MINILM), backend="reference")


def _own(library):
    """A program's class, at the place in its module where pickle looks for it."""

    class Own(library.SentenceTransformer):
        def __init__(self, *places, extra=1, **named):
            super().__init__(*places, **named)
            self.extra = extra

    Own.__qualname__ = "Own"
    globals()["Own"] = Own
    return Own


def test_a_programs_own_class_is_copied_and_pickled_with_what_it_holds(library):
    own = _own(library)(str(MINILM), extra=3, backend="reference")
    for again in (copy.deepcopy(own), pickle.loads(pickle.dumps(own))):
        assert type(again) is type(own)
        assert again.extra == 3
        np.testing.assert_array_equal(again.encode(TEXTS), own.encode(TEXTS))


@pytest.mark.parametrize("name", ["preprocess", "forward", "__call__"])
def test_a_method_that_an_engine_would_pass_over_is_refused(library, model, name):
    def inner(self, *places, **named):
        return getattr(library.SentenceTransformer, name)(self, *places, **named)

    kind = type("Inner", (library.SentenceTransformer,), {name: inner})
    own = kind(str(MINILM), backend="reference")
    with pytest.raises(Unsupported, match=rf"Inner has a {name}\(\) of its own"):
        own.encode(TEXTS)
    features = own(own.preprocess(TEXTS))
    np.testing.assert_allclose(features["sentence_embedding"], model.encode(TEXTS), atol=1e-6)


def test_a_forward_that_is_put_on_a_model_is_refused(library):
    model = library.SentenceTransformer(str(MINILM), backend="reference")
    model.forward = lambda features: features
    with pytest.raises(Unsupported, match="has a forward"):
        model.encode(TEXTS)


def test_a_program_that_overrides_forward_gets_it_by_a_call(library):
    class Doubled(library.SentenceTransformer):
        def forward(self, features, **named):
            found = super().forward(features, **named)
            return {**found, "sentence_embedding": 2 * found["sentence_embedding"]}

    model = Doubled(str(MINILM), backend="reference")
    found = model(model.preprocess(TEXTS))["sentence_embedding"]
    assert torch.linalg.norm(found, dim=1).tolist() == pytest.approx([2, 2])


def test_modules_by_hand_say_what_the_next_one_is_made_with(library):
    models = import_module("sentence_transformers.models")
    words = models.Transformer(str(MINILM), max_seq_length=32, cache_dir=None)
    assert words.get_word_embedding_dimension() == words.config.hidden_size == 384
    assert words.auto_model.config.hidden_size == words.model.config.hidden_size == 384
    assert words.tokenizer.pad_token == "[PAD]"
    assert models.Transformer(str(MINILM)).max_seq_length == 512
    with pytest.warns(FutureWarning, match="use pooling_mode instead"):
        pooling = models.Pooling(
            words.get_word_embedding_dimension(),
            pooling_mode_mean_tokens=True,
            pooling_mode_max_tokens=True,
        )
    assert pooling.get_sentence_embedding_dimension() == pooling.pooling_output_dimension == 768
    assert pooling.get_config_dict()["embedding_dimension"] == 384
    dense = models.Dense(768, 2, init_weight=np.eye(2, 768), init_bias=np.zeros(2))
    assert dense.get_embedding_dimension() == 2
    model = library.SentenceTransformer(modules=[words, pooling, dense], backend="reference")
    assert model.max_seq_length == 32
    assert model.encode(TEXTS).shape == (2, 2)
    assert model[1].get_sentence_embedding_dimension() == 768


def test_where_texts_are_cut_can_be_set_on_a_module_by_hand(library):
    models = import_module("sentence_transformers.models")
    words = models.Transformer(str(MINILM))
    words.max_seq_length = 5
    again = pickle.loads(pickle.dumps(copy.deepcopy(words)))
    assert again.max_seq_length == 5
    assert isinstance(again, models.Transformer)
    model = library.SentenceTransformer(modules=[again, models.Pooling(384)], backend="reference")
    assert model.max_seq_length == 5
    with pytest.raises(InputError, match="transformer_task cannot be set"):
        words.transformer_task = "fill-mask"
    with pytest.raises(InputError, match="cache_folder"):
        models.Transformer(str(MINILM), cache_dir="/somewhere")


def test_what_is_set_on_a_loaded_module_counts_or_is_refused(library):
    model = library.SentenceTransformer(str(MINILM), backend="reference")
    model[0].max_seq_length = 5
    assert model.max_seq_length == 5
    assert len(model.encode("a b c d e f", output_value="token_embeddings")) == 5
    for name, value in {"pooling_mode": "cls", "forward": print, "include_prompt": False}.items():
        with pytest.raises(InputError, match=f"{name} of a Pooling of a loaded model"):
            setattr(model[1], name, value)
    with pytest.raises(InputError, match="The tokenizer belongs to the files"):
        model[0].tokenizer = model.tokenizer
    with pytest.raises(AttributeError, match="no module of torch"):
        model[1].register_forward_hook(print)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_vectors_are_of_the_type_that_a_model_computes_in(library, dtype):
    model = library.SentenceTransformer(str(MINILM), model_kwargs={"torch_dtype": dtype})
    assert model.dtype is dtype
    array = {torch.float16: np.float16, torch.bfloat16: np.float32}[dtype]
    assert model.encode(TEXTS).dtype == array
    assert model.encode(TEXTS, convert_to_tensor=True).dtype is dtype
    assert {each.dtype for each in model.encode(TEXTS, output_value="token_embeddings")} == {dtype}
    assert model.encode(TEXTS, precision="ubinary").dtype == np.uint8
    cast = library.SentenceTransformer(str(MINILM)).to(dtype)
    assert cast.dtype is dtype
    assert cast.encode(TEXTS).dtype == array


def test_a_size_of_chunks_counts_for_nothing_without_workers(model):
    np.testing.assert_array_equal(model.encode(TEXTS, chunk_size=1), model.encode(TEXTS))


def test_a_loaded_chain_says_that_it_does_not_change(model, library):
    models = import_module("sentence_transformers.models")
    with pytest.raises(Unsupported, match="a loaded chain does not change"):
        model[1] = models.Pooling(384, "cls")
    with pytest.raises(Unsupported, match="a loaded chain does not change"):
        del model[-1]
    assert model.backend == model.get_backend() == "reference"
    assert library.__MODEL_HUB_ORGANIZATION__ == "sentence-transformers"


def test_features_of_texts_go_to_a_device_as_those_of_a_tokenizer(model):
    features = model.tokenize(TEXTS).to("cpu")
    assert features.input_ids.shape == features["attention_mask"].shape == (2, 9)
    assert model[0].tokenize(TEXTS).to("cpu").keys() == features.keys()
    assert model(features)["sentence_embedding"].shape == (2, 384)


def test_ways_of_torch_count_for_nothing_on_an_engine_that_has_others(library, model):
    ways = {
        "attn_implementation": "sdpa",
        "low_cpu_mem_usage": True,
        "device_map": "auto",
        "add_pooling_layer": False,
    }
    isomorph_dropin.install("reference")
    try:
        same = library.SentenceTransformer(str(MINILM), model_kwargs=ways)
        np.testing.assert_array_equal(same.encode(TEXTS), model.encode(TEXTS))
        for other in ({"no_such": 1}, {"device_map": "cuda:1"}):
            with pytest.raises(Unsupported, match=next(iter(other))):
                library.SentenceTransformer(str(MINILM), model_kwargs={**ways, **other})
    finally:
        isomorph_dropin.install("torch")


def test_evaluators_are_made_of_examples(library):
    evaluation = import_module("sentence_transformers.evaluation")
    scoring = import_module("sentence_transformers.cross_encoder.evaluation")
    pairs = [library.InputExample(texts=[a, b], label=n) for n, (a, b) in enumerate(["ab", "cd"])]
    triplets = [library.InputExample(texts=list("abc"))]
    similar = evaluation.EmbeddingSimilarityEvaluator.from_input_examples(pairs, name="x")
    assert (list(similar.sentences1), list(similar.scores)) == (["a", "c"], [0, 1])
    assert isinstance(similar, evaluation.EmbeddingSimilarityEvaluator)
    three = evaluation.TripletEvaluator.from_input_examples(triplets)
    assert (three.anchors, three.negatives) == (["a"], ["c"])
    scored = scoring.CECorrelationEvaluator.from_input_examples(pairs)
    assert isinstance(scored, scoring.CrossEncoderCorrelationEvaluator)
    assert isinstance(similar, evaluation.SentenceEvaluator)


def test_a_method_that_an_evaluator_would_pass_over_is_refused():
    evaluation = import_module("sentence_transformers.evaluation")

    class Own(evaluation.TripletEvaluator):
        def __call__(self, model, *places, **named):
            return {"own": 1.0}

    assert Own(["a"], ["b"], ["c"])(None) == {"own": 1.0}
    with pytest.raises(Unsupported, match=r"Embedded has its own embed_inputs\(\)"):
        type("Embedded", (evaluation.TripletEvaluator,), {"embed_inputs": lambda self: None})


def test_fields_of_a_card_can_be_set_by_methods(library):
    data = library.SentenceTransformerModelCardData()
    data.set_model_id("owner/name")
    data.set_language("en")
    data.set_license("mit")
    assert (data.model_id, data.language, data.license) == ("owner/name", ["en"], "mit")


def test_signatures_name_what_programs_keep_of_their_settings(library, model):
    made = signature(library.SentenceTransformer.__init__).parameters
    assert {"device", "truncate_dim", "model_kwargs", "trust_remote_code"} <= set(made)
    assert {"max_length", "num_labels"} <= set(signature(library.CrossEncoder).parameters)
    calls = library.SentenceTransformer
    assert list(signature(calls.encode_query).parameters) == list(
        signature(calls.encode).parameters
    )
    assert "max_active_dims" in signature(library.SparseEncoder.encode_document).parameters
    by_place = model.encode_query(TEXTS, None, "say: ", 1)
    np.testing.assert_allclose(by_place, model.encode(TEXTS, prompt="say: "), atol=1e-6)
    with pytest.raises(TypeError, match="prompt is given by place and by name"):
        model.encode_document(TEXTS, None, "say: ", prompt="x")
    with pytest.raises(TypeError, match="by place, not 40"):
        model.encode_document(TEXTS, *[None] * 40)
