"""Nomic BERT's published files name options as their own code does; transformers' class has other names."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from isomorph.contract import Device
from isomorph.plugins.reading import read_model
from isomorph_torch.backend import TorchBackend

WIDTH, INNER, WORDS = 32, 48, 64
CONFIG = {
    "model_type": "nomic_bert",
    "activation_function": "swiglu",
    "layer_norm_epsilon": 1e-5,
    "mlp_fc1_bias": False,
    "mlp_fc2_bias": False,
    "n_embd": WIDTH,
    "n_head": 4,
    "n_inner": INNER,
    "n_layer": 2,
    "n_positions": 512,
    "prenorm": False,
    "qkv_proj_bias": False,
    "rotary_emb_base": 50,
    "rotary_emb_fraction": 1.0,
    "type_vocab_size": 2,
    "vocab_size": WORDS,
}


@pytest.fixture
def folder(tmp_path, normal):
    shapes = {
        "embeddings.word_embeddings.weight": (WORDS, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "emb_ln.weight": (WIDTH,),
        "emb_ln.bias": (WIDTH,),
    }
    for layer in range(2):
        name = f"encoder.layers.{layer}."
        shapes[name + "attn.Wqkv.weight"] = (3 * WIDTH, WIDTH)
        shapes[name + "attn.out_proj.weight"] = (WIDTH, WIDTH)
        shapes |= dict.fromkeys(
            (f"{name}mlp.fc11.weight", f"{name}mlp.fc12.weight"), (INNER, WIDTH)
        )
        shapes[name + "mlp.fc2.weight"] = (WIDTH, INNER)
        for norm in ("norm1", "norm2"):
            shapes |= {f"{name}{norm}.weight": (WIDTH,), f"{name}{norm}.bias": (WIDTH,)}
    tensors = {name: normal(*shape) for name, shape in shapes.items()}
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    entry = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}
    (tmp_path / "modules.json").write_text(json.dumps([entry]))

    def configured(**changes):
        (tmp_path / "config.json").write_text(json.dumps({**CONFIG, **changes}))
        return tmp_path

    return configured


def test_they_are_read(folder, witness, feeds):
    near = witness(folder(), feeds)["token_embeddings"]
    far = witness(folder(rotary_emb_base=1000), feeds)["token_embeddings"]
    assert np.abs(near - far).max() > 1e-3


@pytest.mark.parametrize(
    "changes", [{"moe_every_n_layers": 2}, {"prenorm": True}, {"rotary_emb_fraction": 0.5}]
)
def test_what_transformers_would_pass_over_is_not_claimed(folder, changes):
    claim = TorchBackend().claim(read_model(folder(**changes)), Device("cpu"))
    assert claim.depth == 0
    assert next(iter(changes)) in claim.reason
