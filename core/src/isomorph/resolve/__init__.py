"""From a name to a folder: the only step of loading that may use the network."""

from isomorph.resolve.integrity import check_sha256
from isomorph.resolve.request import Request
from isomorph.resolve.resolve import resolve

__all__ = ["Request", "check_sha256", "resolve"]
