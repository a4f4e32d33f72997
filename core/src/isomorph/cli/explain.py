"""``isomorph explain``: which module runs where and why, and what is in effect after loading."""

from __future__ import annotations

from isomorph.cli.options import Backend, DeviceName, Model

TEXTS = 10_000
"""Texts of the call of which the memory is told."""
TOKENS = 512
"""Their length where the model has no longest text."""


def explain(model: Model, backend: Backend = None, device: DeviceName = None) -> None:
    """Show which module runs where, why not natively, and what is in effect."""
    from isomorph.cli.console import show_table, stdout
    from isomorph.models.sentence_transformer import SentenceTransformer

    with SentenceTransformer(model, backend=backend, device=device) as loaded:
        rows = [(row.module, row.runs, row.device, row.reason) for row in loaded.explain().rows]
        show_table(model, ("module", "runs on", "device", "why not natively"), rows)
        stdout().print(str(loaded.report()), soft_wrap=True)
        held = loaded.peak_memory(TEXTS, None if loaded.max_seq_length else TOKENS)
        known = "not known" if held is None else f"{held / 1e6:.0f} MB"
        stdout().print(f"memory of a call with {TEXTS:,} long texts: {known}", soft_wrap=True)
