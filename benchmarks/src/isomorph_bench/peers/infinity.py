# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = ["torch", "infinity-emb[all]==0.0.78"]
#
# [tool.race]
# tasks = ["dense"]
# without = ["torchvision"]
# ///
"""infinity within the process: its queue and dynamic batches over sentence-transformers, without HTTP.

It brings a torchvision along that is built for another torch and does not load; texts need none.
float32 on the CPU; its default there would be another precision where the processor has one.
"""

from __future__ import annotations

from typing import Any

from isomorph_bench.race.protocol import serve, versions


class Peer:
    """The engine behind its synchronous face."""

    def __init__(self, model: str) -> None:
        from infinity_emb import EngineArgs, SyncEngineArray

        self._model = model
        settings = EngineArgs(
            model_name_or_path=model,
            engine="torch",
            device="cpu",
            dtype="float32",
            bettertransformer=False,
            model_warmup=False,
        )
        self._engines = SyncEngineArray.from_args([settings])

    def one(self, text: str) -> Any:
        """The vector of one text."""
        return self.many([text])[0]

    def many(self, texts: list[str]) -> Any:
        """The vectors of many texts."""
        embeddings, _ = self._engines.embed(model=self._model, sentences=texts).result()
        return embeddings

    def report(self) -> dict[str, Any]:
        """Versions."""
        return {
            "engine": versions(["infinity-emb", "sentence-transformers", "torch"]),
            "device": "cpu",
        }


if __name__ == "__main__":
    serve(Peer)
