"""An architecture that exists only here runs in every backend that has an exporter."""

import json
import subprocess
import sys

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.plugins.discovery import installed

TEXTS = ["the cat", "", "dogs ran over the green hills to see water by night " * 9, "a"]

WITHOUT_SOURCE = """
import json, sys, warnings
for name in ("torch", "transformers", "onnxscript", "isomorph_torch"):
    sys.modules[name] = None
from isomorph import SentenceTransformer
from isomorph.errors import TruncationWarning
warnings.simplefilter("ignore", TruncationWarning)
folder, backend, texts = json.loads(sys.argv[1])
model = SentenceTransformer(folder, backend=backend, strict=True, verify=True)
report = model.report()
print(json.dumps([model.encode(texts, prompt="a cat ").tolist(), str(report.artifact)]))
"""


@pytest.fixture(scope="module")
def expected(backend, glowworm):
    source = installed().exporter_info(backend).source
    with SentenceTransformer(glowworm, backend=source, strict=True) as model:
        yield model.encode(TEXTS, prompt="a cat ")


def test_it_runs_where_its_source_cannot_be_imported(backend, exported, expected):
    argument = json.dumps([str(exported), backend, TEXTS])
    command = [sys.executable, "-W", "error", "-c", WITHOUT_SOURCE, argument]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    vectors, artifact = json.loads(done.stdout)
    assert artifact.startswith(str(exported))
    np.testing.assert_allclose(np.float32(vectors), expected, rtol=0, atol=1e-5)


def test_token_vectors_come_from_the_artifact_too(backend, exported, glowworm):
    source = installed().exporter_info(backend).source
    wanted = SentenceTransformer(glowworm, backend=source)
    model = SentenceTransformer(exported, backend=backend)
    for text in TEXTS:
        found = model.encode(text, output_value="token_embeddings")
        own = wanted.encode(text, output_value="token_embeddings")
        np.testing.assert_allclose(found, own, rtol=0, atol=1e-5 * np.abs(own).max())


def test_the_folder_holds_what_was_proved_and_no_weights(exported):
    names = {path.name for path in exported.rglob("*")}
    assert {"modules.json", "tokenizer.json", "isomorph-probes.json"} <= names
    assert not [name for name in names if name.endswith(".safetensors") or name.startswith(".")]
    content = json.loads((exported / "isomorph-probes.json").read_text("utf-8"))
    assert len(content["probes"]) == content["shape"][0] == 96
    assert len({probe["text"] for probe in content["probes"]}) >= 32
    assert {probe["tokens"] for probe in content["probes"]} == {3, 16, 40}
    assert set(content["versions"]) == {"isomorph", "source", "artifact"}


def test_loading_exports_nothing(backend, exported, monkeypatch):
    from isomorph.plugins.discovery import Plugins

    monkeypatch.setattr(Plugins, "exporter", None)
    before = {path: path.stat().st_mtime_ns for path in exported.rglob("*")}
    for _ in range(2):
        SentenceTransformer(exported, backend=backend, verify=True).close()
    assert {path: path.stat().st_mtime_ns for path in exported.rglob("*")} == before


def test_verify_finds_one_changed_byte_of_the_weights(backend, exported, copy_of):
    import invented

    folder = copy_of(exported)
    bias = invented.BIAS.tobytes()
    (file,) = (p for p in folder.rglob("*") if p.is_file() and bias in p.read_bytes())
    stored = bytearray(file.read_bytes())
    stored[stored.find(bias) + 2] ^= 0x40  # the upper half of a mantissa
    file.write_bytes(stored)
    SentenceTransformer(folder, backend=backend).close()  # unasked, nothing is checked
    with pytest.raises(BadModel, match="does not give the numbers"):
        SentenceTransformer(folder, backend=backend, verify=True)


def test_verify_without_probes_says_what_to_do(glowworm, backend):
    source = installed().exporter_info(backend).source
    with pytest.raises(InputError, match="isomorph export"):
        SentenceTransformer(glowworm, backend=source, verify=True)


def test_damaged_probes_are_a_damaged_model(backend, exported, copy_of):
    folder = copy_of(exported)
    (folder / "isomorph-probes.json").write_text("{}", "utf-8")
    with pytest.raises(BadModel, match="Export again"):
        SentenceTransformer(folder, backend=backend, verify=True)


def test_unexported_it_is_refused_with_both_ways_out(backend, glowworm):
    with pytest.raises(Unsupported) as caught:
        SentenceTransformer(glowworm, backend=backend, strict=True)
    message = str(caught.value)
    for part in ("glowworm", "families: albert", "its own model code", "isomorph export"):
        assert part in message
    with pytest.raises(Unsupported, match="isomorph export") as caught:
        SentenceTransformer(glowworm, backend=backend)
    assert str(caught.value).count("families:") == 1
