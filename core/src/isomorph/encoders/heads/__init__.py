"""Heads as data: what a sequence classifier or a masked language model has behind its encoder."""

from isomorph.encoders.heads.classifiers import describe_classifier
from isomorph.encoders.heads.description import Classifier, MaskedLM, Transform
from isomorph.encoders.heads.lower import lower_classifier, lower_masked_lm
from isomorph.encoders.heads.masked_lms import describe_masked_lm

__all__ = [
    "Classifier",
    "MaskedLM",
    "Transform",
    "describe_classifier",
    "describe_masked_lm",
    "lower_classifier",
    "lower_masked_lm",
]
