"""Records what sentence-transformers answers for spoilt folders that isomorph does not refuse.

    make record-hostile

runs in an environment that holds torch and sentence-transformers. ``expected.json`` gets the values
that differ from those of the unspoilt model, by the name of the case. Two runs with other seeds
must agree: where weights are missing that library draws them, which is no right result. A case that
it refuses is not in the file. Of models that it does not load, the code of transformers says what is
right: a backend that runs it is installed beside.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # the models are local; the library would ask all the same

import numpy as np
import sentence_transformers
import torch
from hostile import outcomes
from hostile.cases import Case, all_cases
from hostile.doors import backends, load, plainest, values
from hostile.expected import Expected
from hostile.kinds import Kind, kinds
from hostile.process import in_processes
from numpy.typing import NDArray

Asked = Callable[[Path, Kind], Iterator[NDArray[np.float32]]]
"""From a folder and its kind to the values under each seed, as many as there are."""

SEEDS = (1, 2)
AT_ONCE = 100


def main() -> None:
    """Asks for every case that isomorph answers with values, or for those that arguments name."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        tempfile.tempdir = name
        folder = Path(name)
        names = sys.argv[1:] or _named(folder)
        expected = Expected.read() if sys.argv[1:] else Expected({})
        for start in range(0, len(names), AT_ONCE):
            for result in in_processes(names[start : start + AT_ONCE], _run, folder):
                expected.add(result["case"], result["outcomes"].get("values"))
            print(f"{start + AT_ONCE} of {len(names)}", flush=True)
            expected.write()


def _named(folder: Path) -> list[str]:
    def run(name: str, place: Path) -> dict[str, list[str]]:
        del name
        return {"cases": [str(c) for c in all_cases(place) if kinds()[c.kind].door == "encode"]}

    (result,) = in_processes(["look"], run, folder)
    found: list[str] = result["outcomes"]["cases"]
    return found


def _run(name: str, folder: Path) -> Mapping[str, Any]:
    """What the measure says, where isomorph says something and where that is not the unspoilt value."""
    own = outcomes.run(name, folder)
    if not any("same" in one or "values" in one for one in own.values()):
        return {}
    kind = kinds()[Case.named(name).kind]
    asked = _measure(kind.name)
    if asked is None:
        return {}
    found = list(asked(folder / "model", kind))
    if not found and (_tells(own) or _of_another_rate(kind.inputs, name)):
        found = list(_its_code(folder / "model", kind))
    if len(found) < len(SEEDS) or not outcomes.close(found[0], found[1]):
        return {}
    if outcomes.close(found[0], outcomes.unspoilt(kind.name)):
        return {}
    return {"values": found[0].tolist()}


def _tells(own: Mapping[str, Any]) -> bool:
    """Whether isomorph warns of stored tensors that nothing reads, which the library refuses."""
    return any("tensors unread" in said for one in own.values() for said in one.get("warned", ()))


def _of_another_rate(inputs: str, name: str) -> bool:
    """Whether sounds of another rate are asked for, which the library refuses and we resample."""
    return "sounds" in inputs and "sampling_rate" in name


@cache
def _measure(name: str) -> Asked | None:
    """Who says of the unspoilt model what our kernels say: else it is no measure."""
    for asked in (_library, _its_code):
        found = next(asked(outcomes.pristine(name), kinds()[name]), None)
        if found is not None and outcomes.close(found, outcomes.unspoilt(name)):
            return asked
    print(f"{name}: nobody agrees about the unspoilt model", flush=True)
    return None


def _library(folder: Path, kind: Kind) -> Iterator[NDArray[np.float32]]:
    made = getattr(sentence_transformers, kind.of)
    for seed in SEEDS:
        torch.manual_seed(seed)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = made(str(folder), device="cpu", model_kwargs={"dtype": "float32"})
                yield values(model, kind)
        except Exception:
            return


def _its_code(folder: Path, kind: Kind) -> Iterator[NDArray[np.float32]]:
    """What transformers' own code of the encoder says, behind our reading and our tokens."""
    for backend in backends():
        if backend == plainest():
            continue
        for seed in SEEDS:
            torch.manual_seed(seed)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    yield load(folder, kind, backend)
            except Exception:
                return


if __name__ == "__main__":
    main()
