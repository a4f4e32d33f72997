"""The YAML header of a card: what the Hub filters and ranks models by."""

from __future__ import annotations

import re
from typing import Any

from isomorph.card.about import About
from isomorph.card.data import BaseModelCardData, Dataset
from isomorph.card.results import EvaluationResult
from isomorph.plugins.table import kind_named

Header = dict[str, Any]


def header(data: BaseModelCardData, about: About, title: str, trained_on: list[Dataset]) -> Header:
    """The entries that are not empty, in the order in which sentence-transformers writes them."""
    entries = {
        "language": data.language,
        "license": data.license,
        "library_name": about.kind.library_name,
        "tags": tags(data, about),
        "datasets": ids(trained_on),
        "metrics": _metrics(data.evaluation_results),
        "pipeline_tag": _pipeline_tag(about),
        "model-index": _model_index(data, title),
        "base_model": about.base_model,
    }
    return {name: value for name, value in entries.items() if value}


def tags(data: BaseModelCardData, about: About) -> list[str]:
    """The given tags, else those of the class; and what the modules show about a sparse model."""
    found = list(data.tags or about.kind.default_tags)
    if about.kind.class_name == "SparseEncoder":
        shown = {kind_named(module.kind).tag for module in about.modules} - {""}
        if about.routes:
            found.append("asymmetric")
        found += sorted(shown - (set() if about.routes else {"inference-free"}))
    return list(dict.fromkeys(found))


def ids(datasets: list[Dataset]) -> list[str]:
    """The Hub ids among datasets, none twice."""
    return list(dict.fromkeys(one["id"] for one in datasets if one.get("id")))


def dump(entries: Header) -> str:
    """A header as text, between its marks."""
    from huggingface_hub.utils import yaml_dump

    return f"---\n{yaml_dump(entries, sort_keys=False).strip()}\n---\n"


def _pipeline_tag(about: About) -> str | None:
    several = about.labels is not None and about.labels > 1
    return "text-classification" if several else about.kind.pipeline_tag


def _metrics(results: list[EvaluationResult]) -> list[str]:
    return list(dict.fromkeys(name for result in results for name in result.finite))


def _model_index(data: BaseModelCardData, title: str) -> list[dict[str, Any]]:
    if not any(result.finite for result in data.evaluation_results):
        return []
    known = {one["name"]: one["id"] for one in data.eval_datasets if "id" in one}
    entries = []
    for result in data.evaluation_results:
        metrics = [
            {"type": name, "value": value, "name": pretty(name)}
            for name, value in result.finite.items()
        ]
        dataset = {"name": result.name or "Unknown", "type": known.get(result.name, "unknown")}
        task = {"type": re.sub(r"\W+", "-", result.kind.lower()), "name": result.kind}
        if metrics:
            entries.append({"task": task, "dataset": dataset, "metrics": metrics})
    return [{"name": title, "results": entries}]


def pretty(metric: str) -> str:
    """A metric's name in words: "Cosine Accuracy@1"."""
    return " ".join(word[:1].upper() + word[1:] for word in metric.split("_"))
