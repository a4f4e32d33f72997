"""Tiny random models of transformers: made, saved as folders, fed, and asked for what is right."""

import inspect
import json
import logging
import sys
import warnings
from contextlib import contextmanager

import numpy as np

MODES = ["mean", "lasttoken"]


@contextmanager
def calm():
    """Remarks on unusual configurations, which are the point here, are not shown."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def config_class(family):
    import transformers

    return getattr(transformers, f"{family}Config")


HALVES = ("M2M100", "Pegasus", "Marian")
"""Families whose encoder alone makes vectors, though transformers has no class for it among its own names."""


def make(family, settings, seed=0):
    """A strong random model of the class ``{family}Model``, of T5's kind ``{family}EncoderModel``."""
    import transformers

    with calm():
        config = config_class(family)(**settings)
        half = getattr(transformers, f"{family}EncoderModel", None)
        whole = getattr(transformers, f"{family}Model")
        if family in HALVES:
            half = getattr(sys.modules[whole.__module__], f"{family}Encoder")
        model = (half or whole)(config)
    strengthen(model, seed)
    return model.eval()


def strengthen(model, seed):
    """Weights of the size that trained models have; an untrained model's 0.02 hides mistakes."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    for path, module in model.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            data = parameter.data
            if isinstance(module, torch.nn.Embedding):
                data.normal_(0, 0.5, generator=generator)
            elif name == "bias":
                data.uniform_(-0.1, 0.1, generator=generator)
            elif "norm" in type(module).__name__.lower():
                # A new norm says around which value its weights lie: 1, or 0 where 1 is added.
                data += torch.empty_like(data).uniform_(-0.2, 0.2, generator=generator)
            else:
                convolution = isinstance(module, torch.nn.Conv1d)
                read = data[0].numel() if convolution else data.shape[-1]
                data.normal_(0, 1.3 / read**0.5, generator=generator)
                if path.endswith("SelfAttention.q"):  # T5 has no other scale of its scores
                    data /= model.config.d_kv**0.5


def save(model, folder):
    """The model as a folder that promises every layer, and pooling by all of `MODES`."""
    model.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    write_chain(folder, {**config, "output_hidden_states": True})


def write_chain(folder, config):
    """What stands beside the weights: the configuration, and the modules."""
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": MODES}))
    entries = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate([("Transformer", ""), ("Pooling", "1_Pooling")])
    ]
    (folder / "modules.json").write_text(json.dumps(entries))


def ragged(vocabulary, width, padding=0, types=1, seed=0):
    """Rows that are full, padded right, left and on both sides, and of one token at each end."""
    generator = np.random.default_rng(seed)
    mask = np.ones((6, width), np.int64)
    mask[1, width * 2 // 3 :] = 0
    mask[2, : width // 2] = 0
    mask[3, :3] = mask[3, -2:] = 0
    mask[4, :-1] = 0
    mask[5, 1:] = 0
    words = np.setdiff1d(np.arange(vocabulary), [padding])
    feeds = {
        "input_ids": np.where(mask, generator.choice(words, mask.shape), padding or 0),
        "attention_mask": mask,
        "token_type_ids": np.where(mask, generator.integers(0, max(types, 1), mask.shape), 0),
    }
    for array in feeds.values():
        array.setflags(write=False)
    return feeds


def ragged_for(model, width, seed=0):
    """Feeds with this model's words, types and padding."""
    config = model.config
    types = getattr(config, "type_vocab_size", 1)
    return ragged(config.vocab_size, width, config.pad_token_id, types, seed)


def full(feeds):
    """The first row alone, which has no padding."""
    return {name: array[:1] for name, array in feeds.items()}


def oracle(model, feeds):
    """What transformers' own code computes: all hidden states, the last of them, and its pooling."""
    import torch

    known = set(inspect.signature(model.forward).parameters)
    if not hasattr(model.config, "type_vocab_size"):  # GPT-2 adds words for types
        known.discard("token_type_ids")
    tensors = {name: torch.tensor(array) for name, array in feeds.items() if name in known}
    with torch.inference_mode(), calm():
        result = model(**tensors, output_hidden_states=True)
    layers = getattr(result, "hidden_states", None) or result.decoder_hidden_states
    states = torch.stack(layers).numpy()
    np.testing.assert_array_equal(states[-1], result.last_hidden_state.numpy())
    return {"all_layer_embeddings": states, **pooled(states[-1], feeds)}


def pooled(states, feeds):
    """The last hidden states, and their mean and last token."""
    real = feeds["attention_mask"] > 0
    vectors = [
        np.concatenate([row[keep].mean(0, dtype=np.float64), row[keep][-1]])
        for row, keep in zip(states, real, strict=True)
    ]
    return {"token_embeddings": states, "sentence_embedding": np.array(vectors)}
