"""Sequence classifiers and masked language models: every backend against transformers' own code."""

import json
import warnings

import numpy as np
import pytest
from families import tiny
from families.head_cases import CLASSIFIERS, DECODER, MASKED, SIZES
from families.running import CPU
from families.sizes import ASKED
from families.tiny import strengthen
from safetensors.numpy import load_file, save_file

from isomorph.contract import Options
from isomorph.encoders.heads.describe import describe_classifier, describe_masked_lm
from isomorph.errors import BadModel, UnknownFormat, Unsupported
from isomorph.modules.splade_pooling import splade_module
from isomorph.plugins.discovery import installed, missing_engines
from isomorph.read.plain import read_classifier, read_splade
from isomorph.read.sentence_transformers import chain

pytest.importorskip("transformers")

TOLERANCE = 1e-5
USUAL_POOLING = ("max", "log1p_relu", 20)
POOLINGS = [
    (name, strategy, activation, words)
    for place, name in enumerate(MASKED)
    for strategy in ("max", "sum")
    for activation in ("relu", "log1p_relu")
    for words in (4096, 20)
    if place < 3 or (strategy, activation, words) == USUAL_POOLING
]
"""(model, strategy, activation, words at once): all ways for three models, the usual one for each."""


def make(folder, name, settings, task, seed):
    """A strong random model of transformers, saved."""
    import transformers

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # transformers on its own options
        config = getattr(transformers, f"{name}Config")(**settings)
        model = getattr(transformers, f"{name}For{task}")(config).eval()
        strengthen(model, seed)
        model.save_pretrained(folder)
    return model


def ragged(model, side, width, padding, seed=0):
    """Feeds of rows of several lengths up to `width`, padded on one side, or all as long."""
    generator = np.random.default_rng(seed)
    lengths = [width, width // 2, 1, width - 1, max(1, width // 3)]
    if side == "none":
        lengths = [width] * 2
    columns = np.arange(width)[None]
    counts = np.array(lengths)[:, None]
    real = columns < counts if side == "right" else columns >= width - counts
    last = real & (columns == (counts - 1 if side == "right" else width - 1))
    end = model.config.eos_token_id if hasattr(model, "classification_head") else None
    choice = np.setdiff1d(np.arange(model.config.vocab_size), [padding, end or padding])
    words = generator.choice(choice, real.shape)
    types = max(1, getattr(model.config, "type_vocab_size", 1))
    return {
        "input_ids": np.where(real, np.where(last, words if end is None else end, words), padding),
        "attention_mask": real.astype(np.int64),
        "token_type_ids": np.where(real, generator.integers(0, types, real.shape), 0),
        "prompt_length": np.zeros(len(lengths), np.int64),
    }


def logits(model, feeds):
    """What transformers' own code computes."""
    import inspect

    import torch

    known = set(inspect.signature(model.forward).parameters)
    if not hasattr(model.config, "type_vocab_size"):  # GPT-2 adds words for types
        known.discard("token_type_ids")
    arguments = {name: torch.tensor(value) for name, value in feeds.items() if name in known}
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model(**arguments).logits.numpy()


def differences(model, feeds, expected):
    """By backend, the largest difference of the model's one output from `expected`, scaled."""
    found = {}
    (output,) = model.graph.outputs
    for info in installed().infos:
        if missing_engines(info):
            continue
        backend = installed().backend(info.name)
        claim = backend.claim(model, CPU)
        assert claim.depth == len(model.graph), f"{info.name}: {claim.reason}"
        session = backend.load(model, claim, Options())
        try:
            results = [session.forward(batch)[output] for batch in feeds]
        finally:
            session.close()
        found[info.name] = max(map(_scaled, results, expected))
    print({name: f"{worst:.1e}" for name, worst in found.items()})  # shown by pytest -rP
    return found


def _scaled(actual, wanted):
    assert actual.dtype == np.float32
    assert actual.shape == wanted.shape
    assert np.isfinite(actual).all()
    return float(np.abs(actual - wanted).max() / np.abs(wanted).max())


def batches(model, sides):
    """Ragged rows, of two token types where the model has them."""
    padding = model.config.pad_token_id
    return [ragged(model, side, 41, padding, seed) for seed, side in enumerate(sides)]


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_scores_are_those_of_transformers(name, tmp_path):
    kind, settings, sides = CLASSIFIERS[name]
    made = make(tmp_path, kind, {"num_labels": 3, **settings}, "SequenceClassification", len(name))
    feeds = batches(made, sides)
    model = read_classifier(tmp_path)
    assert model.graph.outputs == ("scores",)
    expected = [logits(made, batch) for batch in feeds]
    assert max(differences(model, feeds, expected).values()) < TOLERANCE


def test_nemotrons_reranker_scores_the_mean_by_its_temperature(tmp_path):
    """As its published code: the mean of the real tokens, a layer, a division."""
    settings = {**DECODER, "is_causal": False, "num_labels": 2}
    made = make(tmp_path, "Llama", settings, "SequenceClassification", 5)
    weight = made.score.weight.detach().numpy()
    feeds = batches(made, ("right", "left"))
    expected = []
    for batch in feeds:
        states, real = (
            tiny.oracle(made.model, batch)["token_embeddings"],
            batch["attention_mask"] > 0,
        )
        means = np.stack([row[keep].mean(0) for row, keep in zip(states, real, strict=True)])
        expected.append(means @ weight.T / 0.2)
    file = tmp_path / "config.json"
    config = {**json.loads(file.read_text()), "model_type": "llama_bidirec", "temperature": 0.2}
    config |= {"pooling": "avg", "architectures": ["LlamaBidirectionalForSequenceClassification"]}
    file.write_text(json.dumps(config))
    assert max(differences(read_classifier(tmp_path), feeds, expected).values()) < TOLERANCE
    for changed in ({"pooling": "cls"}, {"temperature": 0}):
        with pytest.raises((Unsupported, BadModel), match=next(iter(changed))):
            describe_classifier({**config, **changed})


def pooled(scores, mask, strategy, activation):
    """SPLADE pooling as it is defined, over the whole (B, T, V)."""
    weights = np.log1p(np.maximum(scores.astype(np.float64) * mask[..., None], 0))
    weights = np.log1p(weights) if activation == "log1p_relu" else weights
    return (weights.max(1) if strategy == "max" else weights.sum(1)).astype(np.float32)


@pytest.fixture(scope="module", params=MASKED)
def masked(request, tmp_path_factory):
    """(folder, feeds, transformers' scores of words)."""
    kind, settings, sides = MASKED[request.param]
    folder = tmp_path_factory.mktemp("masked")
    made = make(folder, kind, settings, "MaskedLM", len(request.param))
    feeds = batches(made, sides)
    return folder, feeds, [logits(made, batch) for batch in feeds]


def test_words_are_those_of_transformers(masked):
    """At real positions: where there is padding, backends differ in what attention gives."""
    folder, feeds, expected = masked
    model = read_splade(folder)
    graph = model.graph.until(("token_embeddings",))
    cut = model.with_graph(graph)
    for info in installed().infos:
        if missing_engines(info):
            continue
        backend = installed().backend(info.name)
        session = backend.load(cut, backend.claim(cut, CPU), Options())
        try:
            found = [session.forward(batch)["token_embeddings"] for batch in feeds]
        finally:
            session.close()
        for batch, actual, scores in zip(feeds, found, expected, strict=True):
            real = batch["attention_mask"] > 0
            assert actual.shape == scores.shape
            assert _scaled(actual[real], scores[real]) < TOLERANCE, info.name


@pytest.mark.parametrize(
    ("masked", "strategy", "activation", "words"), POOLINGS, indirect=["masked"], scope="module"
)
def test_splade_by_parts_is_splade(masked, strategy, activation, words, monkeypatch):
    monkeypatch.setattr("isomorph.modules.splade_pooling.WORDS", words)
    folder, feeds, scores = masked
    model = read_splade(folder)
    pooling = splade_module("1", "1", strategy, activation, None)
    model = model.with_graph(chain((model.graph.modules[0], pooling)))
    expected = [
        pooled(s, b["attention_mask"], strategy, activation)
        for s, b in zip(scores, feeds, strict=True)
    ]
    assert max(differences(model, feeds, expected).values()) < TOLERANCE


def test_a_row_of_padding_alone_has_no_words(tmp_path):
    make(tmp_path, "Bert", SIZES, "MaskedLM", 1)
    feeds = {"input_ids": np.zeros((2, 3), np.int64), "token_type_ids": np.zeros((2, 3), np.int64)}
    feeds["attention_mask"] = np.array([[0, 0, 0], [1, 1, 0]])
    for strategy in ("max", "sum"):
        model = read_splade(tmp_path)
        graph = chain((model.graph.modules[0], splade_module("1", "1", strategy, "relu", None)))
        model = model.with_graph(graph)
        for info in installed().infos:
            if missing_engines(info):
                continue
            backend = installed().backend(info.name)
            session = backend.load(model, backend.claim(model, CPU), Options())
            weights = session.forward(feeds)["sentence_embedding"]
            session.close()
            assert not weights[0].any(), info.name
            assert weights[1].any(), info.name


def test_scores_that_were_computed_elsewhere_are_pooled(tmp_path):
    """A backend that runs only the transformer hands over the whole (B, T, V)."""
    make(tmp_path, "Bert", SIZES, "MaskedLM", 2)
    model = read_splade(tmp_path)
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(2, 5, 71)).astype(np.float32)
    mask = np.array([[1, 1, 1, 0, 0], [0, 0, 1, 1, 1]])
    rest = model.rest(1)
    backend = installed().backend("reference")
    session = backend.load(rest, backend.claim(rest, CPU), Options())
    values = {"token_embeddings": scores, "attention_mask": mask}
    actual = session.forward(values)["sentence_embedding"]
    assert _scaled(actual, pooled(scores, mask, "max", "relu")) < TOLERANCE


def test_names_of_older_files(tmp_path):
    """gamma and beta; the bias in its layer or beside it; the decoder stored or tied."""
    made = make(tmp_path, "Bert", SIZES, "MaskedLM", 3)
    feeds = batches(made, ("right",))
    scores = logits(made, feeds[0])
    expected = [pooled(scores, feeds[0]["attention_mask"], "max", "relu")]
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    older = {
        name.replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta"): tensor
        for name, tensor in tensors.items()
    }
    older["cls.predictions.decoder.bias"] = older.pop("cls.predictions.bias")
    older["cls.predictions.decoder.weight"] = older["bert.embeddings.word_embeddings.weight"] + 0
    save_file(older, file, {"format": "pt"})
    found = differences(read_splade(tmp_path), feeds, expected)
    assert max(found.values()) < TOLERANCE


def test_a_head_that_is_not_stored_is_not_made_up(tmp_path):
    make(tmp_path / "words", "Bert", SIZES, "MaskedLM", 4)
    with pytest.raises(UnknownFormat, match="ForSequenceClassification"):
        read_classifier(tmp_path / "words")
    make(tmp_path / "labels", "Bert", SIZES, "SequenceClassification", 4)
    with pytest.raises(UnknownFormat, match="ForMaskedLM"):
        read_splade(tmp_path / "labels")
    config = tmp_path / "words" / "config.json"
    content = json.loads(config.read_text())
    config.write_text(json.dumps({**content, "architectures": ["BertForSequenceClassification"]}))
    model = read_classifier(tmp_path / "words")
    for info in installed().infos:
        if missing_engines(info):
            continue
        backend = installed().backend(info.name)
        with pytest.raises(BadModel, match=r"pooler|random"):
            backend.load(model, backend.claim(model, CPU), Options())


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({"model_type": "m2m_100"}, "'m2m_100'"),
        ({"model_type": "t5"}, "decoder_start_token_id=None"),
        ({"model_type": "mt5", "eos_token_id": None}, "eos_token_id=None"),
        ({"model_type": "qwen3", "pad_token_id": None}, "pad_token_id"),
        ({"model_type": "modernbert", "classifier_pooling": "max"}, "classifier_pooling"),
        ({"model_type": "eurobert", "classifier_pooling": "max"}, "classifier_pooling"),
        ({"model_type": "eurobert", "clf_pooling": "bos"}, "clf_pooling"),
        ({"model_type": "deberta-v2", "pooler_hidden_act": "mish"}, "pooler_hidden_act"),
        ({"model_type": "deberta-v2", "pooler_hidden_size": 7}, "pooler_hidden_size"),
    ],
)
def test_a_classifier_that_is_not_implemented_is_refused_by_name(config, match):
    with pytest.raises(Unsupported, match=match):
        describe_classifier(config)


def test_a_masked_model_that_is_not_implemented_is_refused_by_name():
    with pytest.raises(Unsupported, match="'llama'"):
        describe_masked_lm({"model_type": "llama"})


@pytest.mark.parametrize("name", sorted({kind for kind, *_ in CLASSIFIERS.values()}))
def test_defaults_of_classifiers_are_those_of_transformers(name):
    import transformers

    asked = {"pad_token_id": 1, **ASKED.get(name, {})}
    config = getattr(transformers, f"{name}Config")(**asked)
    least = {"model_type": config.model_type, **asked}
    assert describe_classifier(least) == describe_classifier(config.to_dict())


@pytest.mark.parametrize("name", sorted({kind for kind, *_ in MASKED.values()}))
def test_defaults_of_masked_models_are_those_of_transformers(name):
    import transformers

    asked = ASKED.get(name, {})
    config = getattr(transformers, f"{name}Config")(**asked)
    least = {"model_type": config.model_type, **asked}
    assert describe_masked_lm(least) == describe_masked_lm(config.to_dict())
