"""More than 2 GiB of weights: past what one protocol buffer can hold, in sparse files of zeros.

In a process of its own, whose address space is limited: the table may be mapped, not copied.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from isomorph.testing.tokenizer import write_tokenizer

ROWS, WIDTH = 1_200_000, 512  # 2.3 GiB
EXPECTED = os.environ.get("ISOMORPH_EXPECT", "").split(",")

SCRIPT = """
import resource, sys
from pathlib import Path
import numpy as np
from isomorph import SentenceTransformer
backend, folder = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (9 << 30, 9 << 30))  # mapped and copied once, not twice
model = SentenceTransformer(folder, backend=backend, strict=True)
vectors = model.encode(["the cat sat", "", "sun"])
assert vectors.shape == (3, 512) and not vectors.any()
# Not getrusage: its peak begins with that of the process that started this one.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) >> 10)
"""


def write_sparse(folder):
    """A static model whose table has no blocks on the disk."""
    write_tokenizer(folder)
    size = ROWS * WIDTH * 4
    entry = {"dtype": "F32", "shape": [ROWS, WIDTH], "data_offsets": [0, size]}
    header = json.dumps({"embeddings": entry}).encode()
    header += b" " * (-len(header) % 64)
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + size)
    kind = "sentence_transformers.models.StaticEmbedding"
    modules = [{"idx": 0, "name": "0", "path": "", "type": kind}]
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="sparse files and address space limits")
@pytest.mark.parametrize(
    ("backend", "engine", "times"),
    [
        ("onnx", "onnxruntime", 1.2),
        ("openvino", "openvino", 1.2),
        ("reference", "numpy", 0.2),
    ],
)
def test_tables_past_two_gigabytes_are_not_multiplied(tmp_path, backend, engine, times):
    if find_spec(engine) is None:
        (pytest.fail if backend in EXPECTED else pytest.skip)(f"{engine} is not installed")
    write_sparse(tmp_path)
    command = [sys.executable, "-c", SCRIPT, backend, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < times * (ROWS * WIDTH * 4 >> 20), f"{done.stdout} MiB were resident"
