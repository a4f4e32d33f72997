"""Videos as arrays, in the forms in which messages hold them, for the parity tests; made with numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.parity.mingled_models import TEXTS
from tests.parity.tower_models import picture

PROCESSORS: dict[str, dict[str, Any]] = {
    "plain": {},
    "sampled": {"do_sample_frames": True, "fps": 2.0, "min_frames": 4, "max_frames": 10},
    "capped": {"do_sample_frames": True, "fps": 4, "cap_pixels_per_frame": True, "max_video_tokens": 3},
}  # fmt: skip
"""Options of video processors, by name."""


def video(frames: int, height: int, width: int, seed: int) -> np.ndarray:
    """A picture that moves: uint8 (frames, height, width, 3)."""
    whole = picture(height + 2 * frames, width + frames, seed)
    return np.stack([whole[2 * i : 2 * i + height, i : i + width] for i in range(frames)])


def told(frames: np.ndarray, rate: float) -> dict[str, Any]:
    """Frames of a video at this rate."""
    return {"array": frames, "video_metadata": {"fps": rate, "total_num_frames": len(frames)}}


def forms(processor: str) -> dict[str, Any]:
    """The forms in which a video may come, by name; each is one input.

    Frames alone stand among them only where nobody has to say their rate.
    """
    long, odd = told(video(30, 24, 40, 1), 8.0), told(video(7, 40, 57, 2), 2.5)
    still = picture(40, 40, 3)
    found = {
        "slow": odd,
        "fast": told(video(30, 24, 40, 1), 29.97),
        "text, video": {"text": TEXTS[0], "video": odd},
        "video, image, text": {"video": long, "image": still, "text": TEXTS[1]},
    }
    if processor == "plain":
        found |= {
            "pair": (TEXTS[0], video(4, 40, 24, 6)),
            "frames": video(5, 33, 50, 4),
            "frames, channels first": video(6, 33, 50, 4).transpose(0, 3, 1, 2).copy(),
            "conversation": [
                {"role": "system", "content": [{"type": "text", "text": "Watch."}]},
                {"role": "user", "content": [
                    {"type": "image", "image": still}, {"type": "text", "text": TEXTS[0]},
                    {"type": "video", "video": video(4, 24, 24, 5)}]},
            ],
        }  # fmt: skip
    return found
