"""``isomorph bench peers --make [NAME …]``: the peers' environments, each made from its file.

They lie in ``.venv-peers``, one folder a peer. What is there and was made from the same metadata
stays. A peer that cannot be installed is named, the others are made all the same.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from isomorph_bench.race import launch
from isomorph_bench.race.contenders import Peer, last_line, read_peers

CONSTRAINTS = launch.CLONE / "constraints.txt" if launch.CLONE else None
"""Of the clone: its torch is the one that all contenders have."""
PIP = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input")
TORCH = "torch"
Run = Callable[[Sequence[str]], None]


def main(names: Sequence[str] | None = None) -> int:
    """Makes what is missing; returns how many could not be made."""
    known = read_peers()
    asked = sys.argv[1:] if names is None else names
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise SystemExit(f"No peers are named {', '.join(unknown)}; there are {', '.join(known)}.")
    failures = 0
    for peer in known.values():
        if asked and peer.name not in asked:
            continue
        problem = make(peer)
        failures += bool(problem)
        sys.stdout.write(f"{peer.name}: {problem or 'ready'}\n")
        sys.stdout.flush()
    return failures


def make(peer: Peer, constraints: Path | None = CONSTRAINTS, run: Run | None = None) -> str:
    """Makes one environment; returns why it could not be made, or nothing.

    torch comes first and alone, and the rest may not change it: other builds of it bring CUDA.
    """
    if peer.installed():
        return ""
    run = run or checked
    shutil.rmtree(peer.environment, ignore_errors=True)
    pip = (str(peer.python), *PIP)
    rest = [one for one in peer.dependencies if one != TORCH]
    held: list[str] = []
    try:
        run([sys.executable, "-m", "venv", str(peer.environment)])
        if TORCH in peer.dependencies:
            held = ["-c", str(torch_alone(constraints, peer.environment))] if constraints else []
            run([*pip, *held, TORCH])
        run([*pip, *held, *rest])
        if peer.without:
            run([str(peer.python), "-m", "pip", "uninstall", "-qq", "-y", *peer.without])
    except subprocess.CalledProcessError as failed:
        return f"not installed: {last_line(failed.stderr or '')}"
    peer.mark.write_text(peer.wanted, "utf-8")
    return ""


def torch_alone(constraints: Path, folder: Path) -> Path:
    """A file with torch's constraint alone: a peer brings its own versions of everything else."""
    lines = constraints.read_text("utf-8").splitlines()
    file = folder / "torch.txt"
    file.write_text("\n".join(line for line in lines if line.startswith(f"{TORCH}==")), "utf-8")
    return file


def checked(command: Sequence[str]) -> None:
    """Runs a command.

    Raises:
        CalledProcessError: it failed; what it said is with it.
    """
    subprocess.run(command, check=True, capture_output=True, text=True)
