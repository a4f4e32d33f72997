"""A CLIP of the sizes of ViT-B/32: a tower for images, one for texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from isomorph.encoders.towers import tower_families
from isomorph.testing.tiny_towers import TinyTower
from isomorph_bench.shapes.weights import write_weights
from isomorph_bench.shapes.words import write_bytes

BEGIN, END = "<|startoftext|>", "<|endoftext|>"
LONGEST = 77
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)
"""Of the pixels that OpenAI trained with, as its processor has them."""


def write_clip(folder: Path, small: bool) -> None:
    """The folder of both towers."""
    words = write_bytes(folder, BEGIN, END, LONGEST)
    config = _config(small, words)
    _json(folder / "config.json", config)
    size = config["vision_config"]["image_size"]
    family = next(each for each in tower_families().values() if each.model_type == "clip")
    towers = {name: TinyTower(family, name, config, (size, size)) for name in family.towers}
    shapes = {name: shape for tower in towers.values() for name, shape in tower.shapes.items()}
    write_weights(shapes, folder / "model.safetensors")
    ways = {
        name: {"method": tower.tower.way.method, "method_output_name": tower.tower.way.output}
        for name, tower in towers.items()
    }
    settings = {
        "transformer_task": family.task,
        "modality_config": ways,
        "module_output_name": "sentence_embedding",
    }
    _json(folder / "sentence_bert_config.json", settings)
    _json(folder / "processor_config.json", {"image_processor": _processor(size)})
    kind = "sentence_transformers.base.modules.transformer.Transformer"
    _json(folder / "modules.json", [{"idx": 0, "name": "0", "path": "", "type": kind}])


def _config(small: bool, words: dict[str, int]) -> dict[str, Any]:
    layers = 2 if small else 12
    seeing = {
        "hidden_size": 64 if small else 768,
        "intermediate_size": 96 if small else 3072,
        "num_attention_heads": 4 if small else 12,
        "num_hidden_layers": layers,
        "image_size": 64 if small else 224,
        "patch_size": 32,
    }
    reading = {
        "hidden_size": 64 if small else 512,
        "intermediate_size": 96 if small else 2048,
        "num_attention_heads": 4 if small else 8,
        "num_hidden_layers": layers,
        "max_position_embeddings": LONGEST,
        "vocab_size": max(len(words), 0 if small else 49408),
        "bos_token_id": words[BEGIN],
        "eos_token_id": words[END],
        "pad_token_id": words[END],
    }
    return {
        "model_type": "clip",
        "architectures": ["CLIPModel"],
        "projection_dim": 32 if small else 512,
        "vision_config": seeing,
        "text_config": reading,
    }


def _processor(size: int) -> dict[str, Any]:
    return {
        "image_processor_type": "CLIPImageProcessor",
        "crop_size": {"height": size, "width": size},
        "size": {"shortest_edge": size},
        **dict.fromkeys(
            ("do_center_crop", "do_convert_rgb", "do_normalize", "do_rescale", "do_resize"), True
        ),
        "resample": 3,
        "rescale_factor": 1 / 255,
        "image_mean": MEAN,
        "image_std": DEVIATION,
    }


def _json(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, indent=2), "utf-8")
