"""One vector an image, from files and from arrays of pixels, and texts beside them."""

from __future__ import annotations

from isomorph_bench.tasks.task import Task, encode, encode_all
from isomorph_bench.workloads.given import given
from isomorph_bench.workloads.sources import ARRAYS, FILES
from isomorph_bench.workloads.suites import SHORT
from isomorph_bench.workloads.workload import Workload

GOAL = 1.3
SUITE = (
    Workload("from files", "pass", 5, FILES, 96, "images", (GOAL,)),
    Workload("from arrays", "pass", 5, ARRAYS, 96, "images", (GOAL,)),
    Workload("texts", "pass", 5, "short", 400, goals=(GOAL,)),
)

TASK = Task(
    name="images",
    model_type="SentenceTransformer",
    default=SUITE,
    known=(*SUITE, SHORT),
    one=lambda model, item: encode(model, given(item)),
    many=lambda model, items: encode_all(model, [given(item) for item in items]),
)
