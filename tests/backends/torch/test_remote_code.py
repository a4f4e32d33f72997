"""Python code in a model folder: refused, or run because the user said so."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from isomorph.errors import Unsupported

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

RUN = """
from pathlib import Path
import numpy as np
from isomorph.contract import Device, Options
from isomorph.read.model import read_model
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


def test_it_does_not_run_unless_it_is_trusted(folder, open_torch):
    with pytest.raises(Unsupported, match="trust_remote_code=True"):
        open_torch(folder, model_kwargs={"trust_remote_code": True})
    assert not (folder.parent / "trace").exists()


def test_it_runs_when_it_is_trusted(folder):
    # In a process of its own: transformers keeps such code in a cache and in sys.modules.
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN.format(folder=str(folder))],
        env={**os.environ, "HF_HOME": str(folder.parent / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]\n"
    assert (folder.parent / "trace").exists()
