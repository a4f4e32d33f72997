"""The largest sizes that a model's files may ask for.

Each lies far beyond any published model. A file of two hundred bytes that asks for more would take all
memory, or minutes, before anybody noticed that the weights for it are not there.
"""

from __future__ import annotations

LAYERS = 1024
"""Layers of an encoder, with those of all groups, or of an LSTM."""
HEADS = 8192
"""Heads of an attention, and features of one head."""
EXPERTS = 1024
"""Experts of one layer."""
WIDTH = 2**20
"""Features of a vector, and units of a layer."""
WORDS = 2**25
"""Words of a vocabulary, and ids of tokens."""
POSITIONS = 2**31
"""Tokens of a text, positions, and distances between them."""
BUCKETS = 2**15
"""Buckets of distances."""
MODULES = 256
"""Modules of a model, with those of all routes."""
ROUTES = 64
"""Branches of one router, and chains of a model."""
ROUTERS = 8
"""Routers of a model; its chains are the combinations of their branches."""
FILE = 2**43
"""Bytes of one file; what a listing says of larger ones is not believed."""
HEADER = 16 << 20
"""Bytes of the header of a safetensors file, which lists its tensors."""
PICKLE = 64 << 20
"""Bytes of the instructions in a file of pickled tensors, which list its tensors."""
PARTS = 64
"""Kernels or poolings side by side in one module."""
KERNEL = 4096
"""Places of a kernel of a convolution along time."""
FRAMES = 2**20
"""Positions of a sound, and of a table of them."""
RATE = 2**20
"""Samples of a sound in a second."""
SAMPLES = 2**27
"""Samples of one sound, of all its channels: almost an hour of stereo."""
HEARD = 2**24
"""Samples that an encoder of a fixed time hears at once."""
SPECTRUM = 4096
"""Frames of a spectrum that is folded into a square, and places of a side of that."""
SECONDS = 3600
"""Seconds of a sound that an encoder reads at once."""
WINDOW = 2**16
"""Samples of one window of a spectrum, and features that are made of it."""
SIDE = 1 << 16
"""Pixels of a side of an image, before and after it is resized."""
SIDE_FED = 1 << 12
"""Pixels of a side of an image as a model is fed."""
PIXELS = 89_478_485
"""Pixels of an image: a file of a few bytes may ask for more. Pillow warns of as many."""
PATCHES = 1 << 13
"""Patches of an image, each of which sees all others."""
TILES = 256
"""Squares into which an image is cut."""
FILM_FRAMES = 1 << 20
"""Frames of a video: at 30 a second almost ten hours."""
FILM_SECONDS = 86_400
"""Seconds that a video lasts."""
FILM_PIXELS = 1 << 27
"""Pixels of all frames of a video together, as a model is fed."""
DECODING = 600
"""Seconds that decoding one video may take."""
