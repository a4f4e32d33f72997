# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "transformers==5.23.0", "ctranslate2==4.8.5"]
#
# [tool.race]
# prepared = true
# ///
"""CTranslate2's encoder; what it lacks stands beside it: tokenizer, batches, pooling and norm.

Texts are sorted by their tokens and go in batches of 32, as a user of the library would have them.
The converter knows encoders of BERT's kind, and pooling here is the mean or the first token.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from isomorph_bench.race.protocol import serve, versions

BATCH = 32
FILES = "tokenizer.json"


class Peer:
    """The model, on the CPU, in float32."""

    def __init__(self, model: str) -> None:
        import ctranslate2
        from tokenizers import Tokenizer

        folder = Path(model)
        told = json.loads((folder / "told.json").read_text("utf-8"))
        self._mode, self._normalized = told["pooling"], told["normalized"]
        self._encoder = ctranslate2.Encoder(model, device="cpu", compute_type="float32")
        self._tokenizer = Tokenizer.from_file(str(folder / FILES))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(told["longest"])

    def one(self, text: str) -> Any:
        """The vector of one text."""
        return self.many([text])[0]

    def many(self, texts: list[str]) -> Any:
        """The vectors of many texts."""
        import numpy as np

        ids = [found.ids for found in self._tokenizer.encode_batch_fast(texts)]
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        rows: list[Any] = [None] * len(ids)
        for begin in range(0, len(order), BATCH):
            chosen = order[begin : begin + BATCH]
            states = np.asarray(
                self._encoder.forward_batch([ids[at] for at in chosen]).last_hidden_state
            )
            for at, states_of_text in zip(chosen, states, strict=True):
                rows[at] = self._pooled(states_of_text[: len(ids[at])])
        return np.stack(rows)

    def _pooled(self, states: Any) -> Any:
        import numpy as np

        vector = states[0] if self._mode == "cls" else states.mean(axis=0)
        return vector / np.linalg.norm(vector) if self._normalized else vector

    def report(self) -> dict[str, Any]:
        """Versions, and what its encoder says of itself."""
        return {
            "engine": versions(["ctranslate2", "tokenizers"]),
            "device": self._encoder.device,
            "precision": self._encoder.compute_type.removeprefix("int8_"),
        }


def prepare(model: str, folder: str) -> None:
    """Its own conversion, and what the folder says of pooling and lengths.

    Raises:
        ValueError: the model is pooled in another way, or has modules that are not written here.
    """
    import ctranslate2

    source = Path(model)
    modules = json.loads((source / "modules.json").read_text("utf-8"))
    kinds = [module["type"].rpartition(".")[2] for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise ValueError(
            f"modules {', '.join(kinds)} are more than an encoder with pooling and a norm"
        )
    pooling = json.loads((source / modules[1]["path"] / "config.json").read_text("utf-8"))
    inside = source / modules[0]["path"]
    settings = json.loads((inside / "sentence_bert_config.json").read_text("utf-8"))
    told = {
        "pooling": _mode(pooling),
        "normalized": kinds[-1] == "Normalize",
        "longest": settings["max_seq_length"],
    }
    ctranslate2.converters.TransformersConverter(str(inside)).convert(folder)
    shutil.copy(inside / FILES, Path(folder) / FILES)
    (Path(folder) / "told.json").write_text(json.dumps(told), "utf-8")


def _mode(pooling: dict[str, Any]) -> str:
    named = pooling.get("pooling_mode")
    flags = [key for key, on in pooling.items() if key.startswith("pooling_mode_") and on is True]
    names = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    found = named if isinstance(named, str) else "".join(names.get(flag, flag) for flag in flags)
    if found not in ("mean", "cls"):
        raise ValueError(f"pooling {found!r} is neither the mean nor the first token")
    return found


if __name__ == "__main__":
    serve(Peer)
