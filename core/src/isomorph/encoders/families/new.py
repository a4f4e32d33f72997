"""The GTE models as they were published, under the name of their code."""

from isomorph.encoders.families.gte import NEW as FAMILY

__all__ = ["FAMILY"]
