"""Modules that are called on tensors, saved and loaded alone, beside what torch makes of the same tensors."""

import importlib
import json

import numpy as np
import pytest
import torch

from isomorph.errors import Unsupported

from .conftest import MINILM

TEXTS = ["the river carries stones", "a", "two words"]

pytestmark = pytest.mark.usefixtures("tree")


def modules(name="sentence_transformer"):
    return importlib.import_module(f"sentence_transformers.{name}.modules")


def features(dtype=torch.float32):
    torch.manual_seed(0)
    mask = torch.tensor([[1, 1, 1, 0], [0, 1, 1, 1], [1, 0, 0, 0]])
    return {"token_embeddings": torch.randn(3, 4, 6).to(dtype), "attention_mask": mask}


def mean(tokens, mask):
    weights = mask[..., None].to(tokens)
    return (tokens * weights).sum(1) / weights.sum(1)


def test_pooling_is_what_torch_computes():
    given = features()
    tokens, mask = given["token_embeddings"], given["attention_mask"]
    made = modules().Pooling(6, ["mean", "max"])(given)
    assert made is given
    largest = tokens.masked_fill(~mask[..., None].bool(), -torch.inf).amax(1)
    wanted = torch.cat([mean(tokens, mask), largest], 1)
    torch.testing.assert_close(made["sentence_embedding"], wanted)


@pytest.mark.parametrize("mode", ["cls", "max", "mean", "weightedmean", ("lasttoken", "mean")])
@pytest.mark.parametrize("prompt", [0, 1])
def test_texts_one_behind_the_other_are_pooled_as_padded_ones(mode, prompt):
    known = modules()
    assert set(known.Pooling.POOLING_MODES) >= {mode if isinstance(mode, str) else mode[0]}
    padded, mask = torch.randn(2, 4, 6), torch.tensor([[1, 1, 1, 0], [1, 1, 1, 1]])
    given = {"token_embeddings": padded, "attention_mask": mask, "prompt_length": prompt}
    flat = {
        "token_embeddings": padded[mask.bool()][None],
        "cu_seq_lens_q": torch.tensor([0, 3, 7], dtype=torch.int32),
        "prompt_length": prompt,
    }
    pooling = known.Pooling(6, mode, include_prompt=False)
    one, two = pooling(given), pooling(flat)
    assert two is flat
    torch.testing.assert_close(one["sentence_embedding"], two["sentence_embedding"])


def test_the_first_vector_may_come_with_the_features():
    given = {**features(), "cls_token_embeddings": torch.randn(3, 6)}
    made = modules().Pooling(6, ["mean", "cls"])(given)["sentence_embedding"]
    assert torch.equal(made[:, 6:], given["cls_token_embeddings"])
    wanted = mean(given["token_embeddings"], given["attention_mask"])
    torch.testing.assert_close(made[:, :6], wanted)


def test_flags_of_modes_are_the_old_way():
    with pytest.warns(FutureWarning, match="use pooling_mode instead"):
        made = modules().Pooling(6, pooling_mode_cls_token=True, pooling_mode_mean_tokens=True)
    assert made.pooling_mode == ("cls", "mean")
    with pytest.raises(ValueError, match="Invalid pooling mode"):
        modules().Pooling(6, "other")


def test_normalising_what_is_missing_changes_nothing():
    given = {"attention_mask": torch.ones(1, 2)}
    assert modules().Normalize()(given) is given
    assert set(given) == {"attention_mask"}


def test_features_without_a_mask_are_all_tokens():
    tokens = features()["token_embeddings"]
    made = modules().Pooling(6)({"token_embeddings": tokens})
    torch.testing.assert_close(made["sentence_embedding"], tokens.mean(1))


@pytest.mark.parametrize("length", [1, torch.tensor([1, 1, 1])])
def test_a_prompt_is_left_out_where_the_module_says_so(length):
    given = features()
    given["attention_mask"][:] = 1
    tokens = given["token_embeddings"]
    made = modules().Pooling(6, include_prompt=False)({**given, "prompt_length": length})
    torch.testing.assert_close(made["sentence_embedding"], tokens[:, 1:].mean(1))
    whole = modules().Pooling(6, include_prompt=False)(given)
    torch.testing.assert_close(whole["sentence_embedding"], tokens.mean(1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_results_have_the_type_of_what_is_read(dtype):
    vectors = torch.tensor([[3.0, 4.0], [0.0, 0.0]], dtype=dtype)
    made = modules().Normalize()({"sentence_embedding": vectors})["sentence_embedding"]
    wanted = torch.nn.functional.normalize(vectors.float(), dim=-1).to(dtype)
    torch.testing.assert_close(made, wanted)


def test_layers_with_weights():
    layer = torch.nn.Linear(6, 2)
    dense = modules().Dense(
        6, 2, init_weight=layer.weight, init_bias=layer.bias, activation_function=torch.nn.Tanh()
    )
    vectors = torch.randn(5, 6)
    made = dense.forward({"sentence_embedding": vectors})["sentence_embedding"]
    torch.testing.assert_close(made, torch.tanh(layer(vectors)).detach())


def test_what_a_module_reads_and_does_not_get_is_named():
    with pytest.raises(KeyError, match="token_embeddings"):
        modules().Pooling(6)({"attention_mask": torch.ones(1, 2)})


def test_a_module_that_works_behind_the_engine_is_refused():
    masked = modules("multi_vector_encoder").MultiVectorMask()
    with pytest.raises(Unsupported, match="call encode of the model"):
        masked({**features(), "input_ids": torch.ones(3, 4, dtype=torch.int64)})


@pytest.mark.parametrize("backend", ["onnx", "torch", "openvino"])
def test_the_modules_of_a_loaded_model_one_after_the_other(backend):
    model = load(backend)
    passing = model.preprocess(TEXTS)
    for module in model:
        passing = module(passing)
    wanted = torch.from_numpy(model.encode(TEXTS))
    torch.testing.assert_close(passing["sentence_embedding"], wanted, atol=1e-5, rtol=1e-5)


def load(backend):
    package = importlib.import_module("sentence_transformers")
    return package.SentenceTransformer(MINILM, backend=backend)


def test_a_transformer_alone():
    alone = modules().Transformer(MINILM)
    made = alone(alone.preprocess(TEXTS))
    assert made["token_embeddings"].shape[::2] == (3, 384)


@pytest.mark.parametrize(
    "make",
    [
        lambda known: known.Pooling(6, ["cls", "mean"], include_prompt=False),
        lambda known: known.Normalize(),
        lambda known: known.LayerNorm(6, np.arange(6.0), np.ones(6)),
        lambda known: known.Dense(6, 2, bias=False, init_weight=np.ones((2, 6))),
    ],
)
def test_a_module_that_is_saved_and_loaded_computes_the_same(make, tmp_path):
    module = make(modules())
    module.save(str(tmp_path / "deep" / "place"))
    again = type(module).load(str(tmp_path / "deep"), subfolder="place")
    given = {**features(), "sentence_embedding": torch.randn(3, 6), "prompt_length": 1}
    one, two = module(dict(given)), again(dict(given))
    torch.testing.assert_close(one["sentence_embedding"], two["sentence_embedding"], rtol=0, atol=0)


def test_a_transformer_is_loaded_with_the_settings_beside_it(tmp_path):
    modules().Transformer(MINILM, max_seq_length=7).save(str(tmp_path))
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 5}), "utf-8")
    again = modules().Transformer.load(str(tmp_path))
    assert again.max_seq_length == 5
    assert again.preprocess(["word " * 30])["input_ids"].shape == (1, 5)


def test_a_folder_without_settings_is_no_module(tmp_path):
    with pytest.raises(ValueError, match=r"holds no config\.json"):
        modules().Pooling.load(str(tmp_path))
    with pytest.raises(Unsupported, match="load the whole model"):
        modules().WordEmbeddings.load(str(tmp_path))


def test_what_a_router_says_of_itself():
    known = modules()
    branch = [known.Transformer(MINILM), known.Pooling(384)]
    router = known.Router.for_query_document(branch, branch)
    assert router.get_embedding_dimension() == 384
    assert router.tokenizer("a")["input_ids"] == branch[0].tokenizer("a")["input_ids"]
    assert router.sub_modules.query is router.sub_modules["query"]
    with pytest.raises(AttributeError, match="no route 'other'"):
        _ = router.sub_modules.other
    with pytest.raises(ValueError, match="Default route 'other' not found"):
        known.Router({"query": branch}, "other")
    with pytest.raises(ValueError, match="mapping to 'other' which is not in sub_modules"):
        known.Router({"query": branch}, route_mappings={("query", None): "other"})


def test_a_router_leads_features_to_the_modules_of_their_task():
    known, package = modules(), importlib.import_module("sentence_transformers")
    parts = (
        [known.Transformer(MINILM), known.Pooling(384)],
        [
            known.Transformer(MINILM),
            known.Pooling(384, "cls"),
        ],
    )
    router = known.Router.for_query_document(*parts)
    given = router.sub_modules["query"][0].preprocess(TEXTS)
    made = {task: router(dict(given), task=task)["sentence_embedding"] for task in ("query", None)}
    model = package.SentenceTransformer(modules=[router], backend="reference")
    for task, wanted in (("query", model.encode_query), (None, model.encode_document)):
        vectors = torch.from_numpy(wanted(TEXTS))
        torch.testing.assert_close(made[task], vectors, atol=1e-5, rtol=1e-5)
        loaded = model[0](dict(given), task=task)["sentence_embedding"]
        torch.testing.assert_close(loaded, vectors, atol=1e-5, rtol=1e-5)
    with pytest.raises(ValueError, match="no route for task 'other'"):
        router(dict(given), task="other")


def test_features_may_be_arrays():
    tokens = np.ones((1, 2, 6), np.float32)
    made = modules().Pooling(6)({"token_embeddings": tokens, "attention_mask": np.array([[1, 1]])})
    assert made["sentence_embedding"].tolist() == [[1.0] * 6]
