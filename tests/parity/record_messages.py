"""Records what sentence-transformers makes of messages: python tests/parity/record_messages.py"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from message_models import CONVERSATION, PAIRS, SENTENCES, VARIANTS, build
from sentence_transformers import CrossEncoder, SentenceTransformer

PROMPTS = ["", "Find what says the same."]


def recorded(name: str, folder: Path) -> list[dict[str, Any]]:
    """Of each prompt the ids and the results."""
    variant = VARIANTS[name]
    pairs = variant.get("pairs", False)
    kind = CrossEncoder if pairs else SentenceTransformer
    model = kind(str(build(name, folder)), device="cpu")
    given: list[Any] = PAIRS if pairs else SENTENCES
    found = []
    for prompt in PROMPTS:
        task = {"task": variant["task"]} if "task" in variant else {}
        ids = [
            model.preprocess([each], prompt=prompt or None, **task)["input_ids"][0].tolist()
            for each in given
        ]
        run = model.predict if pairs else model.encode
        results = (
            run(given, prompt=prompt or None, **task) if not pairs else run(given, prompt=prompt)
        )
        found.append({"prompt": prompt, "ids": ids, "results": results.tolist()})
    if not pairs and not task:
        found[0]["conversation"] = (
            model.encode(CONVERSATION).tolist() if variant.get("format") else None
        )
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        found = {name: recorded(name, Path(place) / name) for name in VARIANTS}
    file = Path(__file__).parent / "messages.json"
    file.write_text(json.dumps(found, indent=None) + "\n", "utf-8")
