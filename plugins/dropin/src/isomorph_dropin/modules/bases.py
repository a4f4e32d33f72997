"""The bases of modules, which programs ask for with ``isinstance`` and inherit from."""

from __future__ import annotations

from isomorph_dropin.modules.calling import Called
from isomorph_dropin.modules.stored import Stored


class Module(Called, Stored):
    """One module of a chain, of whatever kind."""

    __module__ = "sentence_transformers.base.modules.module"


class InputModule(Module):
    """A module that reads inputs."""

    __module__ = "sentence_transformers.base.modules.input_module"
