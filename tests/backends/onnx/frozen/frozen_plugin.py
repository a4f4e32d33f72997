"""A backend that runs compiled files alone: ONNX files of one shape each, which `prepare` writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnxruntime

from isomorph.contract import (
    NOTHING_ASKED,
    BackendInfo,
    Batches,
    Claim,
    Device,
    Options,
    SessionInfo,
)
from isomorph.errors import Unsupported
from isomorph.hookspecs import Text, hookimpl
from isomorph.plugins.reading import read_model
from isomorph_onnx.backend import OnnxBackend

isomorph_contract = 2

CPU = ["CPUExecutionProvider"]
WIDTHS, ROWS = (16, 32), (1, 4)
FOLDER = "frozen"


def prepare(folder: Path) -> None:
    """Compiles the model in a folder, if it reads padded texts, for each shape."""
    graph = folder / "onnx" / "model.onnx"
    _export(folder)
    for rows in ROWS:
        for width in WIDTHS:
            if graph.exists():
                _freeze(graph, folder / FOLDER / f"{rows}x{width}", rows, width)
    shutil.rmtree(graph.parent, ignore_errors=True)
    if (folder / FOLDER).exists():
        (folder / FOLDER / "modules").write_text(str(len(read_model(folder).graph)))


def _export(folder: Path) -> None:
    model, backend = read_model(folder), OnnxBackend()
    claim = backend.claim(model, Device("cpu"))
    if (
        isinstance(model.inputs, Text)
        and claim.depth == len(model.graph)
        and not model.graph.ragged
    ):
        session = backend.load(model, claim, Options())
        session.save(folder)
        session.close()


def _freeze(graph: Path, place: Path, rows: int, width: int) -> None:
    place.mkdir(parents=True)
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    settings.intra_op_num_threads = 1
    settings.add_free_dimension_override_by_name("rows", rows)
    settings.add_free_dimension_override_by_name("width", width)
    settings.optimized_model_filepath = str(place / "model.onnx")
    settings.add_session_config_entry(
        "session.optimized_model_external_initializers_file_name", "weights"
    )
    onnxruntime.InferenceSession(str(graph), settings, providers=CPU)


class FrozenBackend:
    """Claims a whole model whose folder holds its compiled files, and nothing of any other."""

    def devices(self):
        return (Device("cpu"),)

    def claim(self, model, device, asked=NOTHING_ASKED):
        if asked.arithmetic not in (None, "float32"):
            raise Unsupported(f"The files compute in float32, not in {asked.arithmetic}.")
        file = model.file(f"{FOLDER}/{ROWS[0]}x{WIDTHS[0]}/model.onnx")
        parts = (model.folder / FOLDER / "modules").read_text() if file else ""
        if file is None or parts != str(len(model.graph)):
            return Claim(device, 0, reason="no file was compiled of it")
        batches = Batches(WIDTHS, ROWS, tokens=128)
        return Claim(device, len(model.graph), artifact=file, batches=batches)

    def load(self, model, claim, options):
        if options.arithmetic not in (None, "float32"):
            raise Unsupported(f"The files compute in float32, not in {options.arithmetic}.")
        if options.model_kwargs:
            raise Unsupported(f"There are no options: {', '.join(options.model_kwargs)}.")
        return FrozenSession(model, claim)


class FrozenSession:
    """One compiled file a shape."""

    def __init__(self, model, claim):
        self.native = {}
        self._folder, self._names = model.folder / FOLDER, model.graph.outputs
        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = 4
        settings.intra_op_num_threads = 1
        self._of = {
            (rows, width): onnxruntime.InferenceSession(
                str(self._folder / f"{rows}x{width}" / "model.onnx"), settings, providers=CPU
            )
            for rows in ROWS
            for width in WIDTHS
        }
        self.effective = SessionInfo(
            claim.device,
            f"onnxruntime {onnxruntime.__version__}",
            provider="frozen",
            threads=1,
            lanes=1,
            artifact=claim.artifact,
        )

    def forward(self, values):
        if not self._of:
            raise RuntimeError("This session is closed.")
        shape = next(array.shape for array in values.values() if array.ndim == 2)
        session = self._of[shape]
        feeds = {port.name: values[port.name] for port in session.get_inputs()}
        return dict(zip(self._names, session.run(list(self._names), feeds), strict=True))

    def save(self, folder):
        if folder != self._folder.parent:
            shutil.copytree(self._folder, folder / FOLDER, dirs_exist_ok=True)

    def close(self):
        self._of = {}


@hookimpl
def isomorph_backends():
    return [
        BackendInfo(
            "frozen",
            f"{__name__}:FrozenBackend",
            requires=("onnxruntime",),
            options={},
            fallback=True,
        )
    ]
