# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "transformers==5.23.0", "onnx==1.23.2", "onnxruntime==1.32.0", "pillow==13.0.0"]
#
# [tool.race]
# tasks = ["images"]
# prepared = true
# ///
"""A plain script: Pillow resizes, ONNX Runtime runs what torch exported. Batches of 32, in arrival order.

Pillow's pixels differ from torchvision's by up to two grey levels, and vectors with them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from isomorph_bench.race.protocol import serve, versions
from isomorph_bench.workloads.given import given

BATCH = 32
IMAGES, TEXTS = "image.onnx", "text.onnx"
ENDINGS = (".jpg", ".png")


class Peer:
    """Both towers, on the CPU."""

    def __init__(self, model: str) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        folder = Path(model)
        self._towers = {
            name: onnxruntime.InferenceSession(folder / name, providers=["CPUExecutionProvider"])
            for name in (IMAGES, TEXTS)
        }
        self._settings = json.loads((folder / "processor.json").read_text("utf-8"))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        config = json.loads((folder / "config.json").read_text("utf-8"))["text_config"]
        self._tokenizer.enable_truncation(config["max_position_embeddings"])
        self._tokenizer.enable_padding(pad_id=config["pad_token_id"])

    def one(self, text: str) -> Any:
        """The vector of one input."""
        return self.many([text])[0]

    def many(self, texts: list[str]) -> Any:
        """The vectors of many inputs of one kind."""
        import numpy as np

        items = [given(each) for each in texts]
        seen = not isinstance(items[0], str) or items[0].endswith(ENDINGS)
        run = self._images if seen else self._texts
        parts = [run(items[at : at + BATCH]) for at in range(0, len(items), BATCH)]
        return np.concatenate(parts)

    def report(self) -> dict[str, Any]:
        """Versions."""
        return {"engine": versions(["onnxruntime", "pillow"]), "device": "cpu"}

    def _texts(self, texts: list[str]) -> Any:
        import numpy as np

        found = self._tokenizer.encode_batch(texts)
        feeds = {
            "input_ids": np.array([each.ids for each in found], np.int64),
            "attention_mask": np.array([each.attention_mask for each in found], np.int64),
        }
        return self._towers[TEXTS].run(None, feeds)[0]

    def _images(self, items: list[Any]) -> Any:
        import numpy as np

        pixels = np.stack([self._pixels(each) for each in items])
        return self._towers[IMAGES].run(None, {"pixel_values": pixels})[0]

    def _pixels(self, item: Any) -> Any:
        """float32 (3, size, size): the shortest edge resized, the middle cut out."""
        import numpy as np
        from PIL import Image, ImageOps

        how = self._settings
        if isinstance(item, str):
            with Image.open(item) as file:
                image = ImageOps.exif_transpose(file).convert("RGB")
        else:
            image = Image.fromarray(item)
        edge = how["size"]["shortest_edge"]
        scale = edge / min(image.size)
        wide, high = (
            max(edge, int(side * scale)) if side != min(image.size) else edge for side in image.size
        )
        image = image.resize((wide, high), Image.Resampling.BICUBIC)
        left, top = (wide - edge) // 2, (high - edge) // 2
        cut = np.asarray(image.crop((left, top, left + edge, top + edge)), np.float32)
        scaled = (cut / 255 - np.array(how["image_mean"])) / np.array(how["image_std"])
        return np.ascontiguousarray(scaled.transpose(2, 0, 1), np.float32)


def prepare(model: str, folder: str) -> None:
    """Exports both towers, and keeps what the script needs beside them."""
    import torch
    from transformers import CLIPTextModelWithProjection, CLIPVisionModelWithProjection

    source, target = Path(model), Path(folder)
    target.mkdir(parents=True)
    rows = {0: "rows"}
    config = json.loads((source / "config.json").read_text("utf-8"))
    width = {
        "projection_dim": config["projection_dim"]
    }  # each tower alone has a default of its own
    seeing = CLIPVisionModelWithProjection.from_pretrained(model, **width).eval()
    size = seeing.config.image_size
    torch.onnx.export(
        seeing,
        (torch.zeros(1, 3, size, size),),
        str(target / IMAGES),
        input_names=["pixel_values"],
        output_names=["image_embeds"],
        dynamic_axes={"pixel_values": rows},
        dynamo=False,
    )
    reading = CLIPTextModelWithProjection.from_pretrained(model, **width).eval()
    both = {0: "rows", 1: "tokens"}
    ids = torch.full((2, 7), reading.config.eos_token_id)
    torch.onnx.export(
        reading,
        (ids, torch.ones_like(ids)),
        str(target / TEXTS),
        input_names=["input_ids", "attention_mask"],
        output_names=["text_embeds"],
        dynamic_axes={"input_ids": both, "attention_mask": both},
        dynamo=False,
    )
    for name in ("tokenizer.json", "config.json"):
        shutil.copy(source / name, target / name)
    processor = json.loads((source / "processor_config.json").read_text("utf-8"))
    (target / "processor.json").write_text(json.dumps(processor["image_processor"]), "utf-8")


if __name__ == "__main__":
    serve(Peer)
