"""Encoders: those that core describes, against the reference; others, against transformers."""

import numpy as np
import pytest

from isomorph.errors import BadModel, InputError
from isomorph.plugins.reading import read_model

POOLING = ("Pooling", {"pooling_mode": "mean"}, {})
SMALL = {
    "vocab_size": 64,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}


def random_model(name, **settings):
    import torch
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(**settings)
    return getattr(transformers, f"{name}Model")(config).eval()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("Roberta", SMALL),
        ("DistilBert", {"vocab_size": 64, "dim": 32, "n_heads": 4, "hidden_dim": 48}),
    ],
)
def test_described_families_agree_with_the_reference(name, settings, write_folder, witness, feeds):
    ids = np.where(feeds["attention_mask"] > 0, np.maximum(feeds["input_ids"], 3), 1)
    folder = write_folder(random_model(name, **settings), POOLING)
    witness(folder, {**feeds, "input_ids": ids})


@pytest.mark.parametrize(
    ("name", "settings", "attention"),
    [
        ("MPNet", SMALL, None),
        ("Electra", {**SMALL, "embedding_size": 16}, "sdpa"),
        ("Qwen3", {**SMALL, "num_key_value_heads": 2, "head_dim": 8}, "sdpa"),
        ("T5Encoder", {"vocab_size": 64, "d_model": 32, "d_kv": 8, "num_layers": 2}, None),
    ],
)
def test_any_architecture_of_transformers_runs(
    name, settings, attention, write_folder, open_torch, feeds
):
    import torch
    import transformers

    if name == "T5Encoder":
        torch.manual_seed(0)
        config = transformers.T5Config(**settings, num_heads=4, d_ff=48)
        encoder = transformers.T5EncoderModel(config).eval()
    else:
        encoder = random_model(name, **settings)
    folder = write_folder(encoder)
    session = open_torch(folder)
    names = read_model(folder).graph.inputs  # with token types where the family reads them
    with torch.inference_mode():
        states = encoder(**{name: torch.tensor(feeds[name]) for name in names}).last_hidden_state
    actual = session.forward(feeds)["token_embeddings"]
    real = feeds["attention_mask"] > 0
    np.testing.assert_allclose(actual[real], states.numpy()[real], rtol=1e-5, atol=1e-5)
    if attention:
        assert session.effective.provider.split(", ")[0] == attention


def test_model_arguments_win_over_the_choice_of_attention(write_folder, open_torch, feeds):
    folder = write_folder("bert", POOLING)
    eager = open_torch(folder, model_kwargs={"attn_implementation": "eager"})
    assert eager.effective.provider.split(", ")[0] == "eager"
    expected = open_torch(folder).forward(feeds)["sentence_embedding"]
    actual = eager.forward(feeds)["sentence_embedding"]
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_a_wrong_model_argument_is_an_input_error(write_folder, open_torch):
    with pytest.raises(InputError, match="colour"):
        open_torch(write_folder("bert"), model_kwargs={"colour": "blue"})


def test_weights_that_are_missing_are_refused_and_not_drawn_at_random(write_folder, open_torch):
    from safetensors.numpy import load_file, save_file

    folder = write_folder("bert", POOLING)
    tensors = load_file(folder / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(BadModel, match=r"layer\.1\.output\.dense\.weight"):
        open_torch(folder)


def test_weights_of_another_shape_are_refused(write_folder, open_torch):
    folder = write_folder("bert", POOLING)
    config = folder / "config.json"
    config.write_text(
        config.read_text().replace('"intermediate_size": 48', '"intermediate_size": 64')
    )
    with pytest.raises(BadModel):
        open_torch(folder)
