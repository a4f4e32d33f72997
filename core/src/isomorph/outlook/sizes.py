"""How large a model is in memory, and what calls of it take beside that."""

from __future__ import annotations

from math import prod

from isomorph.files.tensor import Tensor
from isomorph.machine.cpu import effective_cpus
from isomorph.model.model import Model
from isomorph.primitives.builder import FLOATS
from isomorph.runtime.plan import Plan
from isomorph.schedule.memory import TokenBudget

TEXTS = 10_000
"""Texts of the call of which the memory is told."""
TOKENS = 512
"""Their length where the model has no longest text."""
_FLOAT32 = 4


def of_weights(model: Model) -> tuple[int, int]:
    """Bytes of all tensors, as they are stored and with floating point as float32."""
    tensors = [each for module in model.tensors.values() for each in module.values()]
    return sum(each.nbytes for each in tensors), sum(map(_held, tensors))


def _held(tensor: Tensor) -> int:
    return prod(tensor.shape) * _FLOAT32 if tensor.dtype in FLOATS else tensor.nbytes


def of_call(plan: Plan, longest: int) -> int | None:
    """Bytes of a call of `TEXTS` texts of so many tokens, beside the weights.

    None where the operations are known to the backend alone, or another device holds them.
    """
    if plan.claim.device.kind != "cpu" or plan.claim.artifact is not None:
        return None
    lanes = max(1, min(plan.claim.lanes, effective_cpus()))
    budget = TokenBudget.of(plan.model, lanes, plan.claim.memory_factor)
    if budget.costs is None:
        return None
    return budget.costs.call(TEXTS, longest, budget.tokens(longest))
