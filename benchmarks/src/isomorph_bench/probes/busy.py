"""How long one short text takes beside other processes that keep CPUs busy.

    python -m isomorph_bench.probes.busy [--model M] [--backends torch] [--busy 0,1,4] [--against PEERS]

Each contender has a process of its own, and waits while it is not asked. The busy processes begin before a
contender is asked and end with its answer. `--against` names peers whose environments are there, such as
sentence_transformers_torch. Told are the median and the 90th percentile of the milliseconds of a call.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import quantiles

from isomorph_bench.probes import options
from isomorph_bench.race.contenders import Contender, entered, ours, read_peers
from isomorph_bench.race.process import running

TEXT = "What is the capital of France?"
WARM, CALLS = 20, 80


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that each keep a CPU busy until the end."""
    with ExitStack() as stack:
        for _ in range(count):
            loop = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(loop.kill)
        yield


def measure(contenders: Sequence[Contender], counts: Sequence[int]) -> Iterator[str]:
    """A line for each number of busy processes and each contender."""
    with ExitStack() as stack:
        asks = {each.name: stack.enter_context(running(each)).ask for each in contenders}
        for ask in asks.values():
            ask("calls", [TEXT] * WARM)
        for count in counts:
            for name, ask in asks.items():
                with busy(count):
                    cut = quantiles((1e3 * each for each in ask("calls", [TEXT] * CALLS)), n=10)
                yield f"{count} busy, {name}: median {cut[4]:.1f} ms, p90 {cut[8]:.1f} ms"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = options.parser("isomorph_bench.probes.busy", __doc__, backends="torch")
    parser.add_argument("--busy", default="0,1,4")
    parser.add_argument("--against", default="")
    asked = parser.parse_args(arguments)
    folder, peers = options.folder_of(asked.model), read_peers()
    contenders = ours(folder, asked.backends.split(","))
    for name in filter(None, asked.against.split(",")):
        if name not in peers:
            parser.error(f"there is no peer {name!r}; there are: {', '.join(sorted(peers))}")
        contenders.append(entered(peers[name], folder, peers))
        if contenders[-1].absent:
            parser.error(contenders[-1].absent)
    for line in measure(contenders, [int(count) for count in asked.busy.split(",")]):
        print(line, flush=True)


if __name__ == "__main__":
    main()
