"""Whatever torch and transformers raise about a folder becomes an error that says what is wrong."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph.contract import Device, Options
from isomorph.errors import BackendError, BadModel, InputError, IsomorphError
from isomorph.plugins.reading import read_model
from isomorph_torch.backend import TorchBackend
from isomorph_torch.failures import loading, running

POOLING = ("Pooling", {"pooling_mode": "mean"}, {})
OWN = {"AutoModel": "modeling_own.Own"}


def configured(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return folder


def load(folder, **options):
    model, backend = read_model(folder), TorchBackend()
    session = backend.load(model, backend.claim(model, Device("cpu")), Options(**options))
    session.close()


def test_a_tensor_of_another_shape_is_named(write_folder):
    folder = configured(write_folder("bert", POOLING), max_position_embeddings=20)
    name = "'embeddings.position_embeddings.weight'"
    with pytest.raises(BadModel, match=rf"{name} is stored as \(40, 32\), not \(20, 32\)\.$"):
        load(folder)


def test_shapes_that_the_user_would_have_ignored_are_refused(write_folder):
    folder = configured(write_folder("bert", POOLING), max_position_embeddings=20)
    with pytest.raises(BadModel, match="tensors of other shapes"):
        load(folder, model_kwargs={"ignore_mismatched_sizes": True})


def test_missing_tensors_are_named_beside_those_that_have_no_place(write_folder):
    folder = write_folder("bert", POOLING)
    tensors = load_file(folder / "model.safetensors")
    tensors["other.weight"] = tensors.pop("embeddings.LayerNorm.weight")
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(BadModel, match="would be random numbers") as told:
        load(folder)
    assert "'embeddings.LayerNorm.weight'" in str(told.value)
    assert "'other.weight', for which BertModel has no place" in str(told.value)


@pytest.mark.parametrize("changes", [{"max_position_embeddings": 20}, {"num_hidden_layers": 9}])
def test_code_that_the_folder_names_is_told_of(write_folder, changes):
    folder = configured(write_folder("bert", POOLING), auto_map=OWN, **changes)
    with pytest.raises(
        BadModel, match=r"modeling_own\.Own, which runs with trust_remote_code=True"
    ):
        load(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_size": "x"},
        {"hidden_size": -1},
        {"hidden_size": None},
        {"num_attention_heads": 0},
        {"num_attention_heads": 5},
        {"hidden_act": "no_such"},
        {"hidden_act": 3},
        {"layer_norm_eps": "small"},
        {"vocab_size": [1]},
        {"pad_token_id": 10**6},
        {"dtype": "no_such"},
        {"id2label": 5},
    ],
)
def test_an_odd_configuration(write_folder, changes):
    folder = configured(write_folder("bert", POOLING), **changes)
    with pytest.raises(IsomorphError) as told:
        load(folder)
    assert not isinstance(told.value, InputError)
    assert "above report" not in str(told.value)


def test_an_argument_that_the_class_does_not_take(write_folder):
    with pytest.raises(InputError, match="an argument does not fit"):
        load(write_folder("bert", POOLING), model_kwargs={"no_such_argument": 1})


class PanicException(BaseException):
    """As libraries in Rust raise it."""


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (TypeError("odd"), BadModel),
        (RecursionError("deep"), BadModel),
        (ZeroDivisionError("none"), BadModel),
        (PanicException("gave up"), BadModel),
        (MemoryError("full"), BackendError),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), BackendError),
        (ImportError("No module named 'x'"), BackendError),
    ],
)
def test_what_loading_raises(tmp_path, raised, told):
    with pytest.raises(told, match=str(tmp_path)), loading(tmp_path):
        raise raised


def test_who_interrupts_is_not_answered_with_an_error_of_a_file(tmp_path):
    with pytest.raises(KeyboardInterrupt), loading(tmp_path):
        raise KeyboardInterrupt


def test_what_transformers_only_points_at_is_told(tmp_path):
    report = ["BertModel LOAD REPORT", "some.weight | CONVERSION"]
    with (
        pytest.raises(BadModel, match=r"some\.weight \| CONVERSION"),
        loading(tmp_path, report=report),
    ):
        raise RuntimeError("For details look at the above report!")


@pytest.mark.parametrize("raised", [TypeError, KeyError, AttributeError, RuntimeError])
def test_what_a_forward_raises(raised):
    told = rf"forward pass on cpu: {raised.__name__}"
    with pytest.raises(BackendError, match=told), running(Device("cpu")):
        raise raised("odd")


def test_token_types_of_an_architecture_without_a_family(tmp_path, open_torch):
    from transformers import MegatronBertConfig, MegatronBertForSequenceClassification

    sizes = {"hidden_size": 32, "intermediate_size": 48}
    layers = {"num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 64, "num_labels": 2}
    live = MegatronBertForSequenceClassification(MegatronBertConfig(**sizes, **layers)).eval()
    live.save_pretrained(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    ids = np.array([[1, 5, 6, 7]])
    feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    feeds["token_type_ids"] = np.array([[0, 0, 1, 1]])
    from isomorph.read.plain import read_classifier

    found = open_torch(read_classifier(tmp_path)).forward(feeds)["scores"]
    import torch

    with torch.inference_mode():
        want = live(**{name: torch.from_numpy(array) for name, array in feeds.items()}).logits
    np.testing.assert_allclose(found, want.numpy(), atol=1e-6)
