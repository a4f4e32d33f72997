"""Records what sentence-transformers makes of sounds: python tests/parity/record_sounds.py

Needs isomorph-core beside sentence-transformers. The models are the tiny ones of the kit. Each sound goes
through alone: in a batch some of these models hear the padding of shorter sounds.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import clap_models
import numpy as np
from clap_models import write_clap
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast, Wav2Vec2CTCTokenizer

from isomorph.testing.tiny_sounds import RATE, sound, sounds, write_sounds

SECONDS = (1.0, 0.3, 0.62)
_WORDS = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4, "a": 5}


def loaded(name: str, folder: Path) -> SentenceTransformer:
    """The model with a tokenizer, without which processors of the reference do not load."""
    write_sounds(name, folder)
    kind = json.loads((folder / "config.json").read_text())["model_type"]
    if kind == "whisper":
        words = Tokenizer(models.WordLevel(_WORDS, unk_token="<unk>"))
        PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>").save_pretrained(folder)
        processor = "WhisperProcessor"
    else:
        vocabulary = folder / "vocab.json"
        vocabulary.write_text(json.dumps(_WORDS))
        Wav2Vec2CTCTokenizer(str(vocabulary)).save_pretrained(folder)
        processor = "Wav2Vec2Processor"
    file = folder / "processor_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "processor_class": processor}))
    return SentenceTransformer(str(folder), device="cpu")


def clap(name: str, folder: Path) -> dict[str, Any]:
    """Vectors of sounds and of texts, each alone, and features of the first sound."""
    model = SentenceTransformer(str(write_clap(name, folder)), device="cpu")
    given = [
        {"array": sound(seconds, seed, clap_models.RATE), "sampling_rate": clap_models.RATE}
        for seed, seconds in enumerate(SECONDS)
    ]
    features = model.preprocess(given[:1])["input_features"].numpy()
    return {
        name: np.stack([model.encode(each) for each in given]),
        f"{name}.texts": np.stack([model.encode(each) for each in clap_models.TEXTS]),
        f"{name}.features": features[..., ::7, :],
    }


def main() -> None:
    """Writes ``sounds.npz``: of each model the vectors of three sounds, and the features of the first."""
    found: dict[str, Any] = {}
    for name in clap_models.MODELS:
        with tempfile.TemporaryDirectory() as place:
            found |= clap(name, Path(place))
    for name in sounds():
        with tempfile.TemporaryDirectory() as place:
            model = loaded(name, Path(place))
            given = [
                {"array": sound(seconds, seed), "sampling_rate": RATE}
                for seed, seconds in enumerate(SECONDS)
            ]
            found[name] = np.stack([model.encode(each) for each in given])
            features = model.preprocess(given[:1])
            made = next(
                features[key] for key in ("input_features", "input_values") if key in features
            )
            found[f"{name}.features"] = made.numpy()[..., ::7]
    np.savez_compressed(Path(__file__).parent / "sounds.npz", **found)


if __name__ == "__main__":
    main()
