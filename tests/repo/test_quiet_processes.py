"""A process that embeds holds the engine that it embeds with, and no other."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from isomorph.errors import BackendError
from isomorph.plugins.discovery import installed
from isomorph.testing.models import write
from isomorph.testing.suite import skip

HEAVY = {"torch", "transformers", "onnxruntime", "openvino", "optimum", "scipy", "sklearn"}
OF_AN_ENGINE = {"transformers": {"scipy", "sklearn"}}  # it imports them where they are installed
CODE = """
import json, sys
from isomorph import SentenceTransformer
model = SentenceTransformer(sys.argv[1], backend=sys.argv[2])
assert model.encode(["a text", "another"]).shape[0] == 2
assert model.explain().rows[0].runs == sys.argv[2]
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize("info", installed().infos, ids=lambda info: info.name)
def test_embedding_loads_one_engine_only(info, tmp_path):
    try:
        installed().backend(info.name).devices()
    except BackendError as reason:
        skip(info.name, reason)
    folder = write("bert", tmp_path / "model")
    command = [sys.executable, "-c", CODE, str(folder), info.name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    allowed = {*info.requires, *(x for name in info.requires for x in OF_AN_ENGINE.get(name, ()))}
    assert loaded.isdisjoint(HEAVY - allowed)
