"""What GPT-2 and its descendants have in common: norms in front, and heads behind the last token."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from isomorph.encoders.config import Config, activation
from isomorph.encoders.description import Encoder, FeedForward, Linear, Norm, Norms
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts


def norm(config: Config, name: str, width: str = "hidden_size") -> Norm:
    """A norm with a bias; `width` is what the file calls the width of states."""
    return Norm(name, config[width], config["layer_norm_epsilon"])


def in_front(config: Config, names: tuple[str, str], width: str = "hidden_size") -> list[Norms]:
    """The norms in front of a block's attention and of its feed-forward."""
    return [Norms(before=norm(config, name, width)) for name in names]


def feed_forward(
    config: Config, name: str, hidden: int, inner: int, *, turned: bool = False
) -> FeedForward:
    """GPT-2's; `turned` as `Linear` has it."""
    return FeedForward(
        Linear(name + "mlp.c_fc", hidden, inner, turned=turned),
        Linear(name + "mlp.c_proj", inner, hidden, turned=turned),
        activation(config, "activation_function", "gelu_new"),
    )


def family(
    model_type: str,
    word: str,
    describe: Callable[[Config], Encoder],
    tiny: Mapping[str, Tiny],
    *,
    tokenizer: str = "",
) -> Family:
    """The record of a family whose classes begin with `word`, and whose word embeddings score words."""
    return Family(
        model_type=model_type,
        describe=describe,
        classes=Classes(word, "transformer."),
        classifier=layouts.last_token,
        causal_lm=layouts.tied_lm,
        tokenizer=tokenizer,
        tiny=tiny,
    )
