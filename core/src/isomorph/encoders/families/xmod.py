"""X-MOD (Pfeiffer et al. 2022, arXiv:2205.06266): RoBERTa with an adapter of one language in each layer."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, Encoder, FeedForward, Linear, Norm, Norms
from isomorph.encoders.families import bert, roberta
from isomorph.encoders.family import Classes
from isomorph.encoders.post_norm import type_count
from isomorph.errors import Unsupported

DEFAULTS = {
    "pre_norm": False,
    "adapter_reduction_factor": 2,
    "adapter_layer_norm": False,
    "adapter_reuse_layer_norm": True,
    "ln_before_adapter": True,
    "languages": ["en_XX"],
    "default_language": None,
}


def describe(config: Config) -> Encoder:
    """All texts are in the language that the file names.

    Raises:
        Unsupported: the file names none.
    """
    config = {**DEFAULTS, **config}
    plain = bert.bert_like(config, roberta.counted(config), type_count(config))
    languages, language = config["languages"], config["default_language"]
    if language not in languages:
        raise Unsupported(
            f"config.json sets default_language={language!r}, and model_type 'xmod' is implemented for "
            f"texts of one of its languages: {', '.join(map(str, languages))}"
        )
    blocks = (
        _block(config, f"encoder.layer.{index}.", block) for index, block in enumerate(plain.blocks)
    )
    final = Norm("encoder.LayerNorm", plain.hidden, config.get("layer_norm_eps", 1e-12))
    return replace(plain, blocks=tuple(blocks), final_norm=final if config["pre_norm"] else None)


def _block(config: Config, name: str, plain: Block) -> Block:
    """The adapter is a second feed-forward, and the norm of the first one may stand around it too."""
    fed, around = plain.feed_forward, plain.feed_forward_norms.after
    assert isinstance(fed, FeedForward), "no experts in BERT's layout"
    assert around is not None, "BERT's layout normalises what it made"
    hidden, first = around.size, config["pre_norm"]
    narrow = hidden // config["adapter_reduction_factor"]
    norm = None
    if config["adapter_layer_norm"]:
        norm = replace(around, name=name + "output.adapter_layer_norm")
    elif config["adapter_reuse_layer_norm"]:
        norm = around
    within = f"{name}output.adapter_modules.{config['default_language']}."
    adapter = FeedForward(
        Linear(within + "dense1", hidden, narrow),
        Linear(within + "dense2", narrow, hidden),
        fed.activation,
    )
    early, last = config["ln_before_adapter"], None if first else around
    attention_norm = plain.attention_norms.after
    return replace(
        plain,
        attention_norms=Norms(before=attention_norm) if first else plain.attention_norms,
        feed_forward_norms=Norms(before=around if first else None, after=norm if early else None),
        more=((adapter, Norms(before=None if early else norm, after=last)),),
    )


FAMILY = replace(
    roberta.ROBERTA,
    model_type="xmod",
    describe=describe,
    classes=Classes("Xmod", "roberta."),
    tokenizer="XLMRobertaTokenizer",
    unpadded=None,
    fixed={},
    tiny={
        "xmod": roberta.tiny("Xmod", languages=["de_DE"], default_language="de_DE"),
        "xmod-pre-norm": roberta.tiny(
            "Xmod",
            languages=["en_XX"],
            default_language="en_XX",
            pre_norm=True,
            adapter_layer_norm=True,
            ln_before_adapter=False,
        ),
    },
)
