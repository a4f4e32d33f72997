"""Quantising: a model folder in fewer bits, published with what was measured of it.

    from isomorph.quantize import quantize_model

    quantize_model("some/model", "int8", backend="NAME", output="folder")

The folder holds the weights as codes with scales, and no engine's file: every backend reads it. The
backend that is named runs the measurements, beside the model as it was.
"""

from isomorph.quantize.quantize import Quantized, quantize_model

__all__ = ["Quantized", "quantize_model"]
