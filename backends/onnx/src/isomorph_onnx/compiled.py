"""A graph as ONNX Runtime keeps it: optimised, with its matrices in the layout of its kernels."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from isomorph.contract import Claim, Options
from isomorph_onnx.devices import PROVIDERS
from isomorph_onnx.engine import engine
from isomorph_onnx.write import Placed

FILE = "model.onnx"
WEIGHTS_FOLDER = "session.model_external_initializers_file_folder_path"
"""The session's setting of where the files of weights lie that a graph names."""


def compiled(graph: bytes, placed: Placed, claim: Claim, options: Options) -> Path | None:
    """The kept file for a graph whose weights lie in files; None where nothing is kept.

    Packed matrices are the larger part of what loading on a CPU takes; other devices have their own
    ways, and weights that were converted in memory lie in no file.
    """
    if claim.device.kind != "cpu" or placed.weights:
        return None
    name = f"onnxruntime {engine().__version__}\n".encode()
    folder = options.compile_cache(name + graph, partial(_compile, graph, placed))
    return folder / FILE if folder is not None else None


def _compile(graph: bytes, placed: Placed, folder: Path) -> None:
    """Makes a session for the sake of the files that it leaves."""
    runtime = engine()
    settings = runtime.SessionOptions()
    settings.log_severity_level = 4
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.optimized_model_filepath = str(folder / FILE)
    for key, value in {
        WEIGHTS_FOLDER: str(placed.folder.absolute()),
        "session.optimized_model_external_initializers_file_name": f"{FILE}.data",
        "session.optimized_model_external_initializers_min_size_in_bytes": "1024",
        "session.save_external_prepacked_constant_initializers": "1",
    }.items():
        settings.add_session_config_entry(key, value)
    runtime.InferenceSession(graph, settings, providers=[PROVIDERS["cpu"]], enable_fallback=0)
