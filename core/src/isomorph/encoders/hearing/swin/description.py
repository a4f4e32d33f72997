"""What a Swin transformer over spectra consists of; names are those of transformers' ClapAudioEncoder."""

from __future__ import annotations

from dataclasses import dataclass

from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Linear, Norm
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits

HOME = "audio_encoder."
"""What stands before the names of all tensors."""
EPS = 1e-5
"""Of the norms that no option is about."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Blocks over a grid of `side` x `side` places; every other block looks through shifted windows."""

    name: str
    side: int
    width: int
    depth: int
    heads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Swin:
    """The encoder and its projection.

    A spectrum (frames, mels) is stretched and folded into a square of `square` x `square`, which patches of
    `patch` x `patch` fill. With `fused` three crops of it and the whole are brought together, in a layer
    of `reduced` features.
    """

    frames: int
    mels: int
    square: int
    patch: int
    window: int
    stages: tuple[Stage, ...]
    inner: float
    eps: float
    activation: str
    biased: bool
    patch_norm: bool
    fused: bool
    reduced: int
    projection: tuple[Linear, Linear]
    projected: str

    def __post_init__(self) -> None:
        """Refuses sizes that do not fit each other.

        Raises:
            BadModel: they do not.
            Unsupported: windows or patches would need padding.
        """
        if self.square % self.mels:
            raise Unsupported(f"spec_size={self.square} is no multiple of num_mel_bins={self.mels}")
        places = self.stages[0].side ** 2
        if max(self.long, self.square) > limits.SPECTRUM or places > limits.PATCHES:
            raise BadModel(
                f"config.json: a square of {self.square} (spec_size), folded of {self.long} frames, has "
                f"{places} places; at most {limits.PATCHES} of {limits.SPECTRUM} frames are computed."
            )
        if self.frames > self.long:
            raise BadModel(
                f"A spectrum of {self.frames} frames of {self.mels}, as the settings of sounds make it, does "
                f"not fit into a square of {self.square} (spec_size in config.json)."
            )
        for stage in self.stages:
            head_size(stage.width, stage.heads)
            if stage.side < self.window:
                raise BadModel(
                    f"config.json: a window of {self.window} is wider than a grid of {stage.side}."
                )
            if stage.side % self.window or (stage is not self.stages[-1] and stage.side % 2):
                raise Unsupported(
                    f"spec_size={self.square}, patch_size={self.patch} and window_size={self.window} leave a "
                    f"grid of {stage.side}, which windows do not fill"
                )
        if self.square % self.patch or self.stages[0].side * self.patch != self.square:
            raise BadModel(f"Patches of {self.patch} do not fill a square of {self.square}.")

    @property
    def folds(self) -> int:
        """How many parts of the time lie on top of each other."""
        return self.square // self.mels

    @property
    def long(self) -> int:
        """Frames after the time was stretched."""
        return self.square * self.folds

    @property
    def crops(self) -> int:
        """Columns of patches of a crop, which are three times as wide."""
        return self.square // (3 * self.patch)

    @property
    def last(self) -> Norm:
        """The norm behind all stages."""
        return Norm(HOME + "norm", self.stages[-1].width, EPS)
