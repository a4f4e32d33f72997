"""Tiny models of texts with images as folders, for the parity tests; made with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tests.parity.tower_models import ALL, HALVES, OF_CLIP, POOLING, TRANSFORMER, numbers, picture
from tests.parity.tower_tokenizers import write
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from isomorph.encoders.describe import describe, seeing_families
from isomorph.encoders.tensors import shapes_of

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"]
SPECIALS += ["<|image_pad|>", "<|video_pad|>"]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}{% for item in message.content %}"
    "{% if item.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif item.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif item.type == 'text' %}{{ item.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
)
TEXTS = ["a photo of a cat", "Two dogs run over the beach!"]
SIZES = [(40, 40), (90, 57), (33, 133)]
"""Height and width of the pictures."""
_ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())
WORDS = len(_ALPHABET) + len(SPECIALS)
_SCHEME = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]}
_TEXT = {
    "vocab_size": WORDS, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512, "rms_norm_eps": 1e-6,
    "use_sliding_window": False, "tie_word_embeddings": False,
}  # fmt: skip
_SEEN = {
    "depth": 2,
    "num_heads": 3,
    "patch_size": 8,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}
_IDS = {
    "image_token_id": WORDS - 2, "video_token_id": WORDS - 1, "vision_start_token_id": WORDS - 4,
    "vision_end_token_id": WORDS - 3,
}  # fmt: skip
_PIXELS = {
    **ALL, "image_processor_type": "Qwen2VLImageProcessor", "resample": 3, "do_convert_rgb": True,
    "patch_size": 8, "merge_size": 2, "temporal_patch_size": 2,
    "size": {"shortest_edge": 256, "longest_edge": 6144},
    "image_mean": OF_CLIP["image_mean"], "image_std": OF_CLIP["image_std"],
}  # fmt: skip
_WAY = {"method": "forward", "method_output_name": "last_hidden_state"}
_QWEN_2 = {"embed_dim": 24, "hidden_size": 32, "mlp_ratio": 2, "hidden_act": "quick_gelu"}

VARIANTS: dict[str, dict[str, Any]] = {
    "qwen2_vl": {
        "config": {"model_type": "qwen2_vl", "architectures": ["Qwen2VLModel"], **_IDS,
                   "text_config": {**_TEXT, "model_type": "qwen2_vl_text", "rope_parameters": _SCHEME},
                   "vision_config": {**_SEEN, **_QWEN_2}},
        "class": "Qwen2VLProcessor",
    },
    "qwen2_vl-old": {  # as the first ones were published: options at the top, other names of tensors
        "config": {"model_type": "qwen2_vl", "architectures": ["Qwen2VLForConditionalGeneration"], **_IDS,
                   **_TEXT, "rope_theta": 10000.0, "hidden_act": "silu",
                   "rope_scaling": {"type": "mrope", "mrope_section": [1, 1, 2]},
                   "vision_config": {**_SEEN, **_QWEN_2, "in_chans": 3}},
        "class": "Qwen2VLProcessor", "names": ("model.", ""), "dtype": np.float16, "flat": True,
    },
    "qwen2_5_vl": {
        "config": {"model_type": "qwen2_5_vl", "architectures": ["Qwen2_5_VLModel"], **_IDS,
                   "text_config": {**_TEXT, "model_type": "qwen2_5_vl_text", "rope_parameters": _SCHEME},
                   "vision_config": {**_SEEN, "depth": 3, "hidden_size": 24, "intermediate_size": 40,
                                     "out_hidden_size": 32, "window_size": 32, "hidden_act": "silu",
                                     "fullatt_block_indexes": [1]}},
        "class": "Qwen2_5_VLProcessor",
    },
    "qwen3_vl": {
        "config": {"model_type": "qwen3_vl", "architectures": ["Qwen3VLModel"], **_IDS,
                   "text_config": {**_TEXT, "model_type": "qwen3_vl_text", "num_hidden_layers": 3,
                                   "head_dim": 8,
                                   "rope_parameters": {**_SCHEME, "mrope_interleaved": True}},
                   "vision_config": {**_SEEN, "depth": 3, "hidden_size": 24, "intermediate_size": 40,
                                     "out_hidden_size": 32, "num_position_embeddings": 36,
                                     "deepstack_visual_indexes": [0, 2], "hidden_act": "gelu_pytorch_tanh"}},
        "class": "Qwen3VLProcessor", "pixels": HALVES,
    },
}  # fmt: skip
VARIANTS["qwen3_vl-listed-backwards"] = {  # of its blocks, the deeper one first
    **VARIANTS["qwen3_vl"],
    "config": {
        **VARIANTS["qwen3_vl"]["config"],
        "vision_config": {
            **VARIANTS["qwen3_vl"]["config"]["vision_config"],
            "deepstack_visual_indexes": [2, 0],
        },
    },
}


PAGES = {
    "config": {"model_type": "colqwen2", "architectures": ["ColQwen2ForRetrieval"], "embedding_dim": 16,
               "vlm_config": VARIANTS["qwen2_vl"]["config"]},
    "class": "ColQwen2Processor", "names": ("vlm.language_model.", "vlm."), "pages": True,
}  # fmt: skip
"""A model that compares queries with pages."""


RERANKER = {
    **VARIANTS["qwen3_vl"],
    "config": {
        **VARIANTS["qwen3_vl"]["config"],
        "architectures": ["Qwen3VLForConditionalGeneration"],
    },
    "names": ("model.language_model.", "model."),
}
"""A language model that says whether a document, which may be an image, answers a query."""


def pairs(images: list[Any]) -> list[tuple[Any, Any]]:
    """Queries with images, and with a text."""
    return [(TEXTS[0], images[0]), (TEXTS[1], images[1]), (TEXTS[0], TEXTS[1])]


def pictures() -> list[np.ndarray]:
    """One of each of `SIZES`."""
    return [picture(*size, seed) for seed, size in enumerate(SIZES)]


def inputs(images: list[Any]) -> dict[str, Any]:
    """The forms in which a message may come, by name; each is one input."""
    first, second, third = images
    return {
        "text": TEXTS[1],
        "image": first,
        "wide": third,
        "text, image": {"text": TEXTS[0], "image": second},
        "image, text": {"image": second, "text": TEXTS[0]},
        "two images": {"text": TEXTS[0], "image": [first, third]},
        "pair": (TEXTS[0], second),
        "conversation": [
            {"role": "system", "content": [{"type": "text", "text": "Look."}]},
            {"role": "user", "content": [
                {"type": "text", "text": "this:"}, {"type": "image", "image": first},
                {"type": "text", "text": TEXTS[0]}, {"type": "image", "image": second}]},
        ],
    }  # fmt: skip


def build(name: str, folder: Path, seed: int = 7, video: Mapping[str, Any] | None = None) -> Path:
    """The folder of a variant; `video` are options of its video processor."""
    variant = {**VARIANTS, "colqwen2": PAGES, "reranker": RERANKER}[name]
    config: Mapping[str, Any] = variant["config"]
    write(folder / "config.json", config)
    said, seen = variant.get("names", ("language_model.", ""))
    family = seeing_families()[config["model_type"]]
    assert family.seeing is not None
    shapes = {said + key: shape for key, shape in shapes_of(describe(config), 32).items()}
    tower = shapes_of(family.seeing.tower(config), 32)
    shapes |= {seen + key: shape for key, shape in tower.items()}
    if variant.get("pages"):
        shapes |= shapes_of(family.seeing.retrieving.head(config), 32)
    kind = variant.get("dtype", np.float32)
    weights = {key: np.asarray(numbers(key, s, seed), kind) for key, s in shapes.items()}
    if "ForConditionalGeneration" in config["architectures"][0]:
        weights["lm_head.weight"] = np.asarray(numbers("lm_head.weight", (WORDS, 32), seed), kind)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    _write_processor(variant, folder, video or {})
    _write_tokenizer(folder)
    settings = {
        "transformer_task": "feature-extraction", "module_output_name": "token_embeddings",
        "modality_config": {**dict.fromkeys(("text", "image", "video"), _WAY),
                            "message": {**_WAY, "format": "structured"}},
    }  # fmt: skip
    write(folder / "sentence_bert_config.json", settings)
    if variant.get("pages"):
        return _write_pages(folder)
    if name == "reranker":
        return _write_reranker(folder)
    pooled = {"embedding_dimension": 32, "pooling_mode": "lasttoken", "include_prompt": True}
    write(folder / "1_Pooling" / "config.json", pooled)
    kinds = [("", TRANSFORMER), ("1_Pooling", POOLING)]
    entries = [{"idx": i, "name": str(i), "path": p, "type": t} for i, (p, t) in enumerate(kinds)]
    write(folder / "modules.json", entries)
    return folder


def _write_pages(folder: Path) -> Path:
    """What stands around a model that compares pages."""
    way = {"method": "forward", "method_output_name": "embeddings"}
    settings = {
        "transformer_task": "retrieval", "module_output_name": "token_embeddings",
        "modality_config": {"text": way, "image": way},
    }  # fmt: skip
    write(folder / "sentence_bert_config.json", settings)
    mask = "sentence_transformers.multi_vector_encoder.modules.multi_vector_mask.MultiVectorMask"
    kinds = [("", TRANSFORMER), ("1_MultiVectorMask", mask)]
    write(
        folder / "modules.json",
        [{"idx": i, "name": str(i), "path": p, "type": t} for i, (p, t) in enumerate(kinds)],
    )
    write(
        folder / "1_MultiVectorMask" / "config.json",
        {"skiplist_words": [], "skiplist_tasks": ["document"]},
    )
    write(folder / "config_sentence_transformers.json", {"model_type": "MultiVectorEncoder"})
    return folder


def _write_reranker(folder: Path) -> Path:
    """What stands around a language model that compares pairs."""
    way = {"method": "forward", "method_output_name": "logits"}
    settings = {
        "transformer_task": "any-to-any", "module_output_name": "causal_logits",
        "modality_config": {"text": way, "image": way, "message": {**way, "format": "structured"}},
    }  # fmt: skip
    write(folder / "sentence_bert_config.json", settings)
    score = "sentence_transformers.cross_encoder.modules.logit_score.LogitScore"
    kinds = [("", TRANSFORMER), ("1_LogitScore", score)]
    entries = [{"idx": i, "name": str(i), "path": p, "type": t} for i, (p, t) in enumerate(kinds)]
    write(folder / "modules.json", entries)
    write(folder / "1_LogitScore" / "config.json", {"true_token_id": 40, "false_token_id": 33})
    own = {"model_type": "CrossEncoder", "activation_fn": "torch.nn.modules.linear.Identity"}
    write(folder / "config_sentence_transformers.json", own)
    return folder


def _write_processor(variant: Mapping[str, Any], folder: Path, options: Mapping[str, Any]) -> None:
    pixels = {**_PIXELS, **variant.get("pixels", {})}
    kind = "Qwen3VLVideoProcessor" if "Qwen3" in variant["class"] else "Qwen2VLVideoProcessor"
    video = {**pixels, "video_processor_type": kind, **options}
    video.pop("image_processor_type")
    if options and variant.get("flat"):
        write(folder / "video_preprocessor_config.json", video)
    if variant.get("flat"):
        areas = pixels.pop("size")
        own = {"min_pixels": areas["shortest_edge"], "max_pixels": areas["longest_edge"]}
        write(
            folder / "preprocessor_config.json",
            {**pixels, **own, "processor_class": variant["class"]},
        )
        return
    parts = {
        "image_processor": pixels,
        "video_processor": video,
        "processor_class": variant["class"],
    }
    write(folder / "processor_config.json", parts)


def _write_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(_ALPHABET)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIALS)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
        "additional_special_tokens": SPECIALS[1:], "model_max_length": 512,
    }  # fmt: skip
    write(folder / "tokenizer_config.json", settings)
    (folder / "chat_template.jinja").write_text(TEMPLATE, "utf-8")
