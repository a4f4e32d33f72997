"""The OpenVINO backend of isomorph."""
