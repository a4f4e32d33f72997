"""Tiny models of transformers with weights strong enough to show mistakes, and who is to run them."""

import json
import logging
from contextlib import contextmanager

import numpy as np

from isomorph.contract import Device, Options
from isomorph.plugins import installed, missing_engines
from isomorph.read.model import read_model

CPU = Device("cpu")
VOCABULARY = 61
MODES = ["mean", "lasttoken"]
OUTPUTS = ("token_embeddings", "sentence_embedding")


@contextmanager
def calm():
    """transformers' remarks on unusual configurations, which are the point here, are not shown."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def build(name, settings, seed, plus_one=False):
    """A transformers model with random weights like those of trained ones."""
    import torch
    import transformers

    with calm():
        config = getattr(transformers, f"{name}Config")(**{"vocab_size": VOCABULARY, **settings})
        model = getattr(transformers, f"{name}Model")(config).eval()
    generator = torch.Generator().manual_seed(seed)
    for key, parameter in model.named_parameters():
        data = parameter.data
        if "norm" in key:
            data.uniform_(-0.2, 0.2, generator=generator).add_(0.0 if plus_one else 1.0)
        elif key.endswith("bias"):
            data.uniform_(-0.1, 0.1, generator=generator)
        elif "embed" in key:
            data.normal_(0, 0.5, generator=generator)
        else:
            data.normal_(0, 1.3 / data.shape[-1] ** 0.5, generator=generator)
    return model


def save(model, folder):
    """The folder of a chain of this model and a pooling by all of `MODES`."""
    model.save_pretrained(folder)
    (folder / "1_Pooling").mkdir()
    pooling = {"embedding_dimension": model.config.hidden_size, "pooling_mode": MODES}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    entries = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate([("Transformer", ""), ("Pooling", "1_Pooling")])
    ]
    (folder / "modules.json").write_text(json.dumps(entries))


def backends():
    """The installed backends whose engines are there."""
    return [info.name for info in installed().infos if not missing_engines(info)]


def run(backend, folder, batches):
    """What one backend, which must run everything natively, makes of each batch."""
    model = read_model(folder)
    whole = model.__class__(model.graph.until(OUTPUTS), model.folder, model.tensors, model.text)
    engine = installed().backend(backend)
    claim = engine.claim(whole, CPU)
    assert claim.depth == len(whole.graph), claim.stop
    session = engine.load(whole, claim, Options())
    try:
        return [session.forward(batch) for batch in batches]
    finally:
        session.close()


def expected(model, batch):
    """Hidden states by transformers' own code, and their mean and last token."""
    import torch

    feeds = {name: torch.tensor(value) for name, value in batch.items()}
    with torch.inference_mode(), calm():
        hidden = model(**feeds, use_cache=False).last_hidden_state.numpy()
    real = batch["attention_mask"] > 0
    pooled = [
        np.concatenate([row[keep].mean(0, dtype=np.float64), row[keep][-1]])
        for row, keep in zip(hidden, real, strict=True)
    ]
    return {"token_embeddings": hidden, "sentence_embedding": np.array(pooled)}


def ragged(lengths, width, side, seed):
    """A read-only batch of texts of these lengths, padded on one side; the same texts for both."""
    generator = np.random.default_rng(seed)
    ids = np.zeros((len(lengths), width), np.int64)
    mask = np.zeros_like(ids)
    for row, length in enumerate(lengths):
        at = slice(width - length, None) if side == "left" else slice(length)
        ids[row, at] = generator.integers(1, VOCABULARY, length)
        mask[row, at] = 1
    batch = {"input_ids": ids, "attention_mask": mask}
    for array in batch.values():
        array.setflags(write=False)
    return batch


def difference(actual, wanted, mask):
    """The largest difference at real positions, as a share of the largest value there."""
    worst = 0.0
    for name in OUTPUTS:
        a, b = actual[name], wanted[name]
        if name == "token_embeddings":
            a, b = a[mask > 0], b[mask > 0]
        worst = max(worst, float(np.abs(a - b).max() / np.abs(b).max()))
    return worst
