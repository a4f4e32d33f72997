"""Tiny random models of transformers, and what every installed backend makes of them."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from isomorph.contract import Device, Options
from isomorph.plugins import installed, missing_engines
from isomorph.read.model import read_model

CPU = Device("cpu")
MODULES = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling")]


def strengthen(model, seed):
    """Weights of the size that trained models have; transformers' 0.02 hides mistakes."""
    import torch

    generator = torch.Generator().manual_seed(seed)

    def normal(parameter, size):
        parameter.data.normal_(0, size, generator=generator)

    def around(parameter, centre, width):
        parameter.data.uniform_(centre - width, centre + width, generator=generator)

    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if isinstance(module, torch.nn.Embedding):
                normal(parameter, 0.5)
            elif name == "bias":
                around(parameter, 0, 0.1)
            elif "norm" in type(module).__name__.lower():
                around(parameter, 1, 0.2)
            else:
                normal(parameter, 1.3 / parameter.shape[-1] ** 0.5)
    return model.eval()


def make_model(name, settings, seed=0):
    """A strong random model of the transformers class ``{name}Model``."""
    import transformers

    config = getattr(transformers, f"{name}Config")(**settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # transformers on its own options
        return strengthen(getattr(transformers, f"{name}Model")(config), seed)


def save(model, folder: Path, **changes):
    """Writes the model as a folder of a Transformer and mean pooling."""
    model.save_pretrained(folder)
    entries = [
        {"idx": i, "name": name, "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (name, path, kind) in enumerate(MODULES)
    ]
    (folder / "modules.json").write_text(json.dumps(entries))
    (folder / "1_Pooling").mkdir()
    width = model.config.hidden_size
    pooling = {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    if changes:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return folder


def ragged(model, side, width, padding, seed=0):
    """Feeds of rows of several lengths up to `width`, padded on one side."""
    generator = np.random.default_rng(seed)
    lengths = [width, width // 2, 1, width - 1, max(1, width // 3)]
    columns = np.arange(width)[None]
    counts = np.array(lengths)[:, None]
    real = columns < counts if side == "right" else columns >= width - counts
    choice = np.setdiff1d(np.arange(model.config.vocab_size), [padding])
    ids = np.where(real, generator.choice(choice, real.shape), padding)
    types = max(1, getattr(model.config, "type_vocab_size", 1))
    return {
        "input_ids": ids,
        "attention_mask": real.astype(np.int64),
        "token_type_ids": np.where(real, generator.integers(0, types, real.shape), 0),
        "prompt_length": np.zeros(len(lengths), np.int64),
    }


def states(model, feeds):
    """What transformers' own code computes: every hidden state (layers + 1, rows, width, hidden)."""
    import inspect

    import torch

    known = inspect.signature(model.forward).parameters
    names = ("input_ids", "attention_mask", "token_type_ids")
    arguments = {name: torch.tensor(feeds[name]) for name in names if name in known}
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = model(**arguments, output_hidden_states=True)
    layers = torch.stack(result.hidden_states).numpy()
    np.testing.assert_array_equal(layers[-1], result.last_hidden_state.numpy())
    return layers


def differences(expected, actual, real):
    """The largest difference at real positions, over the largest absolute value there."""
    assert actual.dtype == np.float32
    assert actual.shape == expected.shape
    shown = (expected[..., real, :], actual[..., real, :])
    assert np.isfinite(shown[1]).all()
    return float(np.abs(shown[0] - shown[1]).max() / np.abs(shown[0]).max())


def sessions(folder: Path, *outputs) -> Iterator:
    """(name, session) for every installed backend with its engine; all claim the whole model."""
    model = read_model(folder)
    model = replace_graph(model, outputs)
    for info in installed().infos:
        if missing_engines(info):
            continue
        backend = installed().backend(info.name)
        claim = backend.claim(model, CPU)
        assert claim.depth == len(model.graph), f"{info.name}: {claim.stop}"
        session = backend.load(model, claim, Options(threads=1))
        try:
            yield info.name, session
        finally:
            session.close()


def replace_graph(model, outputs):
    """The model that promises these outputs."""
    from dataclasses import replace

    return replace(model, graph=model.graph.until(outputs))
