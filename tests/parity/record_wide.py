"""Records which ids transformers gives two thousand texts, for every kind of vocabulary files.

    python tests/parity/record_wide.py

runs in an environment that holds transformers, sentencepiece, protobuf, fugashi and ipadic. Makes
``tokenizers/`` anew: a folder for each kind that ``vocabularies/`` lacks, and ``sums.json`` for all.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # the folders are local; the library would ask all the same

import tokenizer_cases
from transformers import AutoTokenizer
from wide_texts import sums_of, wide_texts

HERE = Path(__file__).parent
OLD, NEW = HERE / "vocabularies", HERE / "tokenizers"


def ids(folder: Path) -> list[list[int]]:
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    return [tokenizer(text)["input_ids"] for text in wide_texts()]


def main() -> None:
    shutil.rmtree(NEW, ignore_errors=True)
    for case in tokenizer_cases.cases():
        case.write(NEW)
    folders = [path for home in (OLD, NEW) for path in sorted(home.iterdir()) if path.is_dir()]
    sums = {
        f"{path.parent.name}/{path.name}": sums_of(tokenizer_cases.reference(path) or ids(path))
        for path in folders
    }
    (NEW / "sums.json").write_text(json.dumps(sums, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
