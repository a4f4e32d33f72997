"""The class references under which sentence-transformers has named its modules over the years."""

from __future__ import annotations

import re

_ROOT = "sentence_transformers"
OLD_HOME = f"{_ROOT}.models"
"""Where every class has been at first."""
BASE = f"{_ROOT}.base.modules"
TEXTS = f"{_ROOT}.sentence_transformer.modules"
OLD_SPARSE = f"{_ROOT}.sparse_encoder.models"
SPARSE = f"{_ROOT}.sparse_encoder.modules"
PAIRS = f"{_ROOT}.cross_encoder.modules"
MULTI = f"{_ROOT}.multi_vector_encoder.modules"
_FLAT = (OLD_HOME, BASE, TEXTS, OLD_SPARSE, SPARSE, PAIRS, MULTI)


def historical(class_name: str, *extra: str, home: str = TEXTS, file: str = "") -> tuple[str, ...]:
    """Every reference to a class: by package and by file, in each place where it has lived.

    `historical("Pooling")` holds ``sentence_transformers.models.Pooling``,
    ``sentence_transformers.models.Pooling.Pooling``,
    ``sentence_transformers.sentence_transformer.modules.pooling.Pooling`` and the like. The first is the
    present one: in `home`, in `file`, which is called like the class if nothing else is said.
    """
    stem = file_of(class_name)
    names = [f"{home}.{file or stem}.{class_name}"]
    for package in _FLAT:
        names.append(f"{package}.{class_name}")
        names.append(f"{package}.{class_name}.{class_name}")
        names.append(f"{package}.{stem}.{class_name}")
    return tuple(dict.fromkeys((*names, *extra)))


def file_of(class_name: str) -> str:
    """The file that is called like a class: ``bow`` for BoW, ``layer_norm`` for LayerNorm."""
    return re.sub(r"(?<=.)(?=[A-Z][a-z])", "_", class_name).lower()


def is_router(reference: str) -> bool:
    """Whether a class is a Router, or an Asym, which is its old name; both have had many places."""
    return reference.startswith(f"{_ROOT}.") and reference.rpartition(".")[2] in ("Router", "Asym")
