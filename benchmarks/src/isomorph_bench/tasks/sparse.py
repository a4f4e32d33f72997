"""A weight for each word of a vocabulary, most of them zero."""

from __future__ import annotations

from isomorph_bench.tasks.task import Task

TASK = Task(name="sparse", model_type="SparseEncoder")
