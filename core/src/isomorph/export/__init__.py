"""Exporting: the long tail of architectures, made into artifacts that run without their source.

    from isomorph.export import export_model

    export_model("some/model", backend="NAME", output="folder")

An export is a transaction: a folder appears under its name only after its artifact, loaded from
there by its own backend, has given the numbers of its source.
"""

from isomorph.export.export import Exported, export_model

__all__ = ["Exported", "export_model"]
