"""Servers in turn: many clients with one short text each, then one client alone.

    isomorph bench serving [MODEL] [--backend onnx] [--clients 64] [--seconds 8] [--rounds 3]

Ours, sentence-transformers behind the same framework (`peers/served.py`), and infinity's own server
(`peers/infinity_served.py`). Each is a process that runs in its turns alone. Their vectors are compared with
those of the numpy reference first; a server whose vectors are others has no figures. One client alone is
told beside calls of the model itself, which a process without HTTP makes in a turn of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isomorph_bench.race.contenders import ENVIRONMENTS, ours, read_peers
from isomorph_bench.race.judging import void_reason
from isomorph_bench.race.process import Process
from isomorph_bench.race.process import running as process_of
from isomorph_bench.race.turns import turns
from isomorph_bench.serving.load import NotAnswered, vectors
from isomorph_bench.serving.servers import OURS, Server, of_ours, of_peer, running
from isomorph_bench.serving.turn import Turn, turn
from isomorph_bench.workloads.texts import short_texts

PEERS = {"served": "sentence-transformers", "infinity_served": "infinity"}
"""The peers that serve, and what a row calls them."""
COMPARED = 16
"""Texts whose vectors are compared."""
WARM = 2.0
"""Seconds for which each server is asked before anything is timed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is measured of which model."""

    folder: str
    backend: str = "onnx"
    clients: int = 64
    seconds: float = 8.0
    rounds: int = 3
    environments: Path = ENVIRONMENTS


@dataclass(slots=True)
class Row:
    """What is known of one server."""

    name: str
    void: str = ""
    """Why its figures do not count; empty where they do."""
    apart: float = 0.0
    """The largest difference of its vectors from the reference's."""
    many: list[Turn] = field(default_factory=list)
    alone: list[Turn] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """All rows, and the milliseconds of calls without HTTP: the median of each turn."""

    rows: Mapping[str, Row]
    own: Sequence[float]
    wanted: Wanted


def race(wanted: Wanted, say: Callable[[str], None]) -> Outcome:
    """Starts all servers, compares their vectors, and lets them take turns."""
    texts = short_texts(512)
    rows = {name: Row(name) for name in (OURS, *PEERS.values())}
    expected = _reference(wanted.folder, texts[:COMPARED])
    (caller,) = ours(wanted.folder, [wanted.backend])
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        for name, command in _commands(wanted, rows):
            say(f"starting {name}")
            try:
                server = stack.enter_context(running(command))
                with server.at_work():
                    _judge(rows[name], vectors_of(server, texts[:COMPARED]), expected)
                    turn(server, texts, wanted.clients, WARM)
            except (OSError, NotAnswered) as error:
                rows[name].void = rows[name].void or f"did not serve: {str(error)[:200]}"
                continue
            servers[name] = server
        own = stack.enter_context(process_of(caller))
        called = list(_rounds(wanted, rows, servers, own, texts, say))
    return Outcome(rows, called, wanted)


def vectors_of(server: Server, texts: Sequence[str]) -> NDArray[np.float32]:
    """The vectors of a server that is at work.

    Raises:
        NotAnswered: a request was not.
    """
    return asyncio.run(vectors(server.port, texts))


def _rounds(
    wanted: Wanted,
    rows: Mapping[str, Row],
    servers: Mapping[str, Server],
    own: Process,
    texts: Sequence[str],
    say: Callable[[str], None],
) -> Iterator[float]:
    own.ask("calls", texts[:COMPARED])
    for name in turns(list(servers), wanted.rounds):
        say(f"{wanted.clients} clients ask {name}")
        with servers[name].at_work():
            rows[name].many.append(turn(servers[name], texts, wanted.clients, wanted.seconds))
    for _ in range(wanted.rounds):
        say("one client alone, and calls without HTTP")
        for name, server in servers.items():
            with server.at_work():
                rows[name].alone.append(turn(server, texts, 1, wanted.seconds / 2))
            if name == OURS:
                yield float(np.median(own.ask("calls", texts))) * 1000


def _commands(wanted: Wanted, rows: Mapping[str, Row]) -> Iterator[tuple[str, Sequence[str]]]:
    yield OURS, of_ours(wanted.folder, wanted.backend)
    known = read_peers(environments=wanted.environments)
    for peer, name in PEERS.items():
        if known[peer].installed():
            yield name, of_peer(known[peer], wanted.folder)
        else:
            rows[name].void = f"no environment: isomorph bench peers {peer} makes it"


def _reference(folder: str, texts: Sequence[str]) -> NDArray[np.float32]:
    from isomorph import SentenceTransformer

    with SentenceTransformer(folder, backend="reference") as model:
        found: NDArray[np.float32] = model.encode(texts)
    return found


def _judge(row: Row, found: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    row.apart = float(np.abs(found - expected).max())
    row.void = void_reason(list(found), list(expected), {})
