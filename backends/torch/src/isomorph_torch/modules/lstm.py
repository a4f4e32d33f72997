"""Long short-term memories over the token vectors, in layers, one way or both ways."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

from isomorph.contract import Module
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source


class LSTM(Layer):
    """nn.LSTM over each row's real tokens alone, wherever padding is; zeros at padding."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        config = module.config
        layers = config["num_layers"]
        self.encoder = nn.LSTM(
            config["embedding_dimension"],
            config["hidden_dim"],
            layers,
            batch_first=True,
            dropout=config["dropout"] if layers > 1 else 0,  # it stands between layers
            bidirectional=config["bidirectional"],
        )

    def forward(self, values: Tensors) -> Tensors:
        """Tokens (B, T, H), mask (B, T) -> (B, T, hidden times the number of ways)."""
        mask = values["attention_mask"] > 0
        tokens = values["token_embeddings"].to(next(self.parameters()).dtype)
        rows = [row[real] for row, real in zip(tokens, mask, strict=True)]
        read = [row if len(row) else row.new_zeros(1, tokens.shape[2]) for row in rows]
        packed, _ = self.encoder(pack_sequence(read, enforce_sorted=False))
        states, _ = pad_packed_sequence(packed, batch_first=True)
        result = states.new_zeros(*mask.shape, states.shape[2])
        found = [state[: len(row)] for state, row in zip(states, rows, strict=True)]
        result[mask] = torch.cat(found)
        return {**values, self.writes[0]: result}


def build(source: Source) -> LSTM:
    """Fills the layers."""
    layer = LSTM(source.module)
    source.fill(layer)
    return layer


def obstacle(source: Source) -> str:
    """Every layer must have its tensors, for each way."""
    config = source.module.config
    hidden, wide = config["hidden_dim"], config["embedding_dimension"]
    ways = ("", "_reverse") if config["bidirectional"] else ("",)
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(config["num_layers"]):
        for way in ways:
            name = f"l{layer}{way}"
            shapes[f"encoder.weight_ih_{name}"] = (4 * hidden, wide)
            shapes[f"encoder.weight_hh_{name}"] = (4 * hidden, hidden)
            shapes[f"encoder.bias_ih_{name}"] = (4 * hidden,)
            shapes[f"encoder.bias_hh_{name}"] = (4 * hidden,)
        wide = hidden * len(ways)
    return source.lacks(shapes)


KIND = Kind(("lstm",), build, obstacle, steady=False)
