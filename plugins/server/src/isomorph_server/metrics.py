"""Numbers for Prometheus, in its text format 0.0.4. One thread, that of the loop, changes them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper ends of the buckets of durations."""


class Metrics:
    """What was asked and answered since the start."""

    def __init__(self) -> None:
        self.under_way = 0
        self.inputs = 0
        self.tokens = 0
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets = [0] * (len(SECONDS) + 1)
        self._seconds = 0.0

    def add(self, route: str, status: int, seconds: float) -> None:
        """Counts a request that was answered; `route` is the path of a route, never what a client wrote."""
        self._requests[route, status] += 1
        self._buckets[bisect_left(SECONDS, seconds)] += 1
        self._seconds += seconds

    def text(self, loaded: int) -> str:
        """All of them; `loaded` is how many models are."""
        return "\n".join(self._lines(loaded)) + "\n"

    def _lines(self, loaded: int) -> Iterator[str]:
        yield "# TYPE isomorph_requests_total counter"
        for (route, status), count in sorted(self._requests.items()):
            yield f'isomorph_requests_total{{route="{route}",status="{status}"}} {count}'
        yield "# TYPE isomorph_request_seconds histogram"
        total = 0
        for end, count in zip((*map(str, SECONDS), "+Inf"), self._buckets, strict=True):
            total += count
            yield f'isomorph_request_seconds_bucket{{le="{end}"}} {total}'
        yield f"isomorph_request_seconds_sum {self._seconds:.6f}"
        yield f"isomorph_request_seconds_count {total}"
        for name, kind, value in (
            ("isomorph_inputs_total", "counter", self.inputs),
            ("isomorph_tokens_total", "counter", self.tokens),
            ("isomorph_requests_under_way", "gauge", self.under_way),
            ("isomorph_models_loaded", "gauge", loaded),
        ):
            yield f"# TYPE {name} {kind}"
            yield f"{name} {value}"
