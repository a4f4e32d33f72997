"""Tiny encoders of transformers in folders, and what every installed backend makes of them."""

import json
import warnings
from dataclasses import replace

import numpy as np

from isomorph.contract import Device, Options
from isomorph.plugins import installed, missing_engines
from isomorph.read.model import read_model

CPU = Device("cpu")


def strengthen(model, seed):
    """Weights of the size that trained models have; an untrained model's 0.02 hides mistakes."""
    import torch

    torch.manual_seed(seed)
    for name, parameter in model.named_parameters():
        if any(word in name for word in ("embed", "shared", "relative_attention_bias")) and (
            parameter.ndim == 2
        ):
            parameter.data.normal_(0, 0.5)
        elif parameter.ndim == 2:
            parameter.data.normal_(0, 1.3 / parameter.shape[1] ** 0.5)
            if name.endswith("SelfAttention.q.weight"):  # what others divide scores by
                parameter.data /= model.config.d_kv**0.5
        elif name.endswith("bias"):
            parameter.data.uniform_(-0.1, 0.1)
        else:
            parameter.data.uniform_(0.8, 1.2)
    return model.eval()


def write(folder, family, options, seed=0):
    """A model folder of this family: random weights, and transformers' full ``config.json``."""
    import transformers

    config_class, model_class = (getattr(transformers, name) for name in family)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # transformers' own
        model = strengthen(model_class(config_class(**options)), seed)
        model.save_pretrained(folder)
    write_modules(folder)
    return folder


def write_modules(folder):
    """The chain of sentence-transformers: Transformer, then mean pooling."""
    kind = "sentence_transformers.models."
    chain = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling")]
    entries = [
        {"idx": int(name), "name": name, "path": path, "type": kind + module}
        for name, path, module in chain
    ]
    (folder / "modules.json").write_text(json.dumps(entries))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": "mean"}))


def set_config(folder, config):
    """Another ``config.json``."""
    (folder / "config.json").write_text(json.dumps(config))


def feeds(vocabulary, width, types=1, rows=5, seed=1):
    """Ragged rows: full, padded right, padded left, on both sides, a single token at the end."""
    generator = np.random.default_rng(seed)
    mask = np.ones((rows, width), np.int64)
    mask[1, width * 2 // 3 :] = 0
    mask[2, : width // 2] = 0
    mask[3, :3] = mask[3, -2:] = 0
    mask[4, :-1] = 0
    return {
        "input_ids": generator.integers(2, vocabulary, (rows, width)),
        "attention_mask": mask,
        "token_type_ids": generator.integers(0, max(types, 1), (rows, width)),
    }


def oracle(folder, family, values):
    """Hidden states by transformers' own code, which reads the folder."""
    import torch
    import transformers

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = getattr(transformers, family[1]).from_pretrained(folder).eval()
        read = read_model(folder).graph.inputs
        known = {name: torch.tensor(values[name]) for name in values if name in read}
        with torch.inference_mode():
            return model(**known).last_hidden_state.numpy()


def differences(folder, expected, values, every=True):
    """By backend, the largest difference from `expected` on real tokens over its largest value.

    With `every` each installed backend must run the encoder; else those that refuse are left out.
    """
    model = read_model(folder)
    model = replace(model, graph=model.graph.until(("token_embeddings",)))
    plugins, found = installed(), {}
    for info in plugins.infos:
        if missing_engines(info):
            continue
        backend = plugins.backend(info.name)
        claim = backend.claim(model, CPU)
        if not claim.depth and not every:
            continue
        assert claim.depth == len(model.graph), f"{info.name}: {claim.stop}"
        session = backend.load(model, claim, Options(threads=1))
        try:
            states = session.forward({name: values[name] for name in model.graph.inputs})
        finally:
            session.close()
        found[info.name] = _scaled(states["token_embeddings"], expected, values)
    return found


def _scaled(actual, expected, values):
    real = values["attention_mask"] > 0
    assert actual.shape == expected.shape
    assert np.isfinite(actual[real]).all()
    return float(np.abs(actual[real] - expected[real]).max() / np.abs(expected[real]).max())
