"""Python code in a model folder: refused, or run because the user said so."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, Unsupported

PARITY = Path(__file__).parents[2] / "parity"
CODE = """
import torch
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

open({trace!r}, "w").close()


class OwnConfig(PretrainedConfig):
    model_type = "own"


class OwnModel(PreTrainedModel):
    config_class = OwnConfig

    def __init__(self, config):
        super().__init__(config)
        self.table = torch.nn.Embedding(8, 4)
        self.post_init()

    def forward(self, input_ids, attention_mask=None, return_dict=True):
        return BaseModelOutput(last_hidden_state=self.table(input_ids))
"""

OVER_KNOWN = """
from transformers import BertForSequenceClassification, BertModel
from transformers.models.bert.modeling_bert import ALL_ATTENTION_FUNCTIONS


class Doubled(BertModel):
    def forward(self, *args, **kwargs):
        found = super().forward(*args, **kwargs)
        found.last_hidden_state = found.last_hidden_state * 2
        return found


class Ranked(BertForSequenceClassification):
    def forward(self, *args, **kwargs):
        found = super().forward(*args, **kwargs)
        found.logits = found.logits * 2
        return found
"""

RUN_OVER_KNOWN = """
import numpy as np
from isomorph import CrossEncoder, SentenceTransformer

known = SentenceTransformer({encoder!r}, backend="torch").encode("a sea")
trusted = SentenceTransformer({doubled!r}, trust_remote_code=True)
assert trusted.get_backend() == "torch", trusted.get_backend()
np.testing.assert_allclose(trusted.encode("a sea"), 2 * known, atol=1e-5)
said = str(trusted.report())
assert "unpadded" not in said, said
plain = SentenceTransformer({doubled!r}, backend="torch")
np.testing.assert_array_equal(plain.encode("a sea"), known)
pairs = [("a sea", "the river")]
options = dict(activation_fn="Identity")
known = CrossEncoder({classifier!r}, backend="torch", **options).predict(pairs)
trusted = CrossEncoder({ranked!r}, trust_remote_code=True, **options)
assert trusted.get_backend() == "torch", trusted.get_backend()
np.testing.assert_allclose(trusted.predict(pairs), 2 * known, atol=1e-5)
"""

RUN = """
from pathlib import Path
import numpy as np
from isomorph.contract import Device, Options
from isomorph.plugins.reading import read_model
from isomorph_torch.backend import TorchBackend

model, backend = read_model(Path({folder!r})), TorchBackend()
options = Options(trust_remote_code=True)
session = backend.load(model, backend.claim(model, Device("cpu")), options)
feeds = dict.fromkeys(model.graph.inputs, np.array([[1, 2]]))
print(session.forward(feeds)["token_embeddings"].ravel().tolist())
"""


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "own"
    root.mkdir()
    (root / "modeling_own.py").write_text(CODE.format(trace=str(tmp_path / "trace")))
    own = {"AutoConfig": "modeling_own.OwnConfig", "AutoModel": "modeling_own.OwnModel"}
    (root / "config.json").write_text(json.dumps({"model_type": "own", "auto_map": own}))
    table = np.arange(32, dtype=np.float32).reshape(8, 4)
    save_file({"table.weight": table}, root / "model.safetensors", {"format": "pt"})
    entry = {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}
    (root / "modules.json").write_text(json.dumps([entry]))
    return root


def run(script, cache):
    """In a process of its own: transformers keeps such code in a cache and in sys.modules."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "HF_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )


def named(source, target, **names):
    """A copy of a model whose config.json names classes of a file beside it."""
    folder = Path(shutil.copytree(source, target))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": names}))
    (folder / "modeling_over.py").write_text(OVER_KNOWN)
    return folder


def test_it_does_not_run_unless_it_is_trusted(folder, open_torch):
    with pytest.raises(Unsupported, match="trust_remote_code=True"):
        open_torch(folder, model_kwargs={"trust_remote_code": True})
    assert not (folder.parent / "trace").exists()


def test_it_runs_when_it_is_trusted(folder):
    done = run(RUN.format(folder=str(folder)), folder.parent / "cache")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]\n"
    assert (folder.parent / "trace").exists()


def test_over_a_known_type_it_takes_the_place_of_the_family(tmp_path):
    encoder = PARITY / "models" / "bert-mean"
    classifier = PARITY / "cross_encoders" / "models" / "bert-plain"
    doubled = named(encoder, tmp_path / "doubled", AutoModel="modeling_over.Doubled")
    auto = {"AutoModelForSequenceClassification": "modeling_over.Ranked"}
    ranked = named(classifier, tmp_path / "ranked", **auto)
    script = RUN_OVER_KNOWN.format(
        encoder=str(encoder), classifier=str(classifier), doubled=str(doubled), ranked=str(ranked)
    )
    done = run(script, tmp_path / "cache")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("reference", "error", "told"),
    [
        ("modeling_none.Doubled", BadModel, "holds no modeling_none.py"),
        ("modeling_over", BadModel, "not FILE.CLASS"),
        ("../modeling_over.Doubled", BadModel, "leads out of the model folder|not FILE.CLASS"),
        ("linked.Doubled", BadModel, "outside of the model folder"),
        ("{beside}--modeling_over.Doubled", Unsupported, "code of another folder"),
        ("beside/code--modeling_over.Doubled", Unsupported, "code of another folder"),
        ("no/such--modeling_over.Doubled", Unsupported, "hf download no/such"),
    ],
)
def test_code_that_is_not_the_folders_own(tmp_path, monkeypatch, reference, error, told):
    beside = tmp_path / "beside" / "code"
    beside.mkdir(parents=True)
    (beside / "modeling_over.py").write_text(OVER_KNOWN)
    monkeypatch.chdir(tmp_path)
    reference = reference.format(beside=beside)
    folder = named(PARITY / "models" / "bert-mean", tmp_path / "model", AutoModel=reference)
    if reference.startswith("linked"):
        (folder / "linked.py").symlink_to(beside / "modeling_over.py")
    with pytest.raises(error, match=told):
        SentenceTransformer(folder, backend="torch", trust_remote_code=True).encode("a")


def test_code_beside_the_class_that_is_a_link_out(tmp_path):
    folder = named(PARITY / "models" / "bert-mean", tmp_path / "model", AutoModel="own.Doubled")
    (tmp_path / "outside.py").write_text(OVER_KNOWN)
    (folder / "own.py").write_text("from .more import Doubled")
    (folder / "more.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(BadModel, match="outside of the model folder"):
        SentenceTransformer(folder, backend="torch", trust_remote_code=True).encode("a")
