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
        return RIGHT if wanted is None else "the unspoilt values, though the file asks for others"
    if wanted is None:
        return "values that are neither the unspoilt model's nor recorded"
    found = np.array(outcome["values"], np.float32).reshape(outcome["shape"])
    return RIGHT if close(found, wanted) else "other values than the file asks for"


def unclear(case: Case, said: str) -> str:
    """What a message lacks, or ''. It must name the file, or the place in it, or the folder."""
    if len(said) > LONGEST:
        return f"a message of {len(said)} characters: {said[:80]}"
    if "broke the contract" in said:
        return f"a plugin is blamed for what the file holds: {said[:200]}"
    names = _names(case)
    if not any(name in said for name in names):
        return f"a message that names none of {', '.join(names)}: {said[:200]}"
    return ""


_VALUES = ("no-such-thing", "xxxxx", "/etc/hostname", "../../")
"""Texts that faults put in place of others: a message that quotes one names the place by it."""


def _names(case: Case) -> list[str]:
    """Words of which one must be in a message: of the file, its folder, the place within."""
    parts = case.file.split("/")
    found = [parts[-1], re.sub(r"^[0-9]+_", "", parts[0]) if len(parts) > 1 else parts[0]]
    if case.place.startswith("["):
        found += [str(step) for step in json.loads(case.place) if isinstance(step, str)]
        found += _VALUES
    elif case.place:
        found.append(case.place)
    return list(dict.fromkeys(found))
