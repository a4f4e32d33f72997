"""Scores of 30,522 words at 32 x 512 positions are 2 GB; SPLADE pooling never holds them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from isomorph.plugins.discovery import installed, missing_engines
from isomorph.testing.tiny_encoders import bert
from isomorph.testing.tokenizer import write_tokenizer

WORDS = 30_522
LIMIT = 300  # MB
PROGRAM = """
import sys
from isomorph import SentenceTransformer

def peak():  # ru_maxrss would begin at that of the process that started this one
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

model = SentenceTransformer(sys.argv[1], backend=sys.argv[2])
model.encode("a")
before = peak()
vectors = model.encode(["a b c d e " * 200] * 32)
assert vectors.shape == (32, 30522) and vectors.any(1).all()
print(peak() - before)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny BERT with a vocabulary of the usual size."""
    made = tmp_path_factory.mktemp("splade")
    encoder = bert(positions=512)
    hidden, head = encoder.hidden, "cls.predictions."
    shapes = {f"bert.{name}": shape for name, shape in encoder.shapes.items()}
    shapes |= {
        "bert.embeddings.word_embeddings.weight": (WORDS, hidden),
        head + "transform.dense.weight": (hidden, hidden),
        head + "transform.dense.bias": (hidden,),
        head + "transform.LayerNorm.weight": (hidden,),
        head + "transform.LayerNorm.bias": (hidden,),
        head + "bias": (WORDS,),
    }
    generator = np.random.default_rng(0)
    tensors = {
        name: generator.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()
    }
    save_file(tensors, made / "model.safetensors", {"format": "pt"})
    (made / "config.json").write_text(json.dumps({**encoder.config, "vocab_size": WORDS}))
    modules = "sentence_transformers.sparse_encoder.models."
    chain = [("0", "", "MLMTransformer"), ("1", "1_SpladePooling", "SpladePooling")]
    entries = [{"name": n, "path": path, "type": modules + kind} for n, path, kind in chain]
    (made / "modules.json").write_text(json.dumps(entries))
    (made / "1_SpladePooling").mkdir()
    (made / "1_SpladePooling" / "config.json").write_text('{"pooling_strategy": "max"}')
    write_tokenizer(made, max_length=512)
    return made


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's peak memory")
@pytest.mark.parametrize("info", installed().infos, ids=lambda info: info.name)
def test_32_texts_of_512_tokens_take_little_memory(folder, info):
    if missing_engines(info):
        pytest.skip(f"the engine of {info.name} is not installed")
    if "transformers" in info.requires:
        pytest.skip("transformers' own code computes the scores of every word")
    command = [sys.executable, "-c", PROGRAM, str(folder), info.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    print(f"{info.name}: {float(done.stdout):.0f} MB")  # shown by pytest -rP
    assert float(done.stdout) < LIMIT
