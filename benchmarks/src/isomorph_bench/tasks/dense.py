"""One vector a text."""

from __future__ import annotations

from isomorph_bench.tasks.task import Task

TASK = Task(name="dense", model_type="SentenceTransformer")
