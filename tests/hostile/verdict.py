"""Judges what came of a case: a clear error, a right result, or a finding, and which."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from hostile.cases import Case
from hostile.expected import Expected
from hostile.outcomes import close

CLEAR, RIGHT = "clear error", "right result"
LONGEST = 2_000
"""Characters of a message: what a file holds is not poured out."""


def verdict(case: Case, outcome: Mapping[str, Any], expected: Expected) -> str:
    """`CLEAR` or `RIGHT`, else what is wrong in words."""
    if "ended" in outcome:
        return f"the process was ended by {outcome['ended']}"
    if "error" in outcome:
        said = outcome["said"]
        if not outcome["meant"]:
            return f"{outcome['error']}: {said[:200]}"
        return unclear(case, said) or CLEAR
    wanted = expected.of(str(case))
    if outcome.get("same"):
        if wanted is None or not np.isfinite(wanted).all():  # of a weight that reaches no result
            return RIGHT
        return "the unspoilt values, though the file asks for others"
    if wanted is None:
        return "values that are neither the unspoilt model's nor recorded"
    found = np.array(outcome["values"], np.float32).reshape(outcome["shape"])
    if found.shape == wanted.shape:
        # What is no number in one engine's maximum is left out in another's; a warning tells of both.
        found = np.where(np.isfinite(wanted), found, wanted)
    return RIGHT if close(found, wanted) else "other values than the file asks for"


def unclear(case: Case, said: str) -> str:
    """What a message lacks, or ''.

    It must name a file, the place in it, a module, the folder, or an input that such a model does not take.
    """
    if len(said) > LONGEST:
        return f"a message of {len(said)} characters: {said[:80]}"
    if "broke the contract" in said:
        return f"a plugin is blamed for what the file holds: {said[:200]}"
    if not _SUBJECT.search(said) and not any(word in said for word in _words(case)):
        return f"a message that names neither file nor place: {said[:200]}"
    return ""


_SUBJECT = re.compile(
    r"\.(json|safetensors|txt|md|onnx|xml|bin|zip|part)\b|[Mm]odule '|'\d+_\w+'|case-\w+/"
    r"|[A-Z]\w+ '|[Mm]odule type '|table '|^Input \d+ "
)
_VALUES = ("no-such-thing", "xxxxx", "/etc/hostname", "../../", "\\ud800")
"""Texts that faults put in place of others: a message that quotes one names the place by it."""


def _words(case: Case) -> list[str]:
    """Names of the place within the file."""
    if case.place.startswith("["):
        steps = [step for step in json.loads(case.place) if isinstance(step, str)]
        return [*steps, *_VALUES]
    return [case.place] if case.place else []
