"""The table of what runs where is complete; its numbers are those of the machine that made it."""

from __future__ import annotations

from isomorph.builtin.modules import isomorph_modules
from isomorph.encoders.describe import families
from isomorph.plugins.discovery import installed
from supported.table import FILE, Outcome, cell


def test_every_family_module_and_backend_has_its_place():
    lines = FILE.read_text("utf-8").splitlines()
    rows = {line.split("|")[1].strip() for line in lines if line.startswith("|")}
    assert rows >= set(families())
    assert rows >= {kind.name for kind in isomorph_modules() if kind.classes}
    assert rows >= {f"{family}, {task}" for family, task in _heads()}
    heads = [line for line in lines if line.startswith("| |")]
    columns = {cell.strip() for cell in heads[0].split("|")}
    own = {"torch", "onnx", "openvino"}
    here = {info.name for info in installed().infos if not info.fallback}
    assert columns >= own & here
    assert len(set(heads)) == 1
    assert "no model" not in FILE.read_text("utf-8")


def _heads():
    """What the families have, so that a head without a row is noticed."""
    for name, family in families().items():
        heads = {
            "text-generation": family.causal_lm,
            "sequence-classification": family.classifier,
            "fill-mask": family.masked_lm,
        }
        yield from ((name, task) for task, head in heads.items() if head is not None)


def test_a_cell_says_how_many_how_close_or_why_not():
    whole, part = Outcome(2, 2, 1e-6, ""), Outcome(1, 2, 3e-6, "no kernel")
    assert cell([whole, part]) == "1 of 2, 3e-06"
    assert cell([Outcome(0, 2, 0.0, "no | kernel")]) == "no: no / kernel"
    assert cell([]) == "no model in the kit"
