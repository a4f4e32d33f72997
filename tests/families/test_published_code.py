"""Files whose code is not part of transformers, judged by that code's formulas."""

import numpy as np
import pytest

pytest.importorskip("transformers")

from families import published_jina, tiny
from families.cases import MODERN, SIZES, rope
from families.running import check
from safetensors.numpy import load_file, save_file

from isomorph.encoders import describe
from isomorph.encoders.published import transformers_misreads
from isomorph.errors import Unsupported

JINA = {
    "model_type": "bert",
    **SIZES,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "position_embedding_type": "alibi",
    "feed_forward_type": "geglu",
}
JINAS = {
    "five heads": JINA,
    "two heads": {**JINA, "num_attention_heads": 2, "layer_norm_eps": 1e-3},
    "relu": {
        **JINA,
        "num_attention_heads": 3,
        "feed_forward_type": "reglu",
        "num_hidden_layers": 1,
    },
}


def draw(shapes, seed=0):
    """Strong random weights."""
    generator = np.random.default_rng(seed)
    drawn = {}
    for name, shape in shapes.items():
        if "_embeddings" in name:
            value = generator.normal(0, 0.5, shape)
        elif len(shape) == 2:
            value = generator.normal(0, 1.3 / shape[1] ** 0.5, shape)
        elif name.endswith("bias"):
            value = generator.uniform(-0.1, 0.1, shape)
        else:
            value = generator.uniform(0.8, 1.2, shape)
        drawn[name] = value.astype(np.float32)
    return drawn


def written(folder, config, tensors, prefix=""):
    """A folder with these weights and this configuration."""
    named = {prefix + key: tensor for key, tensor in tensors.items()}
    save_file(named, folder / "model.safetensors", {"format": "pt"})
    tiny.write_chain(folder, config)
    return folder


@pytest.mark.parametrize("name", JINAS)
def test_bert_with_falling_scores_and_gates_is_what_its_published_code_computes(
    name, backend_name, tmp_path
):
    """Texts are longer than the table of positions would be, if there were one."""
    config = JINAS[name]
    tensors = draw(published_jina.shapes(config))
    written(tmp_path, config, tensors, "bert." if name == "relu" else "")
    feeds = tiny.ragged(config["vocab_size"], 70, types=2)
    expected = tiny.pooled(published_jina.states(config, tensors, feeds), feeds)
    check(backend_name, tmp_path, [feeds], [expected], known=False)


@pytest.mark.parametrize("prefix", ["", "roberta."])
def test_xlm_roberta_with_rotary_positions_is_the_class_that_transformers_has_for_it(
    prefix, backend_name, tmp_path
):
    """The published options, in front of the tensors that transformers writes for its own form."""
    model = tiny.make("JinaEmbeddingsV3", {**MODERN, "pad_token_id": 1, **rope(300.0)})
    model.save_pretrained(tmp_path / "own")
    stored = load_file(tmp_path / "own" / "model.safetensors")
    assert "encoder.layers.0.mixer.Wqkv.weight" in stored
    config = {**MODERN, "model_type": "xlm-roberta", "position_embedding_type": "rotary"}
    config |= {"pad_token_id": 1, "rotary_emb_base": 300.0, "layer_norm_eps": 1e-5}
    config |= {"type_vocab_size": 1, "lora_adaptations": None}
    written(tmp_path, config, stored, prefix)
    feeds = tiny.ragged_for(model, 60)
    expected = tiny.oracle(model, feeds)
    del expected["all_layer_embeddings"]
    check(backend_name, tmp_path, [feeds], [expected], known=False)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("bert", {"position_embedding_type": "alibi", "feed_forward_type": "geglu"}),
        ("bert", {"position_embedding_type": "relative_key"}),
        ("xlm-roberta", {"position_embedding_type": "rotary"}),
    ],
    ids=str,
)
def test_transformers_class_is_not_asked_for_positions_that_it_passes_over(kind, options):
    """Its class for the ``model_type`` reads no such option, and would compute with a table."""
    said = transformers_misreads({"model_type": kind, **SIZES, **options})
    assert "position_embedding_type" in said


def test_alibi_without_gates_is_refused_by_name():
    with pytest.raises(Unsupported, match="feed_forward_type"):
        describe({"model_type": "bert", **SIZES, "position_embedding_type": "alibi"})
