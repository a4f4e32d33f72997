"""CLIPModel: a tower, as old folders of CLIP name it."""

from isomorph.modules.tower import KIND

__all__ = ["KIND"]
