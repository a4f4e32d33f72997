"""The package tree ``sentence_transformers``, answered by isomorph, for programs that know only that one.

    import isomorph_dropin

    isomorph_dropin.install(backend="onnx")  # before anything imports sentence_transformers
    from sentence_transformers import SentenceTransformer

Or without a change of the program: ``python -m isomorph_dropin script.py``. Nothing happens by itself:
importing this package puts nothing anywhere.
"""

from isomorph_dropin.installing import AlreadyImported, install, installed, uninstall

__all__ = ["AlreadyImported", "install", "installed", "uninstall"]
