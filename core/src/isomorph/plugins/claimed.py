"""What is wrong with a claim, as far as it can be said without loading anything."""

from __future__ import annotations

from isomorph.contract import Claim, Device, Model
from isomorph.plugins.records import misfit


def wrong_claim(claim: Claim, model: Model, device: Device) -> str:
    """What is wrong with a claim for a model on a device, "" for nothing."""
    wrong = misfit(claim)
    if wrong:
        return f"its claim's {wrong}"
    length = len(model.graph)
    if not 0 <= claim.depth <= length:
        return f"it claims {claim.depth} of {length} modules"
    if claim.depth < length and not claim.reason:
        return "its claim stops early without a reason"
    if claim.device != device:
        return f"asked about {device}, it claims {claim.device}"
    batches = wrong_batches(claim, model.graph.ragged and bool(claim.depth))
    return f"its claim has {batches}" if batches else ""


def wrong_batches(claim: Claim, ragged: bool) -> str:
    """What is wrong with the forwards that a claim asks for, "" for nothing.

    `ragged` is whether the model reads rows end to end, of which the claim has some modules.
    """
    batches, most = claim.batches, claim.max_shapes
    for name, numbers in (("widths", batches.widths), ("rows", batches.rows)):
        if any(number < 1 for number in numbers) or sorted(set(numbers)) != list(numbers):
            return f"batches whose {name} {numbers} are not ascending numbers from 1 on"
    if batches.tokens < 0 or (batches.most_rows is not None and batches.most_rows < 1):
        return f"batches with a bound below its least number: {batches}"
    if most is not None and most < 0:
        return f"max_shapes={most}, which is no number of shapes"
    if most and batches.are_fixed:
        return (
            f"max_shapes={most} beside batches of fixed widths or rows: forwards never have other shapes, "
            "so leave max_shapes out"
        )
    if ragged and batches.are_fixed:
        return (
            "batches of fixed shapes, and the model reads rows end to end: claim 0 modules of such a "
            "model"
        )
    return ""
