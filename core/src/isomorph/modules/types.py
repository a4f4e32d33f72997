"""The class references under which sentence-transformers has named its modules over the years."""

from __future__ import annotations

import re

_ROOT = "sentence_transformers"
_FLAT = (
    f"{_ROOT}.models",
    f"{_ROOT}.base.modules",
    f"{_ROOT}.sentence_transformer.modules",
    f"{_ROOT}.sparse_encoder.models",
    f"{_ROOT}.sparse_encoder.modules",
    f"{_ROOT}.cross_encoder.modules",
    f"{_ROOT}.multi_vector_encoder.modules",
)


def historical(class_name: str, *extra: str) -> tuple[str, ...]:
    """Every reference to a class: by package and by file, in each place where it has lived.

    `historical("Pooling")` holds ``sentence_transformers.models.Pooling``,
    ``sentence_transformers.models.Pooling.Pooling``,
    ``sentence_transformers.sentence_transformer.modules.pooling.Pooling`` and the like.
    """
    stem = re.sub(
        r"(?<=.)(?=[A-Z][a-z])", "_", class_name
    ).lower()  # BoW: bow, LayerNorm: layer_norm
    names = []
    for package in _FLAT:
        names.append(f"{package}.{class_name}")
        names.append(f"{package}.{class_name}.{class_name}")
        names.append(f"{package}.{stem}.{class_name}")
    return (*names, *extra)
