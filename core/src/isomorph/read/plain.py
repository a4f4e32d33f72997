"""A transformers folder without ``modules.json``.

Of an encoder nothing says how to pool it, unless folders called ``1_Pooling`` do (`read.numbered`);
classifiers and masked language models have a head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from isomorph.adapters.weights import read_weights
from isomorph.encoders.describe import family_of
from isomorph.encoders.towers import towers_of
from isomorph.errors import AmbiguousHead, BadModel, InputError, UnknownFormat
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.messages.shown import shown
from isomorph.model.chain import Chain
from isomorph.model.graph import Module
from isomorph.model.model import Model
from isomorph.model.routes import Route
from isomorph.modules import hearing, pooling, tower, transformer
from isomorph.modules.logit_score import logit_score
from isomorph.modules.pooling import MODES, pooling_module
from isomorph.modules.splade_pooling import splade_module
from isomorph.modules.transformer import SETTINGS_FILES, from_config
from isomorph.preprocess.messages.reading import with_messages
from isomorph.preprocess.text import Text
from isomorph.read.borrowed import completed
from isomorph.read.sentence_transformers import by_modality, chain
from isomorph.read.settings import read_settings

ENCODING = "feature-extraction"
"""The task of an encoder, which has no head."""
_ENDINGS = {
    ENCODING: "",
    "sequence-classification": "ForSequenceClassification",
    "fill-mask": "ForMaskedLM",
    "text-generation": "ForCausalLM",
}
"""How the names of architectures end that have the head of a task."""


def read(root: Path) -> Model:
    """The encoder alone; its result is ``token_embeddings``. `SentenceTransformer` adds pooling."""
    return read_task(root, ENCODING)


def read_classifier(root: Path) -> Model:
    """A sequence classifier, such as a reranker; its result is ``scores``.

    Raises:
        UnknownFormat: ``config.json`` names no architecture with such a head; it would be random.
    """
    return read_task(root, "sequence-classification")


def read_splade(root: Path) -> Model:
    """A masked language model and, behind it, SPLADE pooling by maximum.

    Raises:
        UnknownFormat: ``config.json`` names no architecture with such a head; it would be random.
    """
    behind = splade_module("1", "1_SpladePooling", "max", "relu", None)
    return read_task(root, "fill-mask", behind)


def read_generator(root: Path) -> Model:
    """A language model and, behind it, the score of "yes" over "no" as its next word.

    Raises:
        BadModel: the tokenizer has no such words.
    """
    folder = Folder(root)
    read_weights(folder, "")  # an adapter alone has the words of its base model
    from isomorph.preprocess.tokenizer_files import load_tokenizer

    tokenizer = load_tokenizer(Text(folder=folder))
    yes, no = (tokenizer.token_to_id(word) for word in ("yes", "no"))
    if yes is None or no is None:
        raise BadModel(
            f"{root} is a language model whose tokenizer has no words 'yes' and 'no'; add a LogitScore "
            "module that names others."
        )
    behind = logit_score("1", "1_LogitScore", yes, no)
    return read_task(root, "text-generation", behind)


def read_task(root: Path, task: str, *behind: Module) -> Model:
    """A transformer with the head of a task, one of `isomorph.modules.transformer.TASKS`.

    Raises:
        BadModel: there is no ``config.json``, or `behind` does not fit.
        UnknownFormat: ``config.json`` names no architecture with such a head; it would be random.
        Unsupported: there is no such task.
    """
    folder, ending = Folder(root), _ENDINGS.get(task, "")
    source = ModuleFolder("0", "", "", folder, read_weights(folder, ""), completed(folder, ""))
    config = source.config("config.json")
    architectures = config.get("architectures") or []
    if not any(str(name).endswith(ending) for name in architectures) and ending:
        raise UnknownFormat(
            f"{root} holds {architectures}, no architecture that ends in {ending}. "
            "isomorph.load_model opens a folder as the class that it is for."
        )
    family = towers_of(config)
    if family is not None and not ending:
        module = tower.from_config(source, config, source.config(*SETTINGS_FILES), family)
    else:
        module = from_config(source, config, _settings(source, config, task))
    found = by_modality(folder, (module, *behind))
    chains: dict[Route, Chain] = {
        (modality,) if modality else (): each for modality, each in found.items()
    }
    saved, tensors = read_settings(folder), {"0": source.tensors}
    return Model(chains, root, tensors, saved, files=folder)


def _settings(source: ModuleFolder, config: Mapping[str, Any], task: str) -> Mapping[str, Any]:
    """What the folder says of its inputs; of a model that sees, the images and videos that it takes too."""
    said = {**source.config(*SETTINGS_FILES), "transformer_task": task}
    family = family_of(config)
    if family is None or family.seeing is None:
        return with_messages(source, said)
    settings = with_messages(source, said, sees=True)
    from isomorph.modules.media.sight import with_images  # models of texts need none of it

    return with_images(family.seeing, settings)


def guessed_pooling(model: Model) -> str | None:
    """How sentence-transformers pools a folder that does not say it; None where nothing is its Transformer.

    A language model that reads from left to right is pooled by its last token, any other by the mean; a tower
    as its family says.
    """
    modules = model.graph.modules
    kinds = (transformer.KIND.name, tower.KIND.name, hearing.KIND.name)
    alone = len(modules) == 1 and modules[0].kind in kinds
    listed = model.files.file("modules.json") is not None
    if listed or not alone or model.graph.outputs != ("token_embeddings",):
        return None
    config = modules[0].config["transformer"]
    family = towers_of(config)
    if family is not None:
        return family.pooling
    names = config.get("architectures") or ()
    generates = isinstance(names, list) and bool(names) and str(names[0]).endswith("ForCausalLM")
    return "lasttoken" if generates and config.get("is_causal", True) else "mean"


def with_pooling(model: Model, mode: str) -> Model:
    """The model that pools so: by a module at its end, or by the one that it has.

    Raises:
        InputError: an unknown mode, or nothing in the model can pool so.
    """
    if mode not in MODES:
        raise InputError(f"pooling {shown(mode)} is not one of {', '.join(MODES)}.")
    if model.routers:
        raise InputError(f"pooling={mode!r}: {model.folder} has several routes.")
    pooled = {id(each): _pooled(each, mode, model.folder) for each in model.chains.values()}
    chains = {route: pooled[id(each)] for route, each in model.chains.items()}
    return replace(model, chains=chains)


def _pooled(old: Chain, mode: str, folder: Path) -> Chain:
    """A chain that pools so; where a model takes several modalities, each has one of its own."""
    modules = list(old.graph.modules)
    own = [place for place, module in enumerate(modules) if module.kind == pooling.KIND.name]
    if len(own) > 1:
        raise InputError(f"pooling={mode!r}: {folder} has several poolings.")
    if own:
        module = modules[own[0]]
        included, width = (module.config[key] for key in ("include_prompt", "embedding_dimension"))
        modules[own[0]] = pooling_module(module.name, module.folder, (mode,), included, width)
    elif "token_embeddings" not in old.graph.outputs:
        raise InputError(f"pooling={mode!r}: {folder} has no token vectors to pool.")
    else:
        place = len(modules)
        modules.append(pooling_module(str(place), f"{place}_Pooling", (mode,), True, None))
    return replace(old, graph=chain(tuple(modules), old.inputs))


def refuse_to_guess(model: Model) -> AmbiguousHead:
    """The error for a model whose pooling is nowhere written down."""
    lists = (
        "lists no module that pools" if model.files.file("modules.json") else "has no modules.json"
    )
    config = model.files.json("config.json")
    names = config.get("architectures") if isinstance(config, dict) else None
    listed = names if isinstance(names, list) else ()
    scores = any(str(name).endswith(_ENDINGS["sequence-classification"]) for name in listed)
    return AmbiguousHead(
        f"{model.folder} {lists}, so it does not say how token vectors become one vector. Say it: "
        "SentenceTransformer(..., pooling='mean'), or 'cls', 'max', 'lasttoken', … ."
        f"{' Its architecture scores pairs of texts, and CrossEncoder opens it so.' * scores}"
    )
