"""CamemBERT (arXiv:1911.03894): a RoBERTa of French."""

from isomorph.encoders.families.roberta import CAMEMBERT as FAMILY

__all__ = ["FAMILY"]
