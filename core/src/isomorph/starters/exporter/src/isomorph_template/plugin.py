"""What the entry point names: a backend that runs baked files, and the exporter that bakes them."""

from isomorph.contract import BackendInfo, ExporterInfo
from isomorph.hookspecs import hookimpl

isomorph_contract = 2


@hookimpl
def isomorph_backends() -> list[BackendInfo]:
    """The backend; its engine is imported when somebody loads a model."""
    return [
        BackendInfo(
            "template",
            "isomorph_template.table:TableBackend",
            summary="tables of vectors",
            requires=("numpy",),
            options={},
            install="isomorph-template",
            artifacts=("template-*.npy",),
            fallback=True,
        )
    ]


@hookimpl
def isomorph_exporters() -> list[ExporterInfo]:
    """The exporter, which reads the model from a session of the numpy reference."""
    return [ExporterInfo("template", "isomorph_template.bake:export", source="reference")]
