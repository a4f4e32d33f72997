"""The text of a card below its header."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from isomorph.card.about import About
from isomorph.card.data import BaseModelCardData, Dataset
from isomorph.card.header import pretty
from isomorph.card.results import EvaluationResult
from isomorph.card.usage import usage


def body(
    data: BaseModelCardData,
    about: About,
    title: str,
    model_id: str | None,
    trained_on: list[Dataset],
) -> str:
    """All sections; one about which nothing is known is left out."""
    sections = [
        f"# {title}\n\n{_summary(data, about)}\n",
        f"## The model\n\n{_table(('Property', 'Value'), _facts(data, about))}",
        f"## Modules\n\n{_table(('', 'Kind', 'Reads', 'Writes'), _modules(about))}",
        f"## Usage\n\n{usage(about, model_id)}",
        _evaluation(data.evaluation_results),
        _datasets("Training data", trained_on),
        _datasets("Evaluation data", data.eval_datasets),
        f"## Versions\n\n{_versions(about)}",
    ]
    return "\n".join(section for section in sections if section)


def _summary(data: BaseModelCardData, about: About) -> str:
    kind = about.kind
    text = f"This model of the class `{kind.class_name}` {kind.summary}"
    if about.dimension is not None and kind.class_name != "MultiVectorEncoder":
        text += f" of {about.dimension} dimensions"
    text += f". Its task: {data.task_name}." if data.task_name else "."
    if about.base_model:
        text += f" It comes from `{about.base_model}` at commit `{about.base_revision}`."
    return text


def _facts(data: BaseModelCardData, about: About) -> list[tuple[str, str]]:
    length = f"{about.max_length} {about.unit}" if about.max_length is not None else "unlimited"
    facts = {
        "Class": f"`{about.kind.class_name}`",
        "Inputs": ", ".join(about.modalities),
        "Dimensions": str(about.dimension or ""),
        "Labels": str(about.labels or ""),
        "Maximum input length": length,
        "Similarity": about.similarity or "",
        "Routes": ", ".join(about.routes),
        "Language": ", ".join(data.language or ()),
        "License": data.license or "",
    }
    prompts = {f"Prompt `{name}`": _code(text) for name, text in about.prompts.items()}
    return [(name, value) for name, value in {**facts, **prompts}.items() if value]


def _modules(about: About) -> list[tuple[str, ...]]:
    return [
        (str(i), module.kind, ", ".join(module.inputs), ", ".join(module.outputs))
        for i, module in enumerate(about.modules)
    ]


def _evaluation(results: Sequence[EvaluationResult]) -> str:
    if not results:
        return ""
    parts = ["## Evaluation\n"]
    for result in results:
        rows = [
            (f"**{pretty(name)}**" if name == result.primary else pretty(name), _number(value))
            for name, value in result.metrics.items()
        ]
        on = f" on {result.name}" if result.name else ""
        when = f"After epoch {result.epoch}, step {result.step}.\n\n" if result.epoch >= 0 else ""
        parts.append(f"### {result.kind}{on}\n\n{when}{_table(('Metric', 'Value'), rows)}")
    return "\n".join(parts)


def _datasets(heading: str, datasets: Sequence[Dataset]) -> str:
    if not datasets:
        return ""
    lines = [f"- {_dataset(one)}\n" for one in datasets]
    return f"## {heading}\n\n{''.join(lines)}"


def _dataset(one: Dataset) -> str:
    if not one.get("id"):
        return one["name"]
    return f"`{one['id']}`" if one["name"] == one["id"] else f"{one['name']} (`{one['id']}`)"


def _versions(about: About) -> str:
    rows = [(name, text, "this card was made") for name, text in about.versions.items()]
    rows += [(name, text, "the model was first saved") for name, text in about.saved_by.items()]
    return _table(("Library", "Version", "When"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    """A text between as many backticks as it needs, with its blanks and line breaks visible."""
    shown = repr(text)
    fence = "`" * (1 + max((len(run) for run in _runs(shown)), default=0))
    return f"{fence}{shown}{fence}"


def _runs(text: str) -> list[str]:
    return [run for run in "".join(c if c == "`" else " " for c in text).split() if run]


def _number(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) else "undefined"
