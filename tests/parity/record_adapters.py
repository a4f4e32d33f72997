"""Records what peft computes with adapters of a tiny model.

    python tests/parity/record_adapters.py

runs in an environment that holds peft==0.21.2, with transformers and torch. Makes ``adapters/`` anew: a
folder for each adapter, as peft saves it, and ``expected.npz``.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer
from transformers import AutoModel

HERE = Path(__file__).parent / "adapters"
BASE = Path(__file__).parent / "models" / "bert-mean"
TEXTS = ("the quick brown fox", "a river", "the sea and the river of stones")

CASES: dict[str, dict[str, Any]] = {
    "plain": {"target_modules": ["query", "value"]},
    "expression": {"target_modules": r".*layer\.1.*\.(query|dense)"},
    "some-layers": {"target_modules": ["query"], "layers_to_transform": [1]},
    "all-linear": {"target_modules": "all-linear"},
    "rank-stabilised": {"target_modules": ["query", "dense"], "use_rslora": True},
    "dora": {"target_modules": ["query", "dense"], "use_dora": True},
    "patterns": {
        "target_modules": ["query", "value", "dense"],
        "rank_pattern": {"query": 2, r"layer\.1\.attention\.self\.value": 7},
        "alpha_pattern": {"dense": 3},
    },
    "all-biases": {"target_modules": ["query"], "bias": "all"},
    "own-biases": {"target_modules": ["query"], "bias": "lora_only"},
    "added-biases": {"target_modules": ["query"], "lora_bias": True},
    "whole-modules": {"target_modules": ["query"], "modules_to_save": ["LayerNorm"]},
    "table": {"target_modules": ["word_embeddings", "query"]},
}


def base() -> Any:
    """The model that all of them change."""
    return AutoModel.from_pretrained(BASE, dtype=torch.float32)


def trained(options: dict[str, Any]) -> Any:
    """An adapter whose trained weights are far from what they were at first."""
    torch.manual_seed(1)
    model = get_peft_model(base(), LoraConfig(r=4, lora_alpha=8, **options))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.copy_(parameter + torch.randn_like(parameter) * 0.2)
    return model


def vectors(folder: Path) -> np.ndarray:
    """The mean of token vectors of each text."""
    model = PeftModel.from_pretrained(base(), folder).eval()
    tokenizer = Tokenizer.from_file(str(BASE / "tokenizer.json"))
    found = []
    for text in TEXTS:
        ids = torch.tensor([tokenizer.encode(text).ids])
        with torch.no_grad():
            states = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        found.append(states.mean(1)[0].numpy())
    return np.stack(found)


def main() -> None:
    """Writes all adapters and what they give."""
    shutil.rmtree(HERE, ignore_errors=True)
    expected = {}
    for name, options in CASES.items():
        folder = HERE / name
        trained(options).save_pretrained(folder)
        (folder / "README.md").unlink()
        settings = json.loads((folder / "adapter_config.json").read_text("utf-8"))
        settings["base_model_name_or_path"] = "some/base"
        (folder / "adapter_config.json").write_text(json.dumps(settings, indent=1), "utf-8")
        expected[name] = vectors(folder)
    np.savez(HERE / "expected.npz", **expected)


if __name__ == "__main__":
    main()
