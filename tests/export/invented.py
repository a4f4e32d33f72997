"""A model type that nobody has heard of: made, registered and saved here.

A gated mean over neighbouring tokens, an attention of its own and a learnt temperature: none of
the described families has these.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers.modeling_outputs import BaseModelOutput

MODEL_TYPE = "glowworm"
WIDTH, NARROW, POSITIONS, MAX_LENGTH = 24, 12, 48, 40
WORDS = "a cat sat on the mat and dogs ran over green hills to see water by night".split()
BIAS = np.linspace(0.31, 0.77, NARROW, dtype=np.float32)
"""Of the dense layer: every text meets it, and its bytes can be found again in an artifact."""
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *"bcdefghijklmnopqrs"]


class GlowwormConfig(transformers.PretrainedConfig):
    model_type = MODEL_TYPE

    def __init__(self, vocab_size=46, width=WIDTH, positions=POSITIONS, **kwargs):
        super().__init__(**kwargs)
        self.vocab_size, self.width, self.positions = vocab_size, width, positions


class GlowwormModel(transformers.PreTrainedModel):
    config_class = GlowwormConfig

    def __init__(self, config):
        super().__init__(config)
        width = config.width
        self.words = nn.Embedding(config.vocab_size, width)
        self.places = nn.Embedding(config.positions, width)
        self.ask, self.offer, self.give = (nn.Linear(width, width) for _ in range(3))
        self.gate = nn.Linear(2 * width, width)
        self.temperature = nn.Parameter(torch.ones(()))
        self.norm = nn.LayerNorm(width)
        self.post_init()

    def forward(self, input_ids, attention_mask, return_dict=True):
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        x = self.words(input_ids) + self.places(places)
        scores = self.ask(x) @ self.offer(x).transpose(1, 2) * self.temperature
        scores = scores.masked_fill(attention_mask[:, None, :] == 0, -1e9)
        mixed = scores.softmax(-1) @ self.give(x)
        gate = torch.sigmoid(self.gate(torch.cat([x, mixed], -1)))
        return BaseModelOutput(last_hidden_state=self.norm(x * gate + mixed * (1 - gate)))


def register() -> None:
    """Tells transformers about the type, for this process."""
    transformers.AutoConfig.register(MODEL_TYPE, GlowwormConfig, exist_ok=True)
    transformers.AutoModel.register(GlowwormConfig, GlowwormModel, exist_ok=True)


def write(folder: Path) -> Path:
    """A folder with the encoder, mean and max pooling that skips the prompt, dense and normalise."""
    register()
    torch.manual_seed(11)
    model = GlowwormModel(GlowwormConfig(len(VOCABULARY)))
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape) * 0.5
    model.save_pretrained(folder)
    dense = {"in_features": 2 * WIDTH, "out_features": NARROW, "bias": True}
    entries = [
        ("Transformer", "", None),
        (
            "Pooling",
            "1_Pooling",
            {
                "word_embedding_dimension": WIDTH,
                "pooling_mode_mean_tokens": True,
                "pooling_mode_max_tokens": True,
                "include_prompt": False,
            },
        ),
        ("Dense", "2_Dense", {**dense, "activation_function": "torch.nn.modules.activation.Tanh"}),
        ("Normalize", "3_Normalize", None),
    ]
    listed = []
    for index, (name, path, config) in enumerate(entries):
        kind = f"sentence_transformers.models.{name}"
        listed.append({"idx": index, "name": str(index), "path": path, "type": kind})
        if config is not None:
            (folder / path).mkdir()
            (folder / path / "config.json").write_text(json.dumps(config), "utf-8")
    tensors = {
        "linear.weight": torch.randn(NARROW, 2 * WIDTH) * 0.3,
        "linear.bias": torch.from_numpy(BIAS.copy()),
    }
    save_file(tensors, folder / "2_Dense" / "model.safetensors")
    (folder / "modules.json").write_text(json.dumps(listed), "utf-8")
    settings = {"max_seq_length": MAX_LENGTH}
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings), "utf-8")
    _tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def _tokenizer() -> Tokenizer:
    ids = {token: index for index, token in enumerate(VOCABULARY)}
    made = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.add_special_tokens(VOCABULARY[:4])
    return made
