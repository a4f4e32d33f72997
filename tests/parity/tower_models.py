"""Tiny random towers as folders, for the parity tests of images; made with numpy alone, always the same."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tests.parity.tower_tokenizers import (
    CLIP_WORDS,
    GEMMA_WORDS,
    byte_words,
    write,
    write_byte_tokenizer,
    write_clip_tokenizer,
    write_lower_tokenizer,
    write_siglip_tokenizer,
)

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
    inner = own.get("intermediate_size") or int(own["hidden_size"] * own["mlp_ratio"])
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


def chinese(config: Mapping[str, Any]) -> Shapes:
    """CLIP's pictures, and a BERT."""
    text, out = config["text_config"], config["projection_dim"]
    h, inner, name = text["hidden_size"], text["intermediate_size"], "text_model."
    kept = {n: s for n, s in clip(config).items() if not n.startswith("text_model.")}
    tables = {
        "word": text["vocab_size"],
        "position": text["max_position_embeddings"],
        "token_type": 2,
    }
    found = {f"{name}embeddings.{kind}_embeddings.weight": (n, h) for kind, n in tables.items()}
    found |= linear(f"{name}embeddings.LayerNorm", 0, h)
    for layer in range(text["num_hidden_layers"]):
        own = f"{name}encoder.layer.{layer}."
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            found |= linear(f"{own}attention.{part}", h, h)
        found |= linear(f"{own}attention.output.LayerNorm", 0, h)
        found |= linear(f"{own}intermediate.dense", h, inner) | linear(
            f"{own}output.dense", inner, h
        )
        found |= linear(f"{own}output.LayerNorm", 0, h)
    return {**kept, **found, "text_projection.weight": (out, h)}


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

VIT = {
    "query": "attention.attention.query", "key": "attention.attention.key",
    "value": "attention.attention.value", "output": "attention.output.dense",
    "before": "layernorm_before", "between": "layernorm_after", "up": "intermediate.dense",
    "down": "output.dense",
}  # fmt: skip
DINO = {**VIT, "before": "norm1", "between": "norm2", "up": "mlp.fc1", "down": "mlp.fc2"}
DINO_3 = {
    "query": "attention.q_proj", "key": "attention.k_proj", "value": "attention.v_proj",
    "output": "attention.o_proj", "before": "norm1", "between": "norm2", "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}  # fmt: skip


def patches(config: Mapping[str, Any], name: str = "projection") -> dict[str, tuple[int, ...]]:
    """The first layer of ViT and DINO, with a vector of the whole."""
    hidden, patch = config["hidden_size"], config["patch_size"]
    part = f"embeddings.patch_embeddings{name and '.'}{name}"
    return {
        "embeddings.cls_token": (1, 1, hidden),
        f"{part}.weight": (hidden, 3, patch, patch),
        f"{part}.bias": (hidden,),
    }


def places(config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    count = (config["image_size"] // config["patch_size"]) ** 2 + 1
    return {"embeddings.position_embeddings": (1, count, config["hidden_size"])}


def vit(config: Mapping[str, Any]) -> Shapes:
    return {
        **patches(config), **places(config), **blocks("encoder.layer.", config, **VIT),
        **linear("layernorm", 0, config["hidden_size"]),
    }  # fmt: skip


def dinov2(config: Mapping[str, Any]) -> Shapes:
    hidden, found = config["hidden_size"], {**patches(config), **places(config)}
    found["embeddings.mask_token"] = (1, hidden)
    if "num_register_tokens" in config:
        found["embeddings.register_tokens"] = (1, config["num_register_tokens"], hidden)
    found |= blocks("encoder.layer.", config, **DINO)
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        for scale in ("1", "2"):
            found[f"{name}layer_scale{scale}.lambda1"] = (hidden,)
        if config.get("use_swiglu_ffn"):
            for part in ("fc1", "fc2"):
                for end in ("weight", "bias"):
                    del found[f"{name}mlp.{part}.{end}"]
            inner = (int(int(hidden * config["mlp_ratio"]) * 2 / 3) + 7) // 8 * 8
            found |= linear(f"{name}mlp.weights_in", hidden, 2 * inner)
            found |= linear(f"{name}mlp.weights_out", inner, hidden)
    return {**found, **linear("layernorm", 0, hidden)}


def dinov3(config: Mapping[str, Any]) -> Shapes:
    hidden = config["hidden_size"]
    found: dict[str, tuple[int, ...]] = {
        **patches(config, ""),
        "embeddings.mask_token": (1, 1, hidden),
        "embeddings.register_tokens": (1, config["num_register_tokens"], hidden),
        **blocks("layer.", config, **DINO_3),
        **linear("norm", 0, hidden),
    }
    for layer in range(config["num_hidden_layers"]):
        del found[f"layer.{layer}.attention.k_proj.bias"]
        for scale in ("1", "2"):
            found[f"layer.{layer}.layer_scale{scale}.lambda1"] = (hidden,)
        if config.get("use_gated_mlp"):
            found |= linear(f"layer.{layer}.mlp.gate_proj", hidden, config["intermediate_size"])
    return found


def siglip(config: Mapping[str, Any]) -> Shapes:
    text, seen = config["text_config"], config["vision_config"]
    h, v, patch = text["hidden_size"], seen["hidden_size"], seen["patch_size"]
    head, inner = "vision_model.head.", seen["intermediate_size"]
    packed = "num_patches" in seen
    count = seen["num_patches"] if packed else (seen["image_size"] // patch) ** 2
    return {
        "logit_bias": (1,), "logit_scale": (1,),
        "text_model.embeddings.token_embedding.weight": (text["vocab_size"], h),
        "text_model.embeddings.position_embedding.weight": (text["max_position_embeddings"], h),
        **blocks("text_model.encoder.layers.", text, **CLIP),
        **linear("text_model.final_layer_norm", 0, h),
        **linear("text_model.head", h, text.get("projection_size", h)),
        "vision_model.embeddings.patch_embedding.weight": (
            (v, 3 * patch * patch) if packed else (v, 3, patch, patch)),
        "vision_model.embeddings.patch_embedding.bias": (v,),
        "vision_model.embeddings.position_embedding.weight": (count, v),
        **blocks("vision_model.encoder.layers.", seen, **CLIP),
        **linear("vision_model.post_layernorm", 0, v),
        f"{head}probe": (1, 1, v),
        f"{head}attention.in_proj_weight": (3 * v, v), f"{head}attention.in_proj_bias": (3 * v,),
        **linear(f"{head}attention.out_proj", v, v), **linear(f"{head}layernorm", 0, v),
        **linear(f"{head}mlp.fc1", v, inner), **linear(f"{head}mlp.fc2", inner, v),
    }  # fmt: skip


FILLED = {"processing_kwargs": {"text": {"padding": "max_length", "max_length": 40}}}


def siglip_options(model_type: str, longest: int = 16, **seen: Any) -> dict[str, Any]:
    reading = tower(vocab_size=len(GEMMA_WORDS), max_position_embeddings=longest, pad_token_id=0)
    reading |= {"bos_token_id": 1, "eos_token_id": 1}
    architecture = model_type.title() + "Model"
    return {
        "model_type": model_type, "architectures": [architecture], "text_config": reading,
        "vision_config": tower(**seen),
    }  # fmt: skip


SEEN = {"image": {"method": "forward", "method_output_name": "last_hidden_state"}}
HALVES = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
ALL = {
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "rescale_factor": 0.00392156862745098,
}
OF_VIT = {**ALL, **HALVES, "image_processor_type": "ViTImageProcessor", "resample": 2}
OF_DINO = {
    **ALL, **IMAGENET, "image_processor_type": "BitImageProcessor", "resample": 3, "do_center_crop": True,
    "crop_size": {"height": 32, "width": 32}, "size": {"shortest_edge": 40}, "do_convert_rgb": True,
}  # fmt: skip
OF_DINO_3 = {**ALL, **IMAGENET, "image_processor_type": "DINOv3ViTImageProcessor", "resample": 2}
OF_SIGLIP = {**ALL, **HALVES, "image_processor_type": "SiglipImageProcessor", "resample": 3}
OF_SIGLIP_2 = {
    **ALL, **HALVES, "image_processor_type": "Siglip2ImageProcessor", "resample": 2, "patch_size": 16,
    "max_num_patches": 256,
}  # fmt: skip

META = ("<s>", "<pad>", "</s>", "<unk>")
CHINESE = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")

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
    "metaclip-2": {  # whose end is the id that older files of CLIP mean nothing by
        "shapes": clip, "ways": BOTH, "flat": OF_CLIP,
        "config": clip_options(model_type="metaclip_2", architectures=["MetaClip2Model"], text={
            "vocab_size": len(byte_words(META))}),
        "tokenizer": lambda folder: write_byte_tokenizer(
            folder, META, {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>",
                           "model_max_length": 24}, ("<s>", "</s>")),
    },
    "chinese-clip": {
        "shapes": chinese, "ways": BOTH,
        "flat": {**OF_CLIP, "image_processor_type": "ChineseCLIPImageProcessor", "do_center_crop": False,
                 "size": {"height": 32, "width": 32}},
        "config": clip_options(model_type="chinese_clip", architectures=["ChineseCLIPModel"], text={
            "vocab_size": len(byte_words(CHINESE)), "hidden_act": "gelu", "pad_token_id": 0,
            "type_vocab_size": 2, "layer_norm_eps": 1e-12, "bos_token_id": None, "eos_token_id": None}),
        "tokenizer": lambda folder: write_byte_tokenizer(
            folder, CHINESE, {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]",
                              "unk_token": "[UNK]", "model_max_length": 24}, ("[CLS]", "[SEP]")),
    },
    "vit": {
        "shapes": vit, "ways": SEEN, "pooling": "cls", "dtype": np.float16,
        "config": {"model_type": "vit", "architectures": ["ViTModel"], **tower(image_size=48, patch_size=16)},
        "flat": {**OF_VIT, "size": {"height": 48, "width": 48}},
    },
    "vit-plain": {
        "shapes": vit, "plain": True,
        "config": {"model_type": "vit", "architectures": ["ViTModel"], "qkv_bias": True,
                   **tower(image_size=32, patch_size=8)},
        "flat": {**OF_VIT, "size": 32},
    },
    "dinov2": {
        "shapes": dinov2, "ways": SEEN, "pooling": "mean", "flat": OF_DINO,
        "config": {"model_type": "dinov2", "architectures": ["Dinov2Model"], "mlp_ratio": 2,
                   **tower(image_size=48, patch_size=8, intermediate_size=None)},
    },
    "dinov2-gated": {
        "shapes": dinov2, "ways": SEEN, "pooling": "cls", "flat": OF_DINO,
        "config": {"model_type": "dinov2", "architectures": ["Dinov2Model"], "mlp_ratio": 3,
                   "use_swiglu_ffn": True, **tower(image_size=32, patch_size=8, intermediate_size=None)},
    },
    "dinov2-registers": {
        "shapes": dinov2, "ways": SEEN, "pooling": "mean", "flat": OF_DINO,
        "config": {"model_type": "dinov2_with_registers", "architectures": ["Dinov2WithRegistersModel"],
                   "mlp_ratio": 2, "num_register_tokens": 3,
                   **tower(image_size=64, patch_size=8, intermediate_size=None)},
    },
    "dinov3": {
        "shapes": dinov3, "ways": SEEN, "pooling": "mean",
        "flat": {**OF_DINO_3, "size": {"height": 32, "width": 48}},
        "config": {"model_type": "dinov3_vit", "architectures": ["DINOv3ViTModel"], "num_register_tokens": 2,
                   **tower(image_size=32, patch_size=8)},
    },
    "dinov3-gated": {
        "shapes": dinov3, "ways": SEEN, "pooling": "cls",
        "flat": {**OF_DINO_3, "size": {"height": 32, "width": 32}},
        "config": {"model_type": "dinov3_vit", "architectures": ["DINOv3ViTModel"], "num_register_tokens": 4,
                   "use_gated_mlp": True, "hidden_act": "silu", **tower(image_size=32, patch_size=16)},
    },
    "siglip": {
        "shapes": siglip, "ways": BOTH, "tokenizer": write_siglip_tokenizer,
        "config": siglip_options("siglip", image_size=32, patch_size=8),
        "processor": {**OF_SIGLIP, "size": {"height": 32, "width": 32}},
    },
    "siglip2": {
        "shapes": siglip, "ways": BOTH, "tokenizer": write_lower_tokenizer,
        "config": siglip_options("siglip2", 64, num_patches=16, patch_size=16), "processor": OF_SIGLIP_2,
    },
    "siglip-filled": {
        "shapes": siglip, "ways": BOTH, "tokenizer": lambda folder: write_siglip_tokenizer(folder, 40),
        "config": siglip_options("siglip", 48, image_size=32, patch_size=16), "settings": FILLED,
        "processor": {**OF_SIGLIP, "size": {"height": 32, "width": 32}},
    },
    "clip-rest": {  # patches leave pixels on the right and below, as do those of siglip-so400m-patch14-384
        "shapes": clip, "config": clip_options(image={"image_size": 35}), "ways": BOTH,
        "processor": {**OF_CLIP, "crop_size": {"height": 35, "width": 35}, "size": {"shortest_edge": 38}},
        "tokenizer": lambda folder: write_clip_tokenizer(folder, old=False),
    },
    "vit-rest": {
        "shapes": vit, "ways": SEEN, "pooling": "mean", "flat": {**OF_VIT, "size": 33},
        "config": {"model_type": "vit", "architectures": ["ViTModel"], **tower(image_size=33, patch_size=16)},
    },
    "dinov2-rest": {
        "shapes": dinov2, "ways": SEEN, "pooling": "mean",
        "flat": {**OF_DINO, "crop_size": {"height": 33, "width": 39}},
        "config": {"model_type": "dinov2", "architectures": ["Dinov2Model"], "mlp_ratio": 2,
                   **tower(image_size=50, patch_size=8, intermediate_size=None)},
    },
    "dinov3-rest": {
        "shapes": dinov3, "ways": SEEN, "pooling": "mean",
        "flat": {**OF_DINO_3, "size": {"height": 37, "width": 45}},
        "config": {"model_type": "dinov3_vit", "architectures": ["DINOv3ViTModel"], "num_register_tokens": 2,
                   **tower(image_size=32, patch_size=8)},
    },
    "siglip-rest": {
        "shapes": siglip, "ways": BOTH, "tokenizer": write_siglip_tokenizer,
        "config": siglip_options("siglip", image_size=31, patch_size=14),
        "processor": {**OF_SIGLIP, "size": {"height": 31, "width": 31}},
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


def build(name: str, folder: Path, seed: int = 7) -> Path:
    """The folder of a variant."""
    variant = VARIANTS[name]
    shapes: Callable[[Mapping[str, Any]], Shapes] = variant["shapes"]
    config, place = variant["config"], folder / variant.get("path", "")
    write(place / "config.json", {key: each for key, each in config.items() if each is not None})
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
