"""A BERT of two layers and sixteen features, and a runner of commands."""

import json
from importlib import metadata

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from typer.testing import CliRunner

from isomorph.cli import app
from isomorph.plugins import discovery as plugins

HIDDEN, INNER, LAYERS, POSITIONS = 16, 32, 2, 40
WORDS = "the cat sat on a mat and dogs ran over green hills to see water".split()
VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    *WORDS,
    *(f"##{c}" for c in "abcdefgh"),
    *"abcdefgh",
]
CONFIG = {
    "model_type": "bert",
    "hidden_size": HIDDEN,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "vocab_size": len(VOCABULARY),
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "pad_token_id": 0,
}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The folder of a model with mean pooling and two prompts."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    (folder / "1_Pooling").mkdir(parents=True)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {
            "idx": 1,
            "name": "1",
            "path": "1_Pooling",
            "type": "sentence_transformers.models.Pooling",
        },
    ]
    pooling = {"word_embedding_dimension": HIDDEN, "pooling_mode_mean_tokens": True}
    files = {
        "modules.json": modules,
        "config.json": CONFIG,
        "sentence_bert_config.json": {"max_seq_length": 32},
        "config_sentence_transformers.json": {"prompts": {"query": "see the "}},
        "1_Pooling/config.json": pooling,
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), "utf-8")
    save_file(weights(), folder / "model.safetensors")
    tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def weights():
    shapes = {
        "embeddings.word_embeddings.weight": (len(VOCABULARY), HIDDEN),
        "embeddings.position_embeddings.weight": (POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
        "embeddings.LayerNorm.weight": (HIDDEN,),
        "embeddings.LayerNorm.bias": (HIDDEN,),
    }
    linears = {
        "attention.self.query": (HIDDEN, HIDDEN),
        "attention.self.key": (HIDDEN, HIDDEN),
        "attention.self.value": (HIDDEN, HIDDEN),
        "attention.output.dense": (HIDDEN, HIDDEN),
        "intermediate.dense": (INNER, HIDDEN),
        "output.dense": (HIDDEN, INNER),
    }
    for layer in range(LAYERS):
        start = f"encoder.layer.{layer}."
        for name, shape in linears.items():
            shapes[f"{start}{name}.weight"] = shape
            shapes[f"{start}{name}.bias"] = shape[:1]
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{start}{name}.weight"] = shapes[f"{start}{name}.bias"] = (HIDDEN,)
    random = np.random.default_rng(7)
    return {name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}


def tokenizer():
    ids = {token: index for index, token in enumerate(VOCABULARY)}
    made = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.add_special_tokens(VOCABULARY[:4])
    return made


@pytest.fixture
def isomorph():
    """Runs ``isomorph ARGUMENTS`` in this process."""

    def run(*arguments, text=None):
        return CliRunner().invoke(app, [str(a) for a in arguments], input=text)

    return run


@pytest.fixture
def install(monkeypatch):
    """Makes discovery find core's plugin and the given ones, and nothing that is installed."""

    def settle(*entries):
        core = metadata.EntryPoint("core", "isomorph.builtin", plugins.GROUP)
        found = plugins.discover([core, *entries])
        monkeypatch.setattr(plugins, "installed", lambda: found)
        return found

    return settle
