"""One chain of a model: its graph, and what it says of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from isomorph.model.graph import Graph
from isomorph.preprocess.protocol import Inputs
from isomorph.preprocess.text import Text


@dataclass(frozen=True, slots=True)
class Chain:
    """Modules from inputs of one kind to a result."""

    graph: Graph
    """The modules, and the names that pass between them."""
    inputs: Inputs = field(default_factory=Text)
    """Default texts without a limit. What the first module is fed, and how long inputs may be."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """Default {}. The user's words on the inputs by name, which are in `inputs`: ``processor_kwargs``."""
