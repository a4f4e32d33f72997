"""Records the outcomes of sentence-transformers.

python -m differential.record          (in tests/, in the environment of parity/record.py)
"""

from __future__ import annotations

import os
import warnings
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import sentence_transformers
import torch

from .calls import Call, calls
from .outcome import TESTS, outcome
from .store import FILE, save


def main() -> None:
    """Makes every call and writes what it did."""
    torch.set_grad_enabled(False)
    outcomes = {}
    for call in calls():
        outcomes[call.name] = outcome(call, _model(call))
    save(outcomes)
    errors = sum(each["is"] == "error" for each in outcomes.values())
    print(f"{len(outcomes)} calls, {errors} of them errors: {FILE.stat().st_size // 1024} KiB")


def _model(call: Call) -> Any:
    return _loaded(
        call.kind, call.model, tuple((k, repr(v)) for k, v in call.construct.items()), call
    )


_MODELS: dict[Any, Any] = {}


def _loaded(kind: str, model: str, made: Any, call: Call) -> Any:
    key = kind, model, made
    if key not in _MODELS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                _MODELS[key] = getattr(sentence_transformers, kind)(
                    str(TESTS / model), device="cpu", local_files_only=True, **call.construct
                )
            except Exception as error:
                _MODELS[key] = error
    return _MODELS[key]


if __name__ == "__main__":
    main()
