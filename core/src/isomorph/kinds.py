"""What is known about one kind of module. Plugins offer kinds through the hook `isomorph_modules`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from isomorph.files.module_folder import ModuleFolder
from isomorph.model.graph import Module
from isomorph.preprocess.protocol import Inputs
from isomorph.primitives.builder import Ref, Weights

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Lowering = Callable[[Module, Weights, Mapping[str, Ref]], Mapping[str, Ref]]
"""(module, its weights, values by name) -> the values that it writes, in primitives."""

Kernel = Callable[[Module, Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
"""(module, its weights as arrays, values by name) -> the arrays that it writes. What it gets is read-only."""

Width = Callable[[Module, int | None], int | None]
"""(module, features of the first value that it reads) -> features of what it writes; None: not known."""

Writer = Callable[[Module, int | None], Mapping[str, Any]]
"""(module, features of the first value that it reads) -> the content of its settings file."""

Mask = Callable[[NDArray[Any]], NDArray[Any]]
"""Token ids of a text, int64 (tokens,) -> which vectors stay, bool (tokens,). A mask can be pickled."""

Need = Literal["settings", "weights", "tokenizer"]


def unchanged(module: Module, width: int | None) -> int | None:
    """The width of a module whose result has as many features as what it reads."""
    return width


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleKind:
    """One kind of module: all that isomorph knows about it.

    A plugin gives `name`, `classes`, `read`, and one of `lower` and `kernel`. Everything else has a default
    that says nothing.
    """

    name: str
    """Such as ``"pooling"``: what `Module.kind` says."""
    classes: tuple[str, ...]
    """The class references under which ``modules.json`` files name the kind. Saving writes the first."""
    read: Callable[[ModuleFolder], Module]
    """Turns the folder of a module into data."""
    lower: Lowering | None = None
    """Writes a module in primitives, so that every backend and the numpy reference run the kind."""
    kernel: Kernel | None = None
    """Numpy code for a kind without `lower`. Only the reference runs a kernel."""
    optional: tuple[str, ...] = ()
    """Names that a module reads too where a module before it writes them."""
    instead: Mapping[str, str] | None = None
    """Names that a module reads, and writes, in place of others that no module before it writes."""
    meaning: Callable[[Module], Mapping[str, str]] | None = None
    """For values that a module writes under names of its own: well-known names of the same axes."""
    width: Width | None = None
    """How many features a result has. None: found from `lower`, by a run of `kernel`, or by a forward."""
    takes: Callable[[Module], int | None] | None = None
    """How many features the settings of a module say that it reads; None where they do not."""
    sparse: bool = False
    """Whether the kind makes vectors of which few features are not zero."""
    tag: str = ""
    """What the card of a sparse model with such a module is tagged with."""
    inputs: Callable[[ModuleFolder, Module], Inputs] | None = None
    """What a module that stands first is fed, such as `isomorph.program.tokenizer_inputs` for texts.

    None: a module of the kind reads what others write.
    """
    branches: Callable[[ModuleFolder, Module], Mapping[str, Module]] | None = None
    """The module as it stands first for inputs of each modality, the default one first.

    None: it takes one kind of input. The modules share name, folder and tensors.
    """
    written_as: str = ""
    """The class reference that saving writes. "": the first of `classes`."""
    repeatable: bool = False
    """Whether what went through it once stays as it is when it goes through again."""

    exported: bool = False
    """Whether an artifact of an engine may hold a module of the kind alone."""
    ids: Callable[[Module], int] | None = None
    """How many token ids a module has vectors for. None: any number."""
    keeps: Callable[[Module, Tokenizer, str | None], Mask] | None = None
    """Which token vectors of a text count: (module, tokenizer, task) -> `Mask`."""
    pools: Callable[[Module], Mapping[str, Any]] | None = None
    """How the token vectors of a text become fewer: arguments of `HierarchicalTokenPooling`."""
    write: Writer | None = None
    """What saving writes into `file`. None: the files of the module are copied as they are."""
    file: str = "config.json"
    """The name of the file that `write` fills."""
    truncated_at: Callable[[int | None, Inputs], Mapping[str, Mapping[str, Any]]] | None = None
    """Where saving writes that inputs are truncated at another length: keys and values by file."""
    needs: tuple[Need, ...] = ()
    """What must lie in the folder of a module. A copy of a model without it is known to be incomplete."""
    settings: tuple[str, ...] = ()
    """Names of a file that need not be there and that changes what a module computes."""


__all__ = [
    "Kernel",
    "Lowering",
    "Mask",
    "ModuleFolder",
    "ModuleKind",
    "Need",
    "Width",
    "Writer",
    "unchanged",
]
