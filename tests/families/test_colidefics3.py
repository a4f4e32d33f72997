"""ColIdefics3 (ColSmol), as colpali-engine has it: Idefics3Model, a linear layer, vectors of length 1."""

import json
import shutil

import numpy as np
import pytest

pytest.importorskip("transformers")

from families import tiny
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from isomorph import MultiVectorEncoder
from isomorph.errors import BadModel, ModelError, Unsupported
from tests.parity.page_models import VBERT
from tests.parity.tower_models import ALL, HALVES, byte_words, pictures, write_byte_tokenizer

SPECIALS = (
    *(each for each in VBERT if each not in ("[CLS]", "[SEP]", "[MASK]")),
    "<|im_start|>",
)
WORDS = byte_words(SPECIALS)
SIDE, PATCH, SQUARE = 48, 8, 3
TILE = (SIDE // PATCH // SQUARE) ** 2
QUERIES = ["where is the cat?", "The river carries small stones.", ""]
PAGE = "<|im_start|>User:{}Describe the image.<end_of_utterance>\nAssistant:"
CONFIG = {
    "scale_factor": SQUARE,
    "image_token_id": WORDS.index("<image>"),
    "text_config": {
        "model_type": "llama", "vocab_size": len(WORDS), "hidden_size": 32, "intermediate_size": 40,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "rope_theta": 100_000.0, "pad_token_id": 0,
    },
    "vision_config": {
        "hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 3,
        "image_size": SIDE, "patch_size": PATCH,
    },
}  # fmt: skip
PROCESSOR = {
    **ALL, **HALVES, "image_processor_type": "Idefics3ImageProcessor", "resample": 1,
    "size": {"longest_edge": 96}, "max_image_size": {"longest_edge": SIDE}, "do_convert_rgb": True,
    "do_image_splitting": True, "do_pad": True, "processor_class": "ColIdefics3Processor",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder as published, and what stands in its place in transformers."""
    import torch
    from transformers import Idefics3Config, Idefics3Model

    folder = tmp_path_factory.mktemp("colsmol")
    with tiny.calm():
        model = Idefics3Model(Idefics3Config(**CONFIG))
    tiny.strengthen(model, 3)
    model.eval().save_pretrained(folder)
    linear = torch.nn.Linear(32, 128)
    head = {f"linear.{name}": each.detach().numpy() for name, each in linear.state_dict().items()}
    stored = {
        f"model.{name}": each for name, each in load_file(folder / "model.safetensors").items()
    }
    save_file({**stored, **head}, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["ColIdefics3"]
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    (folder / "processor_config.json").write_text(
        json.dumps({"image_seq_len": TILE, "processor_class": "ColIdefics3Processor"})
    )
    roles = {"pad_token": "<pad>", "unk_token": "<unk>", "model_max_length": 512}
    write_byte_tokenizer(folder, SPECIALS, roles)

    def vectors(**feeds):
        with torch.inference_mode():
            states = model(**feeds).last_hidden_state
            found = linear(states)
            return (found / found.norm(dim=-1, keepdim=True))[0].numpy()

    return folder, vectors


def page_text(rows, columns):
    """As Idefics3Processor.replace_image_token writes an image."""
    tokens = "<image>" * TILE
    whole = f"<fake_token_around_image><global-img>{tokens}<fake_token_around_image>"
    if not rows:
        return whole
    lines = [
        "".join(
            f"<fake_token_around_image><row_{row}_col_{column}>{tokens}"
            for column in range(1, columns + 1)
        )
        for row in range(1, rows + 1)
    ]
    return "".join(f"{line}\n" for line in lines) + f"\n{whole}"


GRIDS = [(2, 2), (2, 2), (2, 2), (2, 1)]
"""Rows and columns of tiles of the pictures."""


def test_queries_and_pages_are_those_of_the_published_class(made, backend_name):
    import torch

    folder, vectors = made
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    images = pictures()
    with MultiVectorEncoder(folder, backend=backend_name, device="cpu") as model:
        assert model.modalities == ["text", "image"]
        for text, found in zip(QUERIES, model.encode_query(QUERIES), strict=True):
            ids = torch.tensor([tokenizer.encode(text + "<end_of_utterance>" * 10).ids])
            wanted = vectors(input_ids=ids, attention_mask=torch.ones_like(ids))
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
        pages = model.encode_document(images)
        for image, grid, found in zip(images, GRIDS, pages, strict=True):
            fed = model.preprocess([image])
            ids = torch.tensor([tokenizer.encode(PAGE.format(page_text(*grid))).ids])
            np.testing.assert_array_equal(fed["input_ids"], ids)
            wanted = vectors(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                pixel_values=torch.tensor(fed["pixel_values"]),
            )
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)


def changed(made, folder, name, **changes):
    """A copy of the folder with other options in one of its files."""
    shutil.copytree(made[0], folder)
    content = json.loads((folder / name).read_text())
    for key, value in changes.items():
        own = content[key] | value if isinstance(value, dict) else value
        content[key] = own
    (folder / name).write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("file", "changes", "said"),
    [
        ("config.json", {"scale_factor": 4}, "makes 1 vectors"),
        ("config.json", {"text_config": {"model_type": "qwen2"}}, "model_type='qwen2'"),
        ("config.json", {"vision_config": {"image_size": 80}}, "makes 9 vectors"),
        ("processor_config.json", {"image_seq_len": 64}, "image_seq_len"),
        ("preprocessor_config.json", {"max_image_size": {"longest_edge": 40}}, "40 x 40"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_by_name(file, changes, said, made, tmp_path):
    folder = changed(made, tmp_path / "changed", file, **changes)
    with pytest.raises((BadModel, Unsupported), match=said):
        MultiVectorEncoder(folder, backend="reference")


def test_grids_that_depend_on_a_build_are_refused(made, tmp_path):
    folder = changed(
        made, tmp_path / "one", "config.json", vision_config={"image_size": 200, "patch_size": 8},
        scale_factor=5)  # fmt: skip
    content = json.loads((folder / "preprocessor_config.json").read_text())
    content["max_image_size"] = {"longest_edge": 200}
    (folder / "preprocessor_config.json").write_text(json.dumps(content))
    (folder / "processor_config.json").write_text(json.dumps({"image_seq_len": 25}))
    with pytest.raises(Unsupported, match="25 x 25 patches"):
        MultiVectorEncoder(folder, backend="reference")


def test_the_model_that_generates_is_no_model_of_pages(made, tmp_path):
    named = ["Idefics3ForConditionalGeneration"]
    folder = changed(made, tmp_path / "one", "config.json", architectures=named)
    with pytest.raises(ModelError):
        MultiVectorEncoder(folder, backend="reference")


def test_published_as_an_adapter_of_its_base(made, tmp_path):
    """As colSmol-256M lies on the Hub: low-rank matrices, and the files of the processor, without a model."""
    base, rank = made[0], 3
    folder = tmp_path / "adapter"
    shutil.copytree(base, folder, ignore=shutil.ignore_patterns("config.json", "model*"))
    stored, generator = load_file(base / "model.safetensors"), np.random.default_rng(4)
    layers = [n.removesuffix(".weight") for n in stored if "text_model" in n and "_proj" in n]
    merged, added = dict(stored), {}
    for layer in [*layers, "linear"]:
        outputs, inputs = stored[f"{layer}.weight"].shape
        a = generator.normal(0, 0.2, (rank, inputs)).astype(np.float32)
        b = generator.normal(0, 0.2, (outputs, rank)).astype(np.float32)
        added[f"base_model.model.{layer}.lora_A.weight"] = a
        added[f"base_model.model.{layer}.lora_B.weight"] = b
        merged[f"{layer}.weight"] = stored[f"{layer}.weight"] + 2 * (b @ a)
    save_file(added, folder / "adapter_model.safetensors", {"format": "pt"})
    settings = {
        "peft_type": "LORA", "r": rank, "lora_alpha": 2 * rank, "base_model_name_or_path": str(base),
        "target_modules": "(.*(model.text_model).*(_proj).*$|.*(linear).*$)", "bias": "none",
        "task_type": "FEATURE_EXTRACTION", "fan_in_fan_out": False, "use_rslora": False,
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    whole = tmp_path / "whole"
    shutil.copytree(base, whole)
    save_file(merged, whole / "model.safetensors", {"format": "pt"})
    image = pictures()[0]
    with MultiVectorEncoder(whole, backend="reference") as model:
        wanted = model.encode_query(QUERIES[0]), model.encode_document(image)
    with MultiVectorEncoder(folder, backend="reference") as model:
        found = model.encode_query(QUERIES[0]), model.encode_document(image)
    for mine, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-6)
