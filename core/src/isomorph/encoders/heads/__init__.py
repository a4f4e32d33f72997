"""Heads as data: what a sequence classifier or a language model has behind its encoder."""

from isomorph.encoders.heads.causal_lms import describe_causal_lm
from isomorph.encoders.heads.classifiers import describe_classifier
from isomorph.encoders.heads.description import CausalLM, Classifier, MaskedLM, Transform
from isomorph.encoders.heads.lower import lower_causal_lm, lower_classifier, lower_masked_lm
from isomorph.encoders.heads.masked_lms import describe_masked_lm

__all__ = [
    "CausalLM",
    "Classifier",
    "MaskedLM",
    "Transform",
    "describe_causal_lm",
    "describe_classifier",
    "describe_masked_lm",
    "lower_causal_lm",
    "lower_classifier",
    "lower_masked_lm",
]
