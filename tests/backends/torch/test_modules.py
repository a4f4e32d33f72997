"""Every nn.Module against the reference's kernels."""

import numpy as np
import pytest

from isomorph.plugins.reading import read_model

MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
WIDTH = 32
POOLING = ("Pooling", {"pooling_mode": "mean"}, {})


@pytest.mark.parametrize("include_prompt", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_pooling_agrees_for_any_padding(mode, include_prompt, write_folder, witness, feeds):
    config = {"pooling_mode": mode, "include_prompt": include_prompt}
    witness(write_folder("bert", ("Pooling", config, {})), feeds)


def test_modes_stand_side_by_side_in_the_order_of_the_file(write_folder, witness, feeds):
    folder = write_folder("bert", ("Pooling", {"pooling_mode": list(MODES)}, {}))
    assert witness(folder, feeds)["sentence_embedding"].shape == (4, WIDTH * len(MODES))


def test_without_padding_prompts_are_left_out_all_the_same(write_folder, witness, feeds):
    config = {"pooling_mode": list(MODES), "include_prompt": False}
    whole = {**feeds, "attention_mask": np.ones_like(feeds["attention_mask"])}
    witness(write_folder("bert", ("Pooling", config, {})), whole)


@pytest.mark.parametrize("mode", MODES)
def test_a_row_without_real_tokens_gives_what_its_mode_says(mode, write_folder, open_torch, feeds):
    mask = feeds["attention_mask"].copy()
    mask[1] = 0
    folder = write_folder("bert", ("Pooling", {"pooling_mode": mode}, {}))
    vector = open_torch(folder).forward({**feeds, "attention_mask": mask})["sentence_embedding"]
    if mode == "max":
        assert np.isneginf(vector[1]).all()
    elif mode == "cls":
        assert np.isfinite(vector[1]).all()
    else:
        assert not vector[1].any()
    assert np.isfinite(np.delete(vector, 1, axis=0)).all()


def test_a_prompt_as_long_as_the_text_leaves_an_empty_row(write_folder, witness, feeds):
    modes = [mode for mode in MODES if mode not in ("cls", "max")]  # which have no zero to give
    config = {"pooling_mode": modes, "include_prompt": False}
    long = {**feeds, "prompt_length": np.array([9, 6, 20, 1])}
    vector = witness(write_folder("bert", ("Pooling", config, {})), long)["sentence_embedding"]
    assert not vector.any()


@pytest.mark.parametrize(
    "activation",
    ["Tanh", "ReLU", "Sigmoid", "GELU", "SiLU", "linear.Identity"],
)
@pytest.mark.parametrize("bias", [True, False])
def test_dense_agrees(activation, bias, write_folder, witness, feeds, normal):
    path = f"torch.nn.modules.activation.{activation}"
    path = "torch.nn.modules.linear.Identity" if "." in activation else path
    config = {
        "in_features": WIDTH,
        "out_features": 12,
        "bias": bias,
        "activation_function": path,
    }
    tensors = {"linear.weight": normal(12, WIDTH)} | ({"linear.bias": normal(12)} if bias else {})
    witness(write_folder("bert", POOLING, ("Dense", config, tensors)), feeds)


@pytest.mark.parametrize("out", [12, WIDTH])
def test_dense_with_a_residual_agrees(out, write_folder, witness, feeds, normal):
    config = {"in_features": WIDTH, "out_features": out, "bias": False, "use_residual": True}
    tensors = {"linear.weight": normal(out, WIDTH)}
    if out != WIDTH:
        tensors["residual.weight"] = normal(out, WIDTH)
    witness(write_folder("bert", POOLING, ("Dense", config, tensors)), feeds)


def test_dense_and_normalize_on_token_vectors_agree(write_folder, witness, feeds, normal):
    name = {"module_input_name": "token_embeddings"}
    config = {"in_features": WIDTH, "out_features": 12, "bias": False, **name}
    tensors = {"linear.weight": normal(12, WIDTH)}
    folder = write_folder("bert", ("Dense", config, tensors), ("Normalize", name, {}))
    assert witness(folder, feeds)["token_embeddings"].shape == (4, 9, 12)


def test_layer_norm_dropout_and_normalize_agree_at_every_cut(write_folder, witness, feeds, normal):
    tensors = {"norm.weight": normal(WIDTH) + 1, "norm.bias": normal(WIDTH)}
    folder = write_folder(
        "bert",
        POOLING,
        ("LayerNorm", {"dimension": WIDTH}, tensors),
        ("Dropout", {"dropout": 0.5}, {}),
        ("Normalize", {}, {}),
    )
    model = read_model(folder)
    for depth in range(1, len(model.graph) + 1):
        witness(model.prefix(depth), feeds)


def test_later_modules_run_on_their_own(write_folder, witness, feeds, normal):
    rest = read_model(write_folder("bert", POOLING, ("Normalize", {}, {}))).rest(1)
    witness(rest, {**feeds, "token_embeddings": normal(4, 9, WIDTH)})


def test_weighted_layer_pooling_agrees(write_folder, witness, feeds, bert_weights):
    from transformers import BertModel

    encoder = BertModel.from_pretrained(bert_weights, output_hidden_states=True)
    config = {"embedding_dimension": WIDTH, "layer_start": 1, "num_hidden_layers": 3}
    tensors = {"layer_weights": np.array([0.5, 2, 1], np.float32)}
    folder = write_folder(encoder, ("WeightedLayerPooling", config, tensors), POOLING)
    model = read_model(folder)
    witness(model, feeds)
    layers = witness(model.prefix(1), feeds)["all_layer_embeddings"]
    assert layers.shape == (4, 4, 9, WIDTH)


@pytest.mark.parametrize("name", ["embedding.weight", "embeddings"])
def test_static_embedding_agrees_and_an_empty_text_gives_zeros(name, write_folder, witness, normal):
    folder = write_folder(("StaticEmbedding", {}, {name: normal(20, 8)}), ("Normalize", {}, {}))
    ragged = {"input_ids": np.array([3, 1, 4, 1, 5]), "offsets": np.array([0, 3, 3, 4])}
    vector = witness(folder, ragged)["sentence_embedding"]
    assert not vector[1].any()


def test_static_embedding_of_nothing_but_empty_texts_is_zeros(write_folder, witness, normal):
    folder = write_folder(("StaticEmbedding", {}, {"embeddings": normal(20, 8)}))
    nothing = {"input_ids": np.zeros(0, np.int64), "offsets": np.zeros(2, np.int64)}
    assert not witness(folder, nothing)["sentence_embedding"].any()
