"""data2vec of texts (arXiv:2202.03555): a RoBERTa with words of its own."""

from isomorph.encoders.families.roberta import DATA2VEC as FAMILY

__all__ = ["FAMILY"]
