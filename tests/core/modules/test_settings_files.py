"""A module is what its settings file says: without the file, or with other values, there is no module."""

from __future__ import annotations

import json
import shutil

import pytest
from safetensors.numpy import load_file, save_file

from isomorph import SentenceTransformer
from isomorph.errors import BadModel
from isomorph.plugins.reading import read_model
from isomorph.program.examine import examine
from isomorph.testing import models

NEEDED = [
    # tiny model, folder of the module, its file
    ("pool-cls", "1_Pooling", "config.json"),
    ("dense-tanh", "2_Dense", "config.json"),
    ("layer-norm", "2_LayerNorm", "config.json"),
    ("weighted-layers", "1_WeightedLayerPooling", "config.json"),
    ("splade", "1_SpladePooling", "config.json"),
    ("lexical-weights", "1_LexicalWeights", "config.json"),
    ("auto-encoder", "2_SparseAutoEncoder", "config.json"),
    ("logit-score", "1_LogitScore", "config.json"),
    ("late-interaction", "2_MultiVectorMask", "config.json"),
    ("late-interaction", "4_HierarchicalTokenPooling", "config.json"),
    ("cnn", "1_CNN", "cnn_config.json"),
    ("lstm", "1_LSTM", "lstm_config.json"),
    ("bow", "0_BoW", "config.json"),
    ("words-weighted", "1_WordWeights", "config.json"),
    ("words", "0_WordEmbeddings", "wordembedding_config.json"),
    ("bert", "", "config.json"),
]


@pytest.mark.parametrize("lost", ["the file", "what it holds", "the folder"])
@pytest.mark.parametrize(("name", "place", "file"), NEEDED)
def test_a_module_without_its_settings_is_refused_by_name(tmp_path, name, place, file, lost):
    folder = models.write(name, tmp_path / "model")
    path = folder / place / file
    if lost == "the file":
        path.unlink()
    elif lost == "what it holds":
        path.write_text("{}")
    elif place:
        shutil.rmtree(folder / place)
    else:
        pytest.skip("the root of a model is not lost")
    with pytest.raises(BadModel, match=rf"{path.name}.*download or copy it again"):
        read_model(folder)


@pytest.mark.parametrize(
    ("name", "place"), [("normalize", "2_Normalize"), ("dropout", "2_Dropout")]
)
def test_a_module_that_is_whole_without_settings_needs_no_folder(tmp_path, name, place):
    folder = models.write(name, tmp_path / "model")
    there = SentenceTransformer(folder, backend="reference").encode("the river")
    shutil.rmtree(folder / place, ignore_errors=True)
    assert (SentenceTransformer(folder, backend="reference").encode("the river") == there).all()


@pytest.fixture
def settings(tmp_path):
    """Writes the settings of one module of a tiny model and reads that model."""

    def read(name, file, remove=(), **changes):
        folder = models.write(name, tmp_path / "model")
        content = json.loads((folder / file).read_text())
        kept = {key: value for key, value in content.items() if key not in remove}
        (folder / file).write_text(json.dumps({"note": "kept", **kept, **changes}))
        return read_model(folder)

    return read


WRONG = [
    (
        "pool-cls",
        "1_Pooling/config.json",
        "pooling_mode",
        [5, None, [], [["cls"]], "near", ["mean"] * 10**5],
    ),
    ("pool-flags", "1_Pooling/config.json", "pooling_mode_cls_token", ["yes", 1, None]),
    ("pool-cls", "1_Pooling/config.json", "include_prompt", ["no", 0, None]),
    ("pool-cls", "1_Pooling/config.json", "embedding_dimension", [0, -1, True, "32", 2.5, 10**9]),
    ("dense-tanh", "2_Dense/config.json", "in_features", [None, 0, -3, True, "32", 32.0, 10**9]),
    ("dense-tanh", "2_Dense/config.json", "out_features", [None, 33, 10**9]),
    ("dense-tanh", "2_Dense/config.json", "bias", [1, "true", None]),
    ("late-interaction", "2_MultiVectorMask/config.json", "skiplist_words", [["\ud800"], [5], "."]),
    ("dense-tanh", "2_Dense/config.json", "activation_function", [5, None, ["torch.nn.Tanh"]]),
    ("dense-tanh", "2_Dense/config.json", "module_input_name", [5, ["sentence_embedding"]]),
    ("layer-norm", "2_LayerNorm/config.json", "dimension", [None, 0, "32", 31, 10**9]),
    ("weighted-layers", "1_WeightedLayerPooling/config.json", "layer_start", [-1, 3, True, 10**9]),
    (
        "weighted-layers",
        "1_WeightedLayerPooling/config.json",
        "num_hidden_layers",
        [0, "2", 2, 10**9],
    ),
    ("splade", "1_SpladePooling/config.json", "pooling_strategy", ["mean", None, 5, ["max"]]),
    ("lexical-weights", "1_LexicalWeights/config.json", "tokens", [0, "5", None, 10**9]),
    ("lexical-weights", "1_LexicalWeights/config.json", "skipped_token_ids", [3, [-1], None]),
    ("auto-encoder", "2_SparseAutoEncoder/config.json", "k", [0, -1, True, "8", None, 10**9]),
    ("auto-encoder", "2_SparseAutoEncoder/config.json", "input_dim", [None, 31, 10**9]),
    (
        "logit-score",
        "1_LogitScore/config.json",
        "true_token_id",
        [None, -1, True, "5", 10**6, 10**12],
    ),
    ("late-interaction", "2_MultiVectorMask/config.json", "skiplist_words", ["word", [5], 7]),
    (
        "late-interaction",
        "2_MultiVectorMask/config.json",
        "keep_only_token_ids",
        ["5", [True], [-1]],
    ),
    (
        "cnn",
        "1_CNN/cnn_config.json",
        "kernel_sizes",
        [[], 3, ["3"], [0], [-1], [3] * 10**5, [10**9]],
    ),
    ("cnn", "1_CNN/cnn_config.json", "out_channels", [0, None, "8", 10**9]),
    ("lstm", "1_LSTM/lstm_config.json", "num_layers", [0, -1, True, 7, 10**9]),
    ("lstm", "1_LSTM/lstm_config.json", "hidden_dim", [None, "16", 17, 10**9]),
    ("bow", "0_BoW/config.json", "vocab", [None, [], "words", [1, 2], {"a": 1}]),
    (
        "bow",
        "0_BoW/config.json",
        "word_weights",
        [None, [1.0], {"river": "heavy"}, {"river": None}],
    ),
    ("words", "0_WordEmbeddings/wordembedding_config.json", "tokenizer_class", [None, 5, ["a"]]),
    (
        "words",
        "0_WordEmbeddings/wordembedding_config.json",
        "max_seq_length",
        [0, -5, "9", True, float("nan")],
    ),
    ("bert", "sentence_bert_config.json", "max_seq_length", [-1, "64", True, 1.5, [64]]),
    ("bert", "sentence_bert_config.json", "do_lower_case", ["no", 1]),
    ("bert", "sentence_bert_config.json", "transformer_task", [None, 5, ["fill-mask"]]),
    ("bert", "sentence_bert_config.json", "modality_config", ["text", {"text": "forward"}]),
    ("bert", "tokenizer_config.json", "model_max_length", ["512", True, -1, float("nan"), [1]]),
    ("bert", "tokenizer_config.json", "truncation_side", ["middle", 5, None]),
    ("bert", "tokenizer_config.json", "mask_token", [5, ["[MASK]"]]),
    ("bert", "config_sentence_transformers.json", "truncate_dim", [0, -1, "16", True, 2.5]),
    ("bert", "config_sentence_transformers.json", "similarity_fn_name", [5, ["cosine"]]),
    ("bert", "config_sentence_transformers.json", "default_prompt_name", [5, {}]),
]


@pytest.mark.parametrize(
    ("name", "file", "key", "value"),
    [(name, file, key, value) for name, file, key, values in WRONG for value in values],
    ids=lambda value: str(value)[:40],
)
def test_a_value_of_another_kind_is_refused_with_its_key(tmp_path, name, file, key, value):
    folder = models.write(name, tmp_path / "model")
    path = folder / file
    content = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({**content, key: value}))
    with pytest.raises(BadModel) as refusal:
        examine(read_model(folder))
    assert len(str(refusal.value)) < 1000


@pytest.mark.parametrize(
    ("name", "file", "key"),
    [
        ("pool-cls", "1_Pooling/config.json", "pooling_mode"),
        ("dense-tanh", "2_Dense/config.json", "in_features"),
        ("dense-tanh", "2_Dense/config.json", "out_features"),
        ("layer-norm", "2_LayerNorm/config.json", "dimension"),
        ("auto-encoder", "2_SparseAutoEncoder/config.json", "input_dim"),
        ("logit-score", "1_LogitScore/config.json", "true_token_id"),
        ("cnn", "1_CNN/cnn_config.json", "in_word_embedding_dimension"),
        ("lstm", "1_LSTM/lstm_config.json", "word_embedding_dimension"),
        ("lstm", "1_LSTM/lstm_config.json", "hidden_dim"),
        ("bow", "0_BoW/config.json", "vocab"),
        ("words-weighted", "1_WordWeights/config.json", "vocab"),
        ("words", "0_WordEmbeddings/wordembedding_config.json", "tokenizer_class"),
    ],
)
def test_a_key_that_a_module_needs_is_named_where_it_is_not_set(settings, name, file, key):
    with pytest.raises(BadModel, match=f"does not set .*{key.replace('word_', '')}"):
        settings(name, file, remove=(key,))


@pytest.mark.parametrize(
    ("name", "file", "keys"),
    [
        ("pool-cls", "1_Pooling/config.json", ("include_prompt", "embedding_dimension")),
        ("dense-tanh", "2_Dense/config.json", ("bias", "activation_function")),
        ("splade", "1_SpladePooling/config.json", ("pooling_strategy",)),
        ("cnn", "1_CNN/cnn_config.json", ("stride_sizes",)),
        ("lstm", "1_LSTM/lstm_config.json", ("dropout",)),
        (
            "words",
            "0_WordEmbeddings/wordembedding_config.json",
            ("update_embeddings", "max_seq_length"),
        ),
    ],
)
def test_a_key_with_a_default_may_be_left_out(settings, name, file, keys):
    assert settings(name, file, remove=keys).graph.modules


@pytest.mark.parametrize("change", [{"use_residual": False}, {"use_residual": None}])
def test_a_stored_projection_that_no_setting_uses_is_refused(tmp_path, change):
    folder = models.write("dense-projected-residual", tmp_path)
    file = folder / "2_Dense" / "config.json"
    content = {**json.loads(file.read_text("utf-8")), **change}
    file.write_text(json.dumps({k: v for k, v in content.items() if v is not None}), "utf-8")
    with pytest.raises(BadModel, match="does not use"):
        read_model(folder)


def test_flags_that_are_all_false_are_the_mean_and_are_told(settings):
    flags = {"pooling_mode_cls_token": False, "pooling_mode_max_tokens": False}
    with pytest.warns(UserWarning, match="every mode to false"):
        model = settings("pool-cls", "1_Pooling/config.json", remove=("pooling_mode",), **flags)
    assert model.graph.modules[1].config["modes"] == ("mean",)


@pytest.mark.parametrize(
    ("name", "file", "changes", "said"),
    [
        (
            "dense-tanh",
            "2_Dense/config.json",
            {"module_input_name": "attention_mask"},
            "attention_mask",
        ),
        ("dense-tanh", "2_Dense/config.json", {"module_output_name": "input_ids"}, "is an input"),
        ("dense-tanh", "2_Dense/config.json", {"module_input_name": "scores"}, "no module before"),
        (
            "dense-tanh",
            "2_Dense/config.json",
            {"module_input_name": "token_embeddings", "module_output_name": "sentence_embedding"},
            "with 3 axes",
        ),
        (
            "dense-on-tokens",
            "1_Dense/config.json",
            {"module_output_name": "sentence_embedding"},
            "axes",
        ),
        ("weighted-layers", "config.json", {"num_hidden_layers": 2}, "encoder before it has 2"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*fewer layers")
def test_modules_that_do_not_fit_each_other_are_refused_before_any_forward(
    settings, name, file, changes, said
):
    with pytest.raises(BadModel, match=said):
        examine(settings(name, file, **changes))


def test_a_dense_for_vectors_of_another_width(backend, tmp_path):
    """Its settings and its weights agree, and the encoder before it is another one."""
    folder = models.write("dense-tanh", tmp_path / "model")
    weights = load_file(folder / "2_Dense" / "model.safetensors")
    narrow = {
        "linear.weight": weights["linear.weight"][:, :30].copy(),
        "linear.bias": weights["linear.bias"],
    }
    save_file(narrow, folder / "2_Dense" / "model.safetensors")
    config = json.loads((folder / "2_Dense" / "config.json").read_text())
    (folder / "2_Dense" / "config.json").write_text(json.dumps({**config, "in_features": 30}))
    said = r"Module '2' \(dense\).*do not fit each other: 32 features, and 30 are read"
    with pytest.raises(BadModel, match=said):
        SentenceTransformer(folder, backend=backend)
