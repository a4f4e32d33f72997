"""The ONNX Runtime backend of isomorph."""
