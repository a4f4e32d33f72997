"""What is claimed of a model that is named by its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.contract import Asked, Batches, Claim, Device, Model
from isomorph.errors import Unsupported
from isomorph_remote.addressed import is_own
from isomorph_remote.far import ASKING, Far
from isomorph_remote.languages import Speaker

BYTES = 1 << 16
"""Padded bytes of a request at most, but for a single text."""
LANES = 4
"""Requests on their way at once."""


def speaker(model: Model, options: Mapping[str, Any], *, quickly: bool) -> Speaker:
    """The server and the model that the first module names.

    An address that lies in a folder is not asked unless the user says it too: a folder may come from anybody.

    Raises:
        Unsupported: nobody but the folder says the address, or the server has no such model.
        BackendUnavailable: the server does not answer.
    """
    said = model.graph.modules[0].config
    given = options.get("url")
    url = said.get("url", given)
    if url is None or (given != url and not (given is None and is_own(model))):
        raise Unsupported(
            f"{model.folder} names the server {said.get('url')!r}: pass model_kwargs={{'url': …}} with the "
            "address that texts may be sent to."
        )
    far = Far.at(str(url), options)
    if quickly:
        far = replace(far, timeout=min(far.timeout, ASKING))
    return Speaker.of(far, said.get("model", options.get("model")), options)


def claim_of(model: Model, device: Device, asked: Asked) -> Claim:
    """The first module, in the arithmetic that the server tells; float32 where it tells none.

    Raises:
        Unsupported: as `speaker`, or another arithmetic is asked for.
    """
    found = speaker(model, asked.model_kwargs, quickly=True)
    if asked.arithmetic not in (None, found.arithmetic):
        raise Unsupported(
            f"arithmetic in {asked.arithmetic!r} was asked for, and {found.far.url} computes in "
            f"{found.arithmetic or 'a type that it does not tell'}."
        )
    longest = (
        "a length that it does not tell" if found.longest is None else f"{found.longest} tokens"
    )
    rest = "" if len(model.graph) == 1 else "the server computes one module"
    return Claim(
        device,
        1,
        reason=rest,
        arithmetic=found.arithmetic or "float32",
        lanes=LANES,
        batches=Batches(tokens=BYTES, most_rows=found.rows),
        notes=(
            f"{found.far.url} ({found.server}) makes vectors of texts with {found.model or 'its one model'}; "
            f"texts beyond {longest} are {'cut' if found.truncate else 'refused'} there.",
        ),
    )
