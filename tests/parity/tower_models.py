"""Tiny random towers as folders, for the parity tests of images; made with numpy alone, always the same."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

TEXTS = [
    "a photo of the cat",
    "Two dogs run over the beach!",
    "",
    "The river carries small stones.",
]
SIZES = [(40, 40), (30, 57), (61, 33), (90, 17)]
"""Height and width of the pictures."""

Shapes = Mapping[str, tuple[int, ...]]
TRANSFORMER = "sentence_transformers.base.modules.transformer.Transformer"
POOLING = "sentence_transformers.sentence_transformer.modules.pooling.Pooling"


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Waves with edges, uint8 (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    rng = np.random.default_rng(seed)
    out = np.zeros((height, width, 3))
    for c in range(3):
        a, b, p = *rng.uniform(0.02, 0.3, 2), rng.uniform(0, 6)
        out[..., c] = 127 + 80 * np.sin(a * x + b * y + p) + 40 * ((x // 7 + y // 5 + c) % 2)
    return np.clip(out, 0, 255).astype(np.uint8)


def pictures() -> list[np.ndarray]:
    """One of each of `SIZES`."""
    return [picture(*size, seed) for seed, size in enumerate(SIZES)]


def block(name: str, hidden: int, inner: int, **names: str) -> dict[str, tuple[int, ...]]:
    """A pre-norm block; `names` are those of its parts."""
    found: dict[str, tuple[int, ...]] = {}
    for part in ("query", "key", "value", "output"):
        found |= linear(f"{name}{names[part]}", hidden, hidden)
    for part in ("before", "between"):
        found |= linear(f"{name}{names[part]}", 0, hidden)
    found |= linear(f"{name}{names['up']}", hidden, inner)
    return found | linear(f"{name}{names['down']}", inner, hidden)


def linear(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    """A matrix and a vector; of a norm, whose `inputs` are 0, two vectors."""
    weight = (outputs, inputs) if inputs else (outputs,)
    return {f"{name}.weight": weight, f"{name}.bias": (outputs,)}


CLIP = {
    "query": "self_attn.q_proj", "key": "self_attn.k_proj", "value": "self_attn.v_proj",
    "output": "self_attn.out_proj", "before": "layer_norm1", "between": "layer_norm2", "up": "mlp.fc1",
    "down": "mlp.fc2",
}  # fmt: skip


def blocks(prefix: str, own: Mapping[str, Any], **names: str) -> dict[str, tuple[int, ...]]:
    """All blocks of a tower with these options."""
    found: dict[str, tuple[int, ...]] = {}
    inner = own.get("intermediate_size") or own["hidden_size"] * own["mlp_ratio"]
    for layer in range(own["num_hidden_layers"]):
        found |= block(f"{prefix}{layer}.", own["hidden_size"], inner, **names)
    return found


def clip(config: Mapping[str, Any]) -> Shapes:
    text, seen, out = config["text_config"], config["vision_config"], config["projection_dim"]
    h, v, patch = text["hidden_size"], seen["hidden_size"], seen["patch_size"]
    places = (seen["image_size"] // patch) ** 2 + 1
    return {
        "logit_scale": (),
        "text_model.embeddings.token_embedding.weight": (text["vocab_size"], h),
        "text_model.embeddings.position_embedding.weight": (text["max_position_embeddings"], h),
        **blocks("text_model.encoder.layers.", text, **CLIP),
        **linear("text_model.final_layer_norm", 0, h),
        "text_projection.weight": (out, h),
        "vision_model.embeddings.class_embedding": (v,),
        "vision_model.embeddings.patch_embedding.weight": (v, 3, patch, patch),
        "vision_model.embeddings.position_embedding.weight": (places, v),
        **linear("vision_model.pre_layrnorm", 0, v),
        **blocks("vision_model.encoder.layers.", seen, **CLIP),
        **linear("vision_model.post_layernorm", 0, v),
        "visual_projection.weight": (out, v),
    }


def clip_tokenizer() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Bytes, bytes at the end of a word, and a few merges; the ends of a text are the greatest ids."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {each: place for place, each in enumerate(alphabet)}
    for each in alphabet:
        vocabulary[f"{each}</w>"] = len(vocabulary)
    merges = [("t", "h"), ("th", "e</w>"), ("c", "a"), ("ca", "t</w>"), ("o", "v"), ("ov", "e")]
    for left, right in merges:
        vocabulary[left + right] = len(vocabulary)
    for each in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[each] = len(vocabulary)
    return vocabulary, merges


CLIP_WORDS = len(clip_tokenizer()[0])
CLIP_SPLIT = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)


def write_clip_tokenizer(folder: Path, old: bool) -> None:
    """``tokenizer.json``, or with `old` the two files that it was made of."""
    vocabulary, merges = clip_tokenizer()
    settings: dict[str, Any] = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 24}
    end = "<|endoftext|>"
    settings |= dict.fromkeys(("eos_token", "pad_token", "unk_token"), end)
    settings["bos_token"] = "<|startoftext|>"
    write(folder / "tokenizer_config.json", settings)
    if old:
        write(folder / "vocab.json", vocabulary)
        lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n", "utf-8")
        return
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary, merges=merges, continuing_subword_prefix="", end_of_word_suffix="</w>",
            unk_token=end,
        )
    )  # fmt: skip
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CLIP_SPLIT), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    ends = [(each, vocabulary[each]) for each in (end, "<|startoftext|>")]
    tokenizer.post_processor = processors.RobertaProcessing(*ends, False, False)
    tokenizer.add_special_tokens(["<|startoftext|>", end])
    tokenizer.save(str(folder / "tokenizer.json"))


def tower(**more: Any) -> dict[str, Any]:
    """Options of a small one."""
    sizes = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    return {**sizes, **more}


def clip_options(**more: Any) -> dict[str, Any]:
    reading = tower(
        vocab_size=CLIP_WORDS, max_position_embeddings=24, pad_token_id=1, bos_token_id=0
    )
    reading |= {"hidden_size": 24, "num_attention_heads": 3, "eos_token_id": 2}
    seeing = tower(image_size=32, patch_size=8)
    own = {
        "text_config": reading | more.pop("text", {}),
        "vision_config": seeing | more.pop("image", {}),
    }
    return {
        "model_type": "clip",
        "architectures": ["CLIPModel"],
        "projection_dim": 20,
        **own,
        **more,
    }


BOTH = {
    name: {"method": f"get_{name}_features", "method_output_name": "pooler_output"}
    for name in ("text", "image")
}
OF_CLIP = {
    "image_processor_type": "CLIPImageProcessor", "crop_size": {"height": 32, "width": 32},
    "size": {"shortest_edge": 32}, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True,
    "do_rescale": True, "do_resize": True, "resample": 3, "rescale_factor": 0.00392156862745098,
    "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
}  # fmt: skip
OLD_CLIP = {
    "crop_size": 48, "do_center_crop": True, "do_normalize": True, "do_resize": True, "size": 48,
    "feature_extractor_type": "CLIPFeatureExtractor", "resample": 3,
    "image_mean": OF_CLIP["image_mean"], "image_std": OF_CLIP["image_std"],
}  # fmt: skip

VARIANTS: dict[str, dict[str, Any]] = {
    "clip": {
        "shapes": clip, "config": clip_options(), "ways": BOTH, "processor": OF_CLIP,
        "tokenizer": lambda folder: write_clip_tokenizer(folder, old=False),
    },
    "clip-old": {  # as clip-ViT-B-32 lies on the Hub: a folder and a class of its own, old files
        "shapes": clip, "path": "0_CLIPModel", "type": "sentence_transformers.models.CLIPModel",
        "config": clip_options(
            text={"hidden_act": "gelu", "eos_token_id": CLIP_WORDS - 1}, image={
                "hidden_act": "gelu", "image_size": 48, "patch_size": 16, "num_hidden_layers": 3,
                "hidden_size": 48, "num_attention_heads": 3}, projection_dim=12),
        "flat": OLD_CLIP, "dtype": np.float16,
        "tokenizer": lambda folder: write_clip_tokenizer(folder, old=True),
    },
    "clip-plain": {  # without a list of modules
        "shapes": clip, "config": clip_options(), "flat": OF_CLIP, "plain": True,
        "tokenizer": lambda folder: write_clip_tokenizer(folder, old=False),
    },
}  # fmt: skip


def numbers(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Weights that show errors: attention far from even, norms and biases that matter."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    if not shape:
        return np.float32(2.6)
    noise = rng.normal(size=shape)
    last = name.rpartition(".")[2]
    if "norm" in name and len(shape) == 1:
        return noise * 0.2 + 1.0 if last == "weight" else noise * 0.1
    if last in ("bias", "in_proj_bias") or len(shape) == 1:
        return noise * (0.1 if "bias" in last else 0.5)
    if ("embed" in name and "patch" not in name) or last in ("probe", "position_embeddings"):
        return noise * 0.5
    return noise * 1.3 / np.sqrt(np.prod(shape[1:]))


def write(file: Path, content: Any) -> None:
    """JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1), "utf-8")


def build(name: str, folder: Path, seed: int = 7) -> Path:
    """The folder of a variant."""
    variant = VARIANTS[name]
    shapes: Callable[[Mapping[str, Any]], Shapes] = variant["shapes"]
    config, place = variant["config"], folder / variant.get("path", "")
    write(place / "config.json", config)
    kind = variant.get("dtype", np.float32)
    weights = {n: np.asarray(numbers(n, s, seed), kind) for n, s in shapes(config).items()}
    save_file(weights, place / "model.safetensors", {"format": "pt"})
    if "processor" in variant:
        write(place / "processor_config.json", {"image_processor": variant["processor"]})
    if "flat" in variant:
        write(place / "preprocessor_config.json", variant["flat"])
    if "tokenizer" in variant:
        variant["tokenizer"](place)
    if variant.get("plain"):
        return folder
    pooled = variant.get("pooling")
    result = "token_embeddings" if pooled else "sentence_embedding"
    if "ways" in variant:
        settings = {"transformer_task": "feature-extraction", "modality_config": variant["ways"]}
        settings |= {"module_output_name": result, **variant.get("settings", {})}
        write(place / "sentence_bert_config.json", settings)
    entries = [
        {
            "idx": 0,
            "name": "0",
            "path": variant.get("path", ""),
            "type": variant.get("type", TRANSFORMER),
        }
    ]
    if pooled:
        entries.append({"idx": 1, "name": "1", "path": "1_Pooling", "type": POOLING})
        size = {
            "embedding_dimension": config["hidden_size"],
            "pooling_mode": pooled,
            "include_prompt": True,
        }
        write(folder / "1_Pooling" / "config.json", size)
    write(folder / "modules.json", entries)
    return folder
