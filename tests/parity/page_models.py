"""Tiny random models of pages as folders: pictures among words; made with numpy alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tests.parity.tower_models import (
    ALL,
    CLIP,
    HALVES,
    OF_SIGLIP,
    TRANSFORMER,
    Shapes,
    blocks,
    linear,
    numbers,
    tower,
)
from tests.parity.tower_tokenizers import byte_words, write, write_byte_tokenizer

QUERIES = ["where is the cat?", "The river carries small stones, and the sea takes them.", ""]
MASK = "sentence_transformers.multi_vector_encoder.modules.multi_vector_mask.MultiVectorMask"
DECODER = {
    "query": "self_attn.q_proj", "key": "self_attn.k_proj", "value": "self_attn.v_proj",
    "output": "self_attn.o_proj",
}  # fmt: skip
GATED = ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")


def siglip_vision(prefix: str, own: Mapping[str, Any]) -> Shapes:
    """The tower of pictures without its head."""
    hidden, patch = own["hidden_size"], own["patch_size"]
    name = f"{prefix}vision_model."
    return {
        f"{name}embeddings.patch_embedding.weight": (hidden, 3, patch, patch),
        f"{name}embeddings.patch_embedding.bias": (hidden,),
        f"{name}embeddings.position_embedding.weight": ((own["image_size"] // patch) ** 2, hidden),
        **blocks(f"{name}encoder.layers.", own, **CLIP),
        **linear(f"{name}post_layernorm", 0, hidden),
    }


def decoder(prefix: str, own: Mapping[str, Any]) -> Shapes:
    """Llama's layout over grouped heads, and words."""
    hidden, inner, size = own["hidden_size"], own["intermediate_size"], own["head_dim"]
    wide = {"q": own["num_attention_heads"] * size, "kv": own["num_key_value_heads"] * size}
    found: dict[str, tuple[int, ...]] = {
        f"{prefix}embed_tokens.weight": (own["vocab_size"], hidden),
        f"{prefix}norm.weight": (hidden,),
    }
    for layer in range(own["num_hidden_layers"]):
        name = f"{prefix}layers.{layer}."
        gate, up, down = GATED
        found |= {
            f"{name}{DECODER['query']}.weight": (wide["q"], hidden),
            f"{name}{DECODER['key']}.weight": (wide["kv"], hidden),
            f"{name}{DECODER['value']}.weight": (wide["kv"], hidden),
            f"{name}{DECODER['output']}.weight": (hidden, wide["q"]),
            f"{name}{gate}.weight": (inner, hidden),
            f"{name}{up}.weight": (inner, hidden),
            f"{name}{down}.weight": (hidden, inner),
            f"{name}input_layernorm.weight": (hidden,),
            f"{name}post_attention_layernorm.weight": (hidden,),
        }
    return found


def colpali(config: Mapping[str, Any]) -> Shapes:
    """Under the names of published files."""
    model = config["vlm_config"]
    text, seen = model["text_config"], model["vision_config"]
    return {
        **siglip_vision("vlm.vision_tower.", seen),
        **linear("vlm.multi_modal_projector.linear", seen["hidden_size"], text["hidden_size"]),
        **decoder("vlm.language_model.model.", text),
        **linear("embedding_proj_layer", text["hidden_size"], config["embedding_dim"]),
    }


def colpali_options() -> dict[str, Any]:
    """SigLIP of 9 patches, and Gemma with two keys for four queries."""
    words = byte_words(PALI)
    text = tower(vocab_size=len(words), head_dim=12, num_key_value_heads=2, model_type="gemma")
    seen = tower(image_size=48, patch_size=16, model_type="siglip_vision_model")
    seen |= {
        "hidden_size": 24,
        "num_attention_heads": 3,
        "projection_dim": 32,
        "vision_use_head": False,
    }
    model = {
        "model_type": "paligemma", "text_config": text | {"num_hidden_layers": 1}, "vision_config": seen,
        "projection_dim": 32, "image_token_index": words.index("<image>"),
    }  # fmt: skip
    return {
        "model_type": "colpali", "architectures": ["ColPaliForRetrieval"], "embedding_dim": 12,
        "vlm_config": model,
    }  # fmt: skip


def modernbert(prefix: str, own: Mapping[str, Any]) -> Shapes:
    """Queries, keys and values as one; so are gates and inputs."""
    hidden, inner = own["hidden_size"], own["intermediate_size"]
    found: dict[str, tuple[int, ...]] = {
        f"{prefix}embeddings.tok_embeddings.weight": (own["vocab_size"], hidden),
        f"{prefix}embeddings.norm.weight": (hidden,),
        f"{prefix}final_norm.weight": (hidden,),
    }
    for layer in range(own["num_hidden_layers"]):
        name = f"{prefix}layers.{layer}."
        found |= {
            f"{name}attn.Wqkv.weight": (3 * hidden, hidden),
            f"{name}attn.Wo.weight": (hidden, hidden),
            f"{name}mlp.Wi.weight": (2 * inner, hidden),
            f"{name}mlp.Wo.weight": (hidden, inner),
            f"{name}mlp_norm.weight": (hidden,),
        }
        if layer:
            found[f"{name}attn_norm.weight"] = (hidden,)
    return found


def colmodernvbert(config: Mapping[str, Any]) -> Shapes:
    model = config["vlm_config"]
    text, seen, square = (
        model["text_config"],
        model["vision_config"],
        model["pixel_shuffle_factor"],
    )
    return {
        **siglip_vision("vlm.", seen),
        "vlm.connector.modality_projection.weight": (
            text["hidden_size"], seen["hidden_size"] * square**2),
        **modernbert("vlm.text_model.", text),
        **linear("embedding_proj_layer", text["hidden_size"], config["embedding_dim"]),
    }  # fmt: skip


def colmodernvbert_options() -> dict[str, Any]:
    """SigLIP of 6 x 6 patches, in squares of 3 x 3, and ModernBERT with one global layer of three."""
    words = byte_words(VBERT)
    text = tower(vocab_size=len(words), model_type="modernbert", local_attention=8, pad_token_id=0)
    text |= {"num_hidden_layers": 3, "intermediate_size": 40}
    seen = tower(image_size=48, patch_size=8, model_type="siglip_vision_model")
    seen |= {"hidden_size": 24, "num_attention_heads": 3, "vision_use_head": False}
    model = {
        "model_type": "modernvbert", "text_config": text, "vision_config": seen, "pixel_shuffle_factor": 3,
        "image_token_id": words.index("<image>"),
    }  # fmt: skip
    return {
        "model_type": "colmodernvbert", "architectures": ["ColModernVBertForRetrieval"],
        "embedding_dim": 12, "vlm_config": model,
    }  # fmt: skip


VBERT = (
    "<pad>", "[CLS]", "[SEP]", "[MASK]", "<unk>", "<|begin_of_text|>", "<fake_token_around_image>", "<image>",
    "<end_of_utterance>", "<global-img>",
    *(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)),
)  # fmt: skip
PALI = ("<pad>", "<eos>", "<bos>", "<unk>", "<image>")
ROLES = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"}
VARIANTS: dict[str, dict[str, Any]] = {
    "colpali": {
        "shapes": colpali, "config": colpali_options(), "specials": PALI, "roles": ROLES,
        "image_processor": {
            **OF_SIGLIP, "size": {"height": 48, "width": 48}, "image_seq_length": 9,
        },
        "processor": {"processor_class": "ColPaliProcessor", "query_prefix": "Find the ",
                      "visual_prompt_prefix": "What is there?"},
    },
    "colmodernvbert": {
        "shapes": colmodernvbert, "config": colmodernvbert_options(), "specials": VBERT,
        "roles": {"pad_token": "<pad>", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "<unk>",
                  "mask_token": "[MASK]"},
        "ends": ("[CLS]", "[SEP]"), "longest": 512,
        "image_processor": {
            **ALL, **HALVES, "image_processor_type": "Idefics3ImageProcessor", "resample": 1,
            "size": {"longest_edge": 96}, "max_image_size": {"longest_edge": 48}, "do_convert_rgb": True,
            "do_image_splitting": True, "do_pad": True,
        },
        "processor": {"processor_class": "ColModernVBertProcessor", "image_seq_len": 4},
    },
}  # fmt: skip


def build(name: str, folder: Path, plain: bool = False, seed: int = 5) -> Path:
    """The folder of a variant; a `plain` one lists no modules, as those that are published."""
    variant = VARIANTS[name]
    shapes: Callable[[Mapping[str, Any]], Shapes] = variant["shapes"]
    config = variant["config"]
    write(folder / "config.json", config)
    weights = {n: np.float32(numbers(n, s, seed)) for n, s in shapes(config).items()}
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    said = {"image_processor": variant["image_processor"], **variant["processor"]}
    write(folder / "processor_config.json", said)
    roles = variant["roles"]
    settings = {**roles, "model_max_length": variant.get("longest", 64)}
    write_byte_tokenizer(folder, variant["specials"], settings, variant.get("ends", ()))
    if plain:
        return folder
    way = {"method": "forward", "method_output_name": "embeddings"}
    settings = {"transformer_task": "retrieval", "modality_config": {"text": way, "image": way}}
    write(
        folder / "sentence_bert_config.json", settings | {"module_output_name": "token_embeddings"}
    )
    modules = [("", TRANSFORMER), ("1_MultiVectorMask", MASK)]
    entries = [
        {"idx": i, "name": str(i), "path": path, "type": kind}
        for i, (path, kind) in enumerate(modules)
    ]
    write(folder / "modules.json", entries)
    write(
        folder / "1_MultiVectorMask" / "config.json", {"keep_only_token_ids": variant.get("only")}
    )
    write(folder / "config_sentence_transformers.json", {"model_type": "MultiVectorEncoder"})
    return folder
