"""GLM-4: the blocks of a GLM with norms behind them too."""

from isomorph.encoders.families.glm import GLM4 as FAMILY

__all__ = ["FAMILY"]
