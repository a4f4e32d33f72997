"""What a user may pass to ONNX Runtime as ``model_kwargs``."""

OPTIONS = {"provider": "an execution provider by its name, which must serve the device"}
"""The keys, each with what its value is."""
