"""Models whose inputs are no texts are exported, and proved by samples of what they take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

EXAMPLES = Path(__file__).parents[1] / "examples"
FEATURES, WIDTH = 5, 8

PROGRAM = """
import json, sys
import numpy as np
from isomorph import SentenceTransformer
from isomorph.errors import BadModel
from isomorph.export import export_model

kind, folder, target, backend = sys.argv[1:]
made = export_model(folder, backend, target, weights=False, show_progress_bar=True)
model = SentenceTransformer(target, backend=backend, strict=True, verify=True)
rng = np.random.default_rng(5)
sizes = [3, 1, 40, 7]
inputs = [rng.normal(size=(n, 5) if kind == "series" else 5).astype(np.float32) for n in sizes]
want = SentenceTransformer(folder, backend="reference").encode(inputs)
gap = float(np.abs(model.encode(inputs) - want).max())
probes = json.load(open(target + "/isomorph-probes.json"))["probes"]
said = ""
changed = json.load(open(target + "/isomorph-probes.json"))
changed["probes"][0]["seed"] = 10**9
json.dump(changed, open(target + "/isomorph-probes.json", "w"))
try:
    SentenceTransformer(target, backend=backend, verify=True)
except BadModel as error:
    said = str(error)
print(json.dumps({
    "artifact": str(model.report().artifact),
    "difference": made.difference,
    "gap": gap,
    "probes": [made.probes, sorted({(p["length"]) for p in probes}), sorted(probes[0])],
    "said": said,
}))
"""


def write(kind, folder):
    """A model of the example plugin of this name, with pooling behind a series."""
    place = folder / f"0_{kind}"
    place.mkdir(parents=True)
    (place / "config.json").write_text(json.dumps({"features": FEATURES, "width": WIDTH}))
    weight = np.random.default_rng(0).normal(size=(WIDTH, FEATURES)).astype(np.float32)
    save_file({"weight": weight}, place / "model.safetensors")
    modules = [{"idx": 0, "name": "0", "path": place.name, "type": f"shapes.{kind.capitalize()}"}]
    if kind == "series":
        pooling = folder / "1_Pooling"
        pooling.mkdir()
        mean = {"embedding_dimension": WIDTH, "pooling_mode": "mean"}
        (pooling / "config.json").write_text(json.dumps(mean))
        more = {"idx": 1, "name": "1", "path": pooling.name}
        modules.append({**more, "type": "sentence_transformers.models.Pooling"})
    (folder / "modules.json").write_text(json.dumps(modules))
    return folder


@pytest.mark.parametrize("kind", ["points", "series"])
def test_samples_prove_the_artifact(kind, lowering, tmp_path):
    source, target = write(kind, tmp_path / "source"), tmp_path / "made"
    entries = tmp_path / "site" / f"{kind}-1.dist-info"
    entries.mkdir(parents=True)
    (entries / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {kind}\nVersion: 1\n")
    (entries / "entry_points.txt").write_text(f"[isomorph]\n{kind} = {kind}\n")
    path = os.pathsep.join([str(EXAMPLES), str(entries.parent), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", PROGRAM, kind, str(source), str(target), lowering]
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["artifact"].startswith(str(target))
    assert told["difference"] < 1e-5
    assert told["gap"] < 1e-5
    assert told["probes"] == [96, [1, 16, 64], ["length", "seed"]]
    assert "seed that is no whole number" in told["said"]
    assert "Making the artifact" in done.stderr
    assert "Probes in reference: 100 forwards" in done.stderr
