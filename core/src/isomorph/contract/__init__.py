"""The contract between core and a backend. Read this first.

A model is a chain of modules. A backend claims the longest prefix of the chain that it can run.
Core's numpy kernels run the rest, and every cut gives the same numbers.

    Backend.devices()                       the devices that the engine can run on, best first
    Backend.claim(model, device, asked)     how many leading modules run natively, and why not one more
    Backend.load(model, claim, options)     a Session for exactly these modules
    Session.forward(values)                 named arrays in, exactly the promised arrays out
    Session.save(folder)                    writes an artifact that a later claim on the folder picks up
    Session.close()                         frees the engine; forward then raises

No method of these protocols is optional. Backends differ in the data of their `Claim`, and every
"no" carries its reason. A backend may import from `isomorph.contract`, `isomorph.program`,
`isomorph.hookspecs`, `isomorph.errors` and `isomorph.testing`. All other packages of core are private.
"""

from __future__ import annotations

from isomorph.contract.backend import Backend, Exporter
from isomorph.contract.batches import ANY_BATCHES, Batches
from isomorph.contract.claim import NOTHING_ASKED, Asked, Claim
from isomorph.contract.device import Device
from isomorph.contract.plugin import BackendInfo, CommandInfo, ExporterInfo
from isomorph.contract.pool import Parcel, Pool, Worker
from isomorph.contract.session import (
    CompileCache,
    Options,
    Session,
    SessionInfo,
    Values,
    no_compile_cache,
)
from isomorph.files.tensor import Tensor
from isomorph.model.graph import Graph, Module
from isomorph.model.model import Model

__all__ = [
    "ANY_BATCHES",
    "CONTRACT",
    "NOTHING_ASKED",
    "Asked",
    "Backend",
    "BackendInfo",
    "Batches",
    "Claim",
    "CommandInfo",
    "CompileCache",
    "Device",
    "Exporter",
    "ExporterInfo",
    "Graph",
    "Model",
    "Module",
    "Options",
    "Parcel",
    "Pool",
    "Session",
    "SessionInfo",
    "Tensor",
    "Values",
    "Worker",
    "no_compile_cache",
]

CONTRACT = 2
"""The number of this contract. A plugin's module says ``isomorph_contract = 2``; a newer one is refused.

Contract 1 had no third argument of `Backend.claim`. Core asks such backends without the argument.
"""
