"""Tiny models of CLAP, whose tensors are those that the lowering asks for; seeded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from isomorph.encoders.hearing.swin.windows import distances
from isomorph.encoders.towers import towers_of
from isomorph.testing.asked_shapes import asked_shapes
from isomorph.testing.models import draw
from isomorph.testing.tokenizer import vocabulary, write_tokenizer

RATE, SECONDS = 8000, 2
TEXTS = ("a cat", "The dog barks at the cat, and the cat runs.", "rain")
_SWIN = {
    "window_size": 4, "num_mel_bins": 16, "spec_size": 64, "patch_size": 4, "patch_stride": [4, 4],
    "hidden_size": 32, "depths": [2, 2], "num_attention_heads": [2, 4], "patch_embeds_hidden_size": 16,
    "projection_dim": 20, "num_hidden_layers": 2, "enable_fusion": False, "aff_block_r": 4,
}  # fmt: skip
_FUSED = {
    **_SWIN, "num_mel_bins": 64, "spec_size": 256, "patch_size": 8, "patch_stride": [8, 8],
    "enable_fusion": True, "aff_block_r": 2,
}  # fmt: skip
_SILENCE = {"audio": {"padding": "pad"}}
"""What older releases of transformers made of every short sound; later ones ask the extractor."""
MODELS: dict[str, dict[str, Any]] = {
    "clap": {"audio": _SWIN, "processing": _SILENCE},
    "clap-shapes": {"audio": {**_SWIN, "depths": [3], "num_attention_heads": [2], "hidden_size": 16,
                              "num_mel_bins": 32, "qkv_bias": False, "mlp_ratio": 1.5,
                              "enable_patch_layer_norm": False}, "processing": _SILENCE},
    "clap-fused": {"audio": _FUSED, "processing": _SILENCE},
    "clap-repeated": {"audio": _SWIN},
}  # fmt: skip


def arrays(config: dict[str, Any], size: tuple[int, ...], seed: int) -> dict[str, np.ndarray]:
    """All tensors of both towers."""
    family, shapes = towers_of(config), {}
    names = family.tiny["clap"].asked
    for modality, tower in family.towers.items():
        shapes |= asked_shapes(tower, config, size if modality == "audio" else (), names)
    made = draw(shapes, np.random.default_rng(seed))
    for name in made:  # decibels lie far from zero
        if name.startswith("audio_model.audio_encoder.batch_norm.running_"):
            made[name] = made[name] * 300 if name.endswith("var") else made[name] * -30
    return made | unread(config, made)


def unread(config: dict[str, Any], made: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What files hold beside what is computed with: counters, indices, scales of training."""
    longest = config["text_config"]["max_position_embeddings"]
    window = config["audio_config"]["window_size"]
    found: dict[str, Any] = {
        "logit_scale_a": np.float32(2.5),
        "logit_scale_t": np.float32(2.5),
        "text_model.embeddings.position_ids": np.arange(longest)[None],
        "text_model.embeddings.token_type_ids": np.zeros((1, longest), np.int64),
    }
    for name in made:
        if name.endswith("running_var"):
            found[name.replace("running_var", "num_batches_tracked")] = np.int64(7)
        if name.endswith("relative_position_bias_table"):
            found[name.replace("bias_table", "index")] = distances(window)
    return {name: np.array(value) for name, value in found.items()}


def write_clap(name: str, folder: Path) -> Path:
    """Writes one model. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    audio, processing = MODELS[name]["audio"], MODELS[name].get("processing")
    text = {
        "vocab_size": len(vocabulary(1)), "hidden_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 4, "intermediate_size": 40, "max_position_embeddings": 34,
        "pad_token_id": 1, "projection_dim": 20, "type_vocab_size": 1,
    }  # fmt: skip
    config = {
        "model_type": "clap", "architectures": ["ClapModel"], "projection_dim": 20,
        "audio_config": {"model_type": "clap_audio_model", **audio},
        "text_config": {"model_type": "clap_text_model", **text},
    }  # fmt: skip
    fused, hop = audio["enable_fusion"], 128
    extractor = {
        "feature_extractor_type": "ClapFeatureExtractor", "feature_size": audio["num_mel_bins"],
        "sampling_rate": RATE, "hop_length": hop, "max_length_s": SECONDS, "fft_window_size": 256,
        "frequency_min": 50, "frequency_max": 3500, "padding": "repeatpad", "top_db": None,
        "truncation": "fusion" if fused else "rand_trunc",
    }  # fmt: skip
    ways = {
        modality: {"method": f"get_{modality}_features", "method_output_name": "pooler_output"}
        for modality in ("text", "audio")
    }
    settings: dict[str, Any] = {
        "transformer_task": "feature-extraction",
        "modality_config": ways,
        "module_output_name": "sentence_embedding",
    }
    if processing:
        settings["processing_kwargs"] = processing
    write_tokenizer(folder, 1, 32)
    kind = "sentence_transformers.base.modules.transformer.Transformer"
    files: dict[str, Any] = {
        "config.json": config,
        "sentence_bert_config.json": settings,
        "processor_config.json": {
            "feature_extractor": extractor,
            "processor_class": "ClapProcessor",
        },
        "modules.json": [{"idx": 0, "name": "0", "path": "", "type": kind}],
    }
    for file, content in files.items():
        (folder / file).write_text(json.dumps(content, indent=1))
    size = (4 if fused else 1, SECONDS * RATE // hop + 1, audio["num_mel_bins"])
    made = arrays(config, size, sorted(MODELS).index(name))
    save_file(made, folder / "model.safetensors", {"format": "pt"})
    return folder
