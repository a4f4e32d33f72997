"""isomorph's own routes: forwards for models whose other half is in the process of a client.

A client names modules by the digest of what they compute (`isomorph.program.digest`), and so never gets the
numbers of other settings than its own. The digests of weight files tell it whether the weights are the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from isomorph.program import packed
from isomorph.version import __version__
from isomorph_server.ask import Ask
from isomorph_server.fields import LISTED, MAPPING, TEXT, Body, Field, Packed
from isomorph_server.graphs import Cut
from isomorph_server.refusals import Refused, tei
from isomorph_server.replies import Pieces
from isomorph_server.route import Route
from isomorph_server.shelf import Served

_OF_MODULES = (
    Field("model", TEXT, "One of /v1/models.", required=True),
    Field("digest", TEXT, "What the modules compute.", required=True),
    Field("outputs", LISTED, "The values that are asked for.", required=True),
)
OPEN = Body("Open", _OF_MODULES)
FORWARD = Packed(
    "Forward",
    (*_OF_MODULES, Field("feeds", MAPPING, "Arrays by name, in sealed safetensors.", required=True)),
)  # fmt: skip


async def graph(ask: Ask) -> Any:
    """Which models have modules of a digest, and what their backend claims of them."""
    wanted = ask["digest"]
    found = []
    for served in ask.house.shelf.served.values():
        cut = served.graphs.find(wanted)
        if cut is not None:
            files = await asyncio.to_thread(served.graphs.files)
            found.append({"model": served.name, "files": files, **_claimed(cut)})
    return {"isomorph": __version__, "max_body": ask.house.limits.body, "models": found}


def _claimed(cut: Cut) -> Mapping[str, Any]:
    """What a client's claim says."""
    plan = cut.pipeline.plan
    claim = plan.claim
    return {
        "backend": plan.info.name,
        "device": str(claim.device),
        "native": min(claim.depth, cut.depth),
        "arithmetic": claim.arithmetic,
        "weights": claim.weights,
        "lanes": claim.lanes,
        "batch_invariant": claim.batch_invariant,
        "max_shapes": claim.max_shapes,
        "max_length": cut.pipeline.inputs.max_length,
        "batches": {
            "widths": claim.batches.widths,
            "rows": claim.batches.rows,
            "tokens": cut.tokens,
            "most_rows": claim.batches.most_rows,
        },
    }


def _found(ask: Ask) -> tuple[Served, Cut]:
    """The model and the modules that are meant.

    Raises:
        Refused: 404 where there are none.
    """
    served = ask.house.shelf.served.get(ask["model"])
    cut = None if served is None else served.graphs.find(ask["digest"])
    if served is None or cut is None:
        raise Refused(404, "No model here has such modules under this name.", "model")
    ask.model = served.name
    return served, cut


async def opened(ask: Ask) -> Any:
    """Loads modules, and says what they run with."""
    served, cut = _found(ask)
    async with ask.house.shelf.use(served):
        runner = await asyncio.to_thread(
            served.graphs.runner, ask["digest"], cut, tuple(ask["outputs"])
        )
    effective = runner.effective
    return {
        "isomorph": __version__,
        "backend": cut.pipeline.plan.info.name,
        "engine": effective.engine,
        "device": str(effective.device),
        "provider": effective.provider,
        "threads": effective.threads,
        "arithmetic": effective.arithmetic,
        "weights": effective.weights,
        "unpadded": effective.unpadded,
        "budget": effective.budget,
        "details": dict(effective.details),
    }


async def forward(ask: Ask) -> Pieces:
    """The values that modules make of feeds that a client has prepared."""
    served, cut = _found(ask)
    outputs = tuple(ask["outputs"])
    feeds = ask["feeds"]
    model = cut.model(outputs)
    rows = served.graphs.check(ask["digest"], cut, model, feeds)
    ask.inputs += rows
    ask.tokens += max((each.size for each in feeds.values() if each.dtype == "int64"), default=rows)
    async with ask.house.shelf.use(served):
        runner = await asyncio.to_thread(served.graphs.runner, ask["digest"], cut, outputs)
        return Pieces(await asyncio.to_thread(lambda: packed(runner.forward(feeds))))


ROUTES = (
    Route("GET", "/isomorph/graphs/{digest}", graph, tei, None, "Who runs modules of this digest"),
    Route("POST", "/isomorph/open", opened, tei, OPEN, "Loads modules"),
    Route("POST", "/isomorph/forward", forward, tei, FORWARD, "A forward of modules"),
)
