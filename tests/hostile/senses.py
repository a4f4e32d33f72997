"""Kinds of files that say how images, sounds and messages are read, and of what others put beside a model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from hostile.kinds import Kind
from parity import message_models, mingled_models, tower_models
from parity.clap_models import write_clap

from isomorph.testing import models
from isomorph.testing.tiny_sounds import write_sounds
from isomorph.testing.tokenizer import vocabulary

SETTINGS, PROCESSOR = "sentence_bert_config.json", "processor_config.json"
IMAGES = "preprocessor_config.json"


def kinds() -> Iterator[Kind]:
    """Settings of models that take more than texts, and weights that lie beside a model."""
    for name, model, inputs, *files in (
        ("two towers", "clip", "pictures and texts", "config.json", PROCESSOR, SETTINGS),
        ("two towers of old", "clip-old", "pictures and texts", f"0_CLIPModel/{IMAGES}"),
        ("two towers of patches", "siglip2", "pictures and texts", "config.json", PROCESSOR),
        ("an image processor", "vit", "pictures", "config.json", IMAGES, SETTINGS),
        ("an image processor that crops", "dinov2", "pictures", "config.json", IMAGES),
    ):
        yield Kind(name, partial(tower_models.build, model), tuple(files), inputs=inputs)
    for name, model in (("a sound extractor", "wav2vec2"), ("an extractor of mels", "whisper")):
        files = [PROCESSOR, "config.json"]
        yield Kind(name, partial(write_sounds, model), tuple(files), inputs="sounds")
    clap, see = partial(write_clap, "clap"), partial(mingled_models.build, "qwen2_vl")
    three = ("config.json", PROCESSOR, SETTINGS)
    yield Kind("sounds beside texts", clap, three, inputs="sounds and texts")
    # The values of its config.json are those of its family's kind, and of "two towers".
    yield Kind("messages with images", see, three, inputs="messages", whole=three[:1])
    yield Kind("settings of messages", partial(message_models.build, "texts-flat"), (SETTINGS,))
    idf = (
        "idf.json",
    )  # which sentence-transformers passes over: nobody records what its values ask for
    name, sparse = "weights of words in a file", "SparseEncoder"
    yield Kind(name, _weighed, idf, of=sparse, inputs="queries", whole=idf)


def _weighed(folder: Path) -> None:
    """An inference-free sparse model as such models were published first: queries are these weights."""
    models.write("bert-fill-mask", folder)
    for name in ("modules.json", "config_sentence_transformers.json", SETTINGS):
        (folder / name).unlink()
    for place in folder.glob("1_*"):
        shutil.rmtree(place)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["architectures"] = ["BertForMaskedLM"]
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    weights = {word: 0.5 + number / 16 for number, word in enumerate(vocabulary())}
    (folder / "idf.json").write_text(json.dumps(weights), "utf-8")
