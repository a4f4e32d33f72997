"""Values that a spoilt folder legally asks for, as sentence-transformers computes them: a file by case."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("expected.json")

OURS = {
    "tokenizer of a decoder | tokenizer_config.json |  | *": "where no class is named, that library "
    "takes the one of the model type, which splits texts otherwise than tokenizer.json says",
    'settings of the model | config_sentence_transformers.json | ["model_type"] | null': "null is no "
    "class, so the folder is what such folders are without the key; that library converts it",
}
"""Where the library's values are not those that the files ask for, by pattern, and why."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Shape and float32 numbers in base64 by the name of the case; others have the unspoilt values."""

    by_case: dict[str, list[Any]]

    @classmethod
    def read(cls) -> Expected:
        """The recorded values."""
        return cls(json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {})

    def write(self) -> None:
        """Replaces the file."""
        lines = (f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(self.by_case.items()))
        FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")

    def add(self, case: str, values: Any) -> None:
        """Keeps the values of a case; None forgets them."""
        self.by_case.pop(case, None)
        if values is not None:
            array = np.asarray(values, "<f4")
            text = base64.b64encode(array.tobytes()).decode("ascii")
            self.by_case[case] = [list(array.shape), text]

    def of(self, case: str) -> NDArray[np.float32] | None:
        """The values of a case, None where they are those of the unspoilt model."""
        found = self.by_case.get(case)
        if found is None or any(fnmatchcase(case, pattern) for pattern in OURS):
            return None
        return np.frombuffer(base64.b64decode(found[1]), "<f4").reshape(found[0])
