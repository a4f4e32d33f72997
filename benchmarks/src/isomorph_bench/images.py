"""The race for images: a CLIP of the sizes of B/32, from files, from arrays, and of texts.

    python -m isomorph_bench.images [--quick] [--model FOLDER] [--images 96]
    python -m isomorph_bench.images --memory 10000 [--quick]

Weights are random where no model is given: speed does not ask for them. With ``--memory`` nothing races:
the peak of resident memory of one process that embeds a folder of so many JPEG files is measured instead.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from isomorph_bench.__main__ import entrants, say, show
from isomorph_bench.machine import limits
from isomorph_bench.race import contenders, launch
from isomorph_bench.race.race import Race
from isomorph_bench.race.results import compare
from isomorph_bench.report import terminal
from isomorph_bench.workloads.given import ARRAY
from isomorph_bench.workloads.scenarios import SOURCES, Scenario, quick

PIXELS = (480, 640)
"""Height and width of the photos."""
GOAL = 1.3
FILES = "files of images"
PIXEL_ARRAYS = "arrays of pixels"
SUITE = (
    Scenario("from files", "pass", 5, FILES, 96, (GOAL,), "images"),
    Scenario("from arrays", "pass", 5, PIXEL_ARRAYS, 96, (GOAL,), "images"),
    Scenario("texts", "pass", 5, "short", 400, (GOAL,)),
)


def photo(seed: int) -> Any:
    """Slow colours, edges and noise, uint8 (height, width, 3): JPEG makes about 80 kB of it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : PIXELS[0], 0 : PIXELS[1]]
    waves = [np.sin(a * x + b * y) for a, b in rng.uniform(0.005, 0.06, (3, 2))]
    edges = ((x // int(rng.integers(20, 90)) + y // int(rng.integers(20, 90))) % 2)[:, :, None]
    noise = rng.normal(scale=8, size=(*PIXELS, 3))
    return np.clip(110 + 70 * np.stack(waves, 2) + 40 * edges + noise, 0, 255).astype(np.uint8)


def write_photos(folder: Path, count: int, distinct: int = 64) -> list[str]:
    """JPEG files; beyond `distinct` of them they differ by a few bytes behind the picture only."""
    from io import BytesIO

    from PIL import Image

    made: list[bytes] = []
    paths = []
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        if index < distinct:
            stream = BytesIO()
            Image.fromarray(photo(index)).save(stream, "JPEG", quality=88)
            made.append(stream.getvalue())
        path = folder / f"{index:06}.jpg"
        path.write_bytes(made[index % distinct] + index.to_bytes(4, "big"))
        paths.append(str(path))
    return paths


def write_model(folder: Path, small: bool) -> str:
    """A CLIP of the sizes of B/32, or a small one; with random weights, the same every time."""
    towers: Any = import_module("tests.parity.tower_models")
    config = towers.clip_options()
    if not small:
        wide = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
        seen = {"image_size": 224, "patch_size": 32, "num_hidden_layers": 12, **wide}
        read = {"hidden_size": 512, "intermediate_size": 2048, "num_attention_heads": 8}
        config["vision_config"] |= seen
        config["text_config"] |= {**read, "num_hidden_layers": 12, "max_position_embeddings": 77}
        config["projection_dim"] = 512
    size = config["vision_config"]["image_size"]
    processor = {
        **towers.OF_CLIP,
        "crop_size": {"height": size, "width": size},
        "size": {"shortest_edge": size},
    }
    variant = {**towers.VARIANTS["clip"], "config": config, "processor": processor}
    towers.VARIANTS["raced"] = variant
    return str(towers.build("raced", folder))


def memory(model: str, folder: Path, backend: str) -> dict[str, float]:
    """Vectors and the peak of resident memory, in MB, of ``isomorph embed --images`` on a folder."""
    code = (
        f"{launch.KNOWN}\nfrom isomorph.cli.main import app\n"
        "from isomorph_bench.race.protocol import peak_bytes\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit as end: print(end.code or 0, peak_bytes())"
    )
    output = folder.with_suffix(".npy")
    asked = [str(folder), "--images", "-m", model, "-b", backend, "-o", str(output), "--restart"]
    done = subprocess.run(
        [sys.executable, "-c", code, str(launch.PACKAGE), "embed", *asked],
        capture_output=True,
        text=True,
        check=True,
    )
    ended, peak = done.stdout.split()[-2:]
    if ended != "0":
        raise SystemExit(done.stderr)
    return {"vectors": len(np.load(output, mmap_mode="r")), "peak MB": int(peak) / 1e6}


def race(model: str, photos: Path, asked: argparse.Namespace) -> int:
    """Prints the tables; returns 1 where figures of ours do not count."""
    suite = quick(SUITE) if asked.quick else SUITE
    paths = write_photos(photos, max(one.count for one in suite))
    SOURCES[FILES] = lambda count: paths[:count]
    SOURCES[PIXEL_ARRAYS] = lambda count: [f"{ARRAY}{path}" for path in paths[:count]]
    racing = entrants(model, asked.backend, [] if asked.no_peers else asked.peer, "images")
    say("the machine's own limits")
    found = limits.probe()
    (reference,) = contenders.ours(model, ["reference"])
    entries = Race(racing, reference, say).run(suite)
    found = limits.probe_again(found)
    comparisons = [one for scenario in suite for one in compare(entries, scenario)]
    show(
        terminal.facts(found, {}),
        terminal.figures(entries, suite, found, None),
        *(terminal.ratios(comparisons) for _ in comparisons[:1]),
        "\n".join(terminal.notes(entries)),
    )
    voids = [timing.void for entry in entries if entry.ours for timing in entry.timings.values()]
    return 1 if any(voids) else 0


def options() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m isomorph_bench.images", description=__doc__)
    made.add_argument("--model", help="a folder; default: one of the sizes of B/32 is made")
    made.add_argument("--backend", action="append", help="of ours only this one (repeatable)")
    made.add_argument("--peer", action="append", help="of the peers only this one (repeatable)")
    made.add_argument("--no-peers", action="store_true", help="ours alone")
    made.add_argument("--memory", type=int, help="so many images through one process, no race")
    made.add_argument("--quick", action="store_true", help="once, few, and a small model")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Races, or measures memory."""
    asked = options().parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        model = asked.model or write_model(Path(made, "model"), asked.quick)
        photos = Path(made, "photos")
        if asked.memory is None:
            return race(model, photos, asked)
        write_photos(photos, asked.memory)
        for backend in asked.backend or ["onnx"]:
            show(json.dumps({"backend": backend, **memory(model, photos, backend)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
