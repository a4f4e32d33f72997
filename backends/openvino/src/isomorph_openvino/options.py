"""What a user may pass to OpenVINO as ``model_kwargs``."""

OPTIONS = {"ov_config": "properties of OpenVINO by name, which take precedence over isomorph's"}
"""The keys, each with what its value is."""
