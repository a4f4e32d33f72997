"""The peak of resident memory of a process that embeds a folder of JPEG files, in MB.

    python -m isomorph_bench.probes.image_memory [--model FOLDER] [--backends onnx] [--images 10000] [--small]

Without a model it is the shape of CLIP-B/32 with random weights.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from isomorph_bench.probes import options
from isomorph_bench.race import launch
from isomorph_bench.shapes import folder_of_shape
from isomorph_bench.workloads.photos import write_photos


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


def main(arguments: Sequence[str] | None = None) -> None:
    parser = options.parser("isomorph_bench.probes.image_memory", __doc__, "onnx")
    parser.set_defaults(model="")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--small", action="store_true", help="a small model of the same kind")
    asked = parser.parse_args(arguments)
    model = asked.model or str(folder_of_shape("clip-b32", asked.small))
    with tempfile.TemporaryDirectory() as made:
        photos = Path(made, "photos")
        write_photos(photos, asked.images)
        for backend in asked.backends.split(","):
            print(json.dumps({"backend": backend, **memory(model, photos, backend)}))


if __name__ == "__main__":
    main()
