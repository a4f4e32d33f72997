"""jina-clip-v2 as published: EVA-02 beside the texts of jina-embeddings-v3, whose options lie elsewhere."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers")

from families import published_eva, tiny
from families.sizes import MODERN, rope
from PIL import Image
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from isomorph import SentenceTransformer
from isomorph.encoders.tensors import shapes_of
from isomorph.encoders.towers import tower_families
from isomorph.errors import BadModel, ModelNotFound, Unsupported
from isomorph.preprocess.pixels import resize
from isomorph.testing.models import draw

LIKE = Path(__file__).parents[1] / "parity" / "models" / "xlm-roberta-mean-normalize"
CODE = "jinaai/jina-clip-implementation--"
TASK, RANK, ALPHA = "retrieval.query", 4, 2
TEXTS = ["the quick brown fox", "a river", "the sea and the river of stones"]
WORDS = {**MODERN, "hidden_size": 32, "num_attention_heads": 4, "vocab_size": 512}
WORDS |= {"pad_token_id": 1, "type_vocab_size": 1}
VISION = {
    "model_type": "jina_clip_vision", "embed_dim": WORDS["hidden_size"], "width": WORDS["hidden_size"],
    "image_size": 40, "patch_size": 8, "layers": 2, "head_width": WORDS["hidden_size"] // 4,
    "mlp_ratio": 2.6667, "qkv_bias": True, "rope_embeddings": True, "pt_hw_seq_len": 4, "intp_freq": True,
    "naive_swiglu": True, "subln": True, "patch_dropout": 0.1, "x_attention": True, "ls_init_value": None,
    "fused_layer_norm": False, "post_norm": False, "proj_type": None,
}  # fmt: skip
OTHER = {
    **WORDS,
    "model_type": "xlm-roberta",
    "architectures": ["XLMRobertaModel"],
    "position_embedding_type": "rotary",
    "rotary_emb_base": 300.0,
    "layer_norm_eps": 1e-5,
    "lora_adaptations": ["separation", TASK],
    "lora_rank": 9,
    "lora_alpha": 9,
}
"""The ``config.json`` of the text encoder's own repository; what the folder says goes before it."""
PROCESSOR = {
    "image_processor_type": "JinaCLIPImageProcessor", "processor_class": "JinaCLIPProcessor",
    "auto_map": {"AutoImageProcessor": f"{CODE}processing_clip.JinaCLIPImageProcessor"},
    "fill_color": 0, "interpolation": "bicubic", "resize_mode": "shortest", "size": 40,
    "mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711],
}  # fmt: skip


def config_of(other, vision=VISION, **words):
    """The ``config.json`` of the folder, whose text encoder's options lie in the folder `other`."""
    given = {
        "load_trained_adapters": False, "lora_adaptations": [TASK], "lora_alpha": ALPHA, "lora_rank": RANK,
        "lora_dropout_p": 0.0, "lora_main_params_trainable": False, "use_flash_attn": True,
        "task_instructions": {TASK: "Represent the query for retrieving evidence documents: "},
    }  # fmt: skip
    text = {
        "model_type": "jina_clip_text", "default_instruction_task": None, "default_lora_task": TASK,
        "embed_dim": WORDS["hidden_size"], "hf_model_name_or_path": str(other), "pooler_type": "mean_pooler",
        "proj_bias": False, "proj_type": None, "hf_model_config_kwargs": given, **words,
    }  # fmt: skip
    return {
        "model_type": "jina_clip",
        "architectures": ["JinaCLIPModel"],
        "add_projections": False,
        "projection_dim": WORDS["hidden_size"],
        "auto_map": {
            "AutoConfig": f"{CODE}configuration_clip.JinaCLIPConfig",
            "AutoModel": f"{CODE}modeling_clip.JinaCLIPModel",
        },
        "text_config": text,
        "vision_config": vision,
    }


def vision_tensors(vision, seed=5):
    tower = tower_families()["jina_clip"].towers["image"]
    side = vision["image_size"]
    described = tower.describe({"vision_config": vision}, (side, side))
    shapes = shapes_of(described, vision["width"])
    made = draw(shapes, np.random.default_rng(seed))
    return {f"vision_model.{name}": tensor for name, tensor in made.items()}


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """The tensors of the text encoder with its adapters, and the mean vectors of length 1 of `TEXTS`."""
    import torch
    from transformers import AutoModel

    own = tmp_path_factory.mktemp("own")
    tiny.make("JinaEmbeddingsV3", {**WORDS, **rope(300.0)}).save_pretrained(own)
    generator = np.random.default_rng(7)
    stored, merged = {}, {}
    for name, tensor in load_file(own / "model.safetensors").items():
        layer, place = name.removesuffix(".weight"), f"text_model.transformer.roberta.{name}"
        stored[place] = merged[name] = tensor
        if tensor.ndim < 2:
            continue
        rows, columns = tensor.shape
        table = "embeddings" in layer
        a = generator.normal(0, 0.3, (1, rows, RANK) if table else (1, RANK, columns))
        b = generator.normal(0, 0.3, (1, RANK, columns) if table else (1, rows, RANK))
        a, b = a.astype(np.float32), b.astype(np.float32)
        beside = place.removesuffix(".weight") + ".parametrizations.weight."
        del stored[place]
        stored |= {f"{beside}original": tensor, f"{beside}0.lora_A": a, f"{beside}0.lora_B": b}
        added = a[0] @ b[0] if table else b[0] @ a[0]
        merged[name] = (tensor + added * (ALPHA / RANK)).astype(np.float32)
    save_file(merged, own / "model.safetensors", {"format": "pt"})
    with tiny.calm():
        model = AutoModel.from_pretrained(own).eval()
    tokenizer = Tokenizer.from_file(str(LIKE / "tokenizer.json"))
    with torch.inference_mode():
        rows = [torch.tensor([tokenizer.encode(text).ids]) for text in TEXTS]
        vectors = torch.stack([model(row).last_hidden_state[0].mean(0) for row in rows])
    return stored, (vectors / vectors.norm(dim=1, keepdim=True)).numpy()


def publish(folder, stored, config, **processor):
    """The folder as it lies on the Hub."""
    shutil.copytree(LIKE, folder, ignore=shutil.ignore_patterns("*_Pooling", "*_Normalize", "sen*"))
    (folder / "1_Normalize").mkdir()
    entries = [
        ("transformer", "", "custom_st.Transformer"),
        ("normalizer", "1_Normalize", "sentence_transformers.models.Normalize"),
    ]
    modules = [
        {"idx": place, "name": name, "path": path, "type": kind}
        for place, (name, path, kind) in enumerate(entries)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "custom_st.py").write_text("raise SystemExit('nobody runs this')\n")
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps({**PROCESSOR, **processor}))
    save_file(stored, folder / "model.safetensors", {"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    place = tmp_path_factory.mktemp("other")
    (place / "config.json").write_text(json.dumps(OTHER))
    return place


@pytest.fixture(scope="module")
def seen():
    """Pictures, wide and square, whose resize has one order of passes in every Pillow."""
    generator = np.random.default_rng(2)
    return [
        generator.integers(0, 256, (*size, 3)).astype(np.uint8) for size in ((50, 71), (64, 64))
    ]


def pixels_of(images, side):
    """As torchvision's Resize, CenterCrop, ToTensor and Normalize make them of Pillow's images."""
    found = []
    for image in images:
        height, width = image.shape[:2]
        wide = int(side * width / height)
        small = np.asarray(Image.fromarray(image).resize((wide, side), Image.Resampling.BICUBIC))
        left = round((wide - side) / 2.0)
        part = small[:, left : left + side].transpose(2, 0, 1).astype(np.float32) / np.float32(255)
        mean, std = (np.float32(PROCESSOR[key])[:, None, None] for key in ("mean", "std"))
        found.append((part - mean) / std)
    return np.stack(found)


def normalised(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_texts_and_images_are_those_of_the_published_formulas(
    texts, other, seen, tmp_path, backend_name
):
    stored, wanted = texts
    tensors = {**stored, **vision_tensors(VISION), "logit_scale": np.float32([2.6])}
    folder = publish(tmp_path / "jina", tensors, config_of(other))
    with SentenceTransformer(folder, backend=backend_name, device="cpu") as model:
        assert model.modalities == ["text", "image"]
        assert "custom_st.Transformer" in str(model.explain())
        np.testing.assert_allclose(model.encode(TEXTS), wanted, rtol=0, atol=1e-5)
        expected = normalised(published_eva.vectors(VISION, tensors, pixels_of(seen, 40)))
        np.testing.assert_allclose(model.encode(seen), expected, rtol=0, atol=1e-5)


CHANGES = {
    "without a gate": {"naive_swiglu": False},
    "not normalised inside": {"subln": False},
    "without biases": {"qkv_bias": False},
    "layer scales": {"ls_init_value": 0.1},
    "its own grid": {"intp_freq": False, "pt_hw_seq_len": 5},
    "no rotary positions": {"rope_embeddings": False},
    "a head": {"proj_type": "linear", "embed_dim": 20},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_other_towers_of_the_code(changes, texts, other, seen, tmp_path):
    vision = {**VISION, **changes}
    tensors = {**texts[0], **vision_tensors(vision)}
    folder = publish(tmp_path / "jina", tensors, config_of(other, vision))
    settings = {"modality_config": {"image": WAY}}
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings))
    with SentenceTransformer(folder, backend="reference") as model:
        expected = normalised(published_eva.vectors(vision, tensors, pixels_of(seen, 40)))
        np.testing.assert_allclose(model.encode(seen), expected, rtol=0, atol=1e-5)


WAY = {"method": "get_image_features", "method_output_name": "pooler_output"}


def test_pixels_are_pillows_to_the_bit(texts, other, seen, tmp_path):
    tensors = {**texts[0], **vision_tensors(VISION)}
    folder = publish(tmp_path / "jina", tensors, config_of(other))
    model = SentenceTransformer(folder, backend="reference")
    found = model.preprocess(seen)["pixel_values"]
    np.testing.assert_array_equal(found, pixels_of(seen, 40))
    image = np.random.default_rng(1).integers(0, 256, (60, 90, 3)).astype(np.uint8)
    for kind, number in (("bicubic", 3), ("bilinear", 2), ("lanczos", 1)):
        for height, width in ((30, 44), (80, 120), (60, 31), (25, 90)):
            theirs = np.asarray(Image.fromarray(image).resize((width, height), number))
            ours = resize.resize(image, height, width, kind, bits=resize.PILLOW)
            np.testing.assert_array_equal(ours, theirs.transpose(2, 0, 1))


def test_saved_it_is_the_published_model(texts, other, seen, tmp_path):
    tensors = {**texts[0], **vision_tensors(VISION)}
    folder = publish(tmp_path / "jina", tensors, config_of(other))
    with SentenceTransformer(folder, backend="reference") as model:
        model.save_pretrained(tmp_path / "saved")
        wanted = model.encode([*TEXTS, *seen])
    assert "lora_A" in "".join(load_file(tmp_path / "saved" / "model.safetensors"))
    with SentenceTransformer(tmp_path / "saved", backend="reference") as again:
        np.testing.assert_array_equal(again.encode([*TEXTS, *seen]), wanted)


def test_options_that_stand_in_the_folder_need_no_other_repository(texts, other, tmp_path):
    config = config_of(other)
    given = {**OTHER, **config["text_config"]["hf_model_config_kwargs"]}
    config["text_config"] |= {
        "hf_model_config_kwargs": given, "hf_model_name_or_path": "nobody/nothing"}  # fmt: skip
    folder = publish(tmp_path / "jina", {**texts[0], **vision_tensors(VISION)}, config)
    with SentenceTransformer(folder, backend="reference") as model:
        np.testing.assert_allclose(model.encode(TEXTS), texts[1], rtol=0, atol=1e-5)


def test_options_that_are_nowhere_are_asked_for_by_name(texts, tmp_path):
    folder = publish(tmp_path / "jina", texts[0], config_of("nobody/nothing"))
    said = r"(?s)hf_model_config_kwargs.*may hold them instead.*not there"
    with pytest.raises(ModelNotFound, match=said):
        SentenceTransformer(folder, backend="reference", local_files_only=True)


@pytest.mark.parametrize(
    ("words", "vision", "processor", "said"),
    [
        ({"default_lora_task": "separation"}, {}, {}, "default_lora_task='separation'"),
        ({"proj_type": "mlp"}, {}, {}, "proj_type='mlp'"),
        ({"pooler_type": "max_pooler"}, {}, {}, "pooler_type='max_pooler'"),
        ({"embed_dim": 20}, {}, {}, "embed_dim=20"),
        ({"default_instruction_task": TASK}, {}, {}, "default_instruction_task"),
        ({}, {"post_norm": True}, {}, "post_norm=True"),
        ({}, {"proj_type": "mlp"}, {}, "proj_type='mlp'"),
        ({}, {"intp_freq": False}, {}, "pt_hw_seq_len=4 without intp_freq"),
        ({}, {"head_width": 7}, {}, "heads of 7"),
        ({}, {"embed_dim": 20}, {}, "embed_dim=20"),
        ({}, {}, {"resize_mode": "longest"}, "resize_mode='longest'"),
        ({}, {}, {"interpolation": "random"}, "interpolation='random'"),
        ({}, {}, {"size": [40, 48]}, r"size=\[40, 48\]"),
        ({}, {}, {"size": 48}, "takes images of 40 x 40"),
    ],
    ids=str,
)
def test_what_is_not_done_is_refused_by_name(
    words, vision, processor, said, texts, other, tmp_path
):
    config = config_of(other, {**VISION, **vision}, **words)
    tensors = {**texts[0], **vision_tensors(VISION)}
    folder = publish(tmp_path / "jina", tensors, config, **processor)
    with pytest.raises((BadModel, Unsupported), match=said):
        SentenceTransformer(folder, backend="reference")


def test_the_first_generations_texts_are_refused_by_name(texts, tmp_path):
    first = tmp_path / "first"
    first.mkdir()
    (first / "config.json").write_text(json.dumps({**OTHER, "model_type": "bert"}))
    folder = publish(tmp_path / "jina", texts[0], config_of(first))
    with pytest.raises(Unsupported, match=r"texts read by .*first.* \(model_type 'bert'\)"):
        SentenceTransformer(folder, backend="reference")
