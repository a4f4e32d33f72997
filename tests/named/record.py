"""Records what sentence-transformers makes of the folders of the table of models by name.

    cd tests && python -m named.write DIR      # in the environment of the tests
    python tests/named/record.py DIR           # in the environment of tests/parity/record.py

Writes ``expected.npz``: an array for each row.
"""

import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
from sentence_transformers import (
    CrossEncoder,
    MultiVectorEncoder,
    SentenceTransformer,
    SparseEncoder,
)


def answer(folder, kind, call, texts, pairs):
    """One array: vectors a text, one below the other where a text has several; or scores."""
    if kind == "scores":
        return CrossEncoder(folder, device="cpu").predict(pairs)
    if kind == "sparse":
        model = SparseEncoder(folder, device="cpu")
        return model.encode(texts, convert_to_sparse_tensor=False).numpy()
    if kind == "tokens":
        model = MultiVectorEncoder(folder, device="cpu")
        return np.concatenate([np.asarray(t) for t in model.encode_document(texts)])
    return SentenceTransformer(folder, device="cpu").encode(texts, **call)


def main(place):
    content = json.loads((place / "calls.json").read_text("utf-8"))
    pairs = [tuple(pair) for pair in content["pairs"]]
    found = {}
    for name, row in content["calls"].items():
        folder = str(place / row["folder"])
        got = answer(folder, row["kind"], row["call"], content["texts"], pairs)
        found[name] = np.asarray(got, np.float32)
        print(name, found[name].shape)
    np.savez_compressed(Path(__file__).parent / "expected.npz", **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
