"""Files whose code is not part of transformers, judged by that code's formulas."""

import numpy as np
import pytest

pytest.importorskip("transformers")

from families import published_jina, tiny
from families.cases import SIZES
from families.running import check
from safetensors.numpy import save_file

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


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("bert", {"position_embedding_type": "alibi", "feed_forward_type": "geglu"}),
        ("bert", {"position_embedding_type": "relative_key"}),
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
