"""The backend: finds the server's model that computes what a chain here does, and runs it there.

A claim asks the server, for at most `ASKING` seconds: nobody else knows what it can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from isomorph.contract import NOTHING_ASKED, Asked, Batches, Claim, Device, Model, Options, Session
from isomorph.errors import BadModel, Unsupported
from isomorph.program import digest
from isomorph_remote.addressed import KIND
from isomorph_remote.devices import list_devices
from isomorph_remote.far import ASKING, Far
from isomorph_remote.session import RemoteSession
from isomorph_remote.texts_claim import claim_of, speaker
from isomorph_remote.texts_session import TextsSession

LANES = 4
"""Forwards on their way at once, at least: while the server computes one, the next one travels."""
GRAPHS = "/isomorph/graphs/"
"""Where a server says which of its models have modules of a digest."""
_OF_TEXTS = {"api", "truncate"}
_WEIGHTS = (".safetensors", ".bin", ".pt", ".npy", ".npz", ".h5")


class RemoteBackend:
    """Servers as devices."""

    def devices(self) -> Sequence[Device]:
        """One for each known address."""
        return list_devices()

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """All modules, where the server has a model with modules of the same digest; otherwise none.

        Raises:
            Unsupported: no address, an option that cannot be, another arithmetic than the server's, or the
                server has several such models that run differently.
            BackendUnavailable: the server does not answer.
        """
        if model.graph.modules[0].kind == KIND:
            return claim_of(model, device, asked)
        if _OF_TEXTS & set(asked.model_kwargs):
            raise Unsupported(
                f"{', '.join(sorted(_OF_TEXTS))} are for models that are named by their address: "
                "SentenceTransformer('http://…', backend='remote')."
            )
        far = Far.of(device, asked.model_kwargs)
        there = _there(replace(far, timeout=min(far.timeout, ASKING)), model, asked.model_kwargs)
        if not there:
            return Claim(device, 0, reason=_lack(far, asked.model_kwargs))
        try:
            first, *others = (_claim(far, model, device, each) for each in there)
        except (KeyError, TypeError, AttributeError, ValueError) as cause:
            raise far.strange(GRAPHS) from cause
        if any(replace(other, notes=first.notes) != first for other in others):
            names = ", ".join(each["model"] for each in there)
            raise Unsupported(
                f"{far.url} has several models with these modules, which run differently; say which: "
                f"model_kwargs={{'model': …}}, one of {names}."
            )
        if asked.arithmetic not in (None, first.arithmetic):
            raise Unsupported(
                f"arithmetic in {asked.arithmetic!r} was asked for, and {far.url} computes in "
                f"{first.arithmetic!r}."
            )
        return first

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Has the server load the modules of its model with the weights that are here.

        Raises:
            BadModel: the server has other weights.
            Unsupported: the server has no such model any more, or computes in another arithmetic by now.
            BackendUnavailable: the server does not answer.
        """
        if model.graph.modules[0].kind == KIND:
            return TextsSession(speaker(model, options.model_kwargs, quickly=False), claim)
        far = Far.of(claim.device, options.model_kwargs)
        there = _there(far, model, options.model_kwargs)
        if not there:
            raise Unsupported(_lack(far, options.model_kwargs))
        modules = {
            "model": _same(far, model, there),
            "digest": digest(model),
            "outputs": list(model.graph.outputs),
        }
        told = far.ask("/isomorph/open", modules)
        try:
            session = RemoteSession(far, claim, asked=modules, fed=model.graph.inputs, told=told)
        except (KeyError, TypeError, AttributeError, ValueError) as cause:
            raise far.strange("/isomorph/open") from cause
        if options.arithmetic not in (None, told["arithmetic"]):
            raise Unsupported(f"{far.url} computes in {told['arithmetic']!r}.")
        return session


def _there(far: Far, model: Model, options: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What the server says of its models with these modules; of one of them where the user names it."""
    found = far.ask(f"{GRAPHS}{digest(model)}")
    wanted = options.get("model")
    try:
        named = [each for each in found["models"] if wanted in (None, each["model"])]
        return [each for each in named if each["files"].items()]
    except (KeyError, TypeError, AttributeError) as cause:
        raise far.strange(GRAPHS) from cause


def _lack(far: Far, options: Mapping[str, Any]) -> str:
    wanted = options.get("model")
    named = "no model" if wanted is None else f"no model {wanted!r}"
    return f"{far.url} has {named} that computes what this folder says"


def _claim(far: Far, model: Model, device: Device, told: Mapping[str, Any]) -> Claim:
    batches, length = told["batches"], len(model.graph)
    return Claim(
        device,
        length,
        arithmetic=told["arithmetic"],
        weights=told["weights"],
        lanes=max(LANES, told["lanes"]),
        batch_invariant=told["batch_invariant"],
        max_shapes=told["max_shapes"],
        batches=Batches(
            tuple(batches["widths"]),
            tuple(batches["rows"]),
            tokens=batches["tokens"],
            most_rows=batches["most_rows"],
        ),
        notes=(
            f"{far.url} runs {told['model']!r} in {told['backend']} on {told['device']}, {told['native']} "
            f"of {length} modules natively.",
        ),
    )


def _same(far: Far, model: Model, there: Sequence[Mapping[str, Any]]) -> str:
    """The server's name of the model whose weight files are those of this one.

    Raises:
        BadModel: there is none; names the first file that differs.
    """
    here = {name: known for name, known in model.files.digests().items() if name.endswith(_WEIGHTS)}
    lacks = []
    for each in there:
        others = [name for name, known in here.items() if each["files"].get(name) != known]
        if not others:
            return str(each["model"])
        lack = "has other bytes" if others[0] in each["files"] else "is not there"
        lacks.append(f"{each['model']!r}, where {others[0]} {lack}")
    raise BadModel(
        f"{far.url} has other weights than {model.folder}: it serves {'; '.join(lacks)}. Load the model that "
        "the server has, or serve this one."
    )
