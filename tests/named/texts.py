"""What the models of the table are asked."""

TEXTS = ["the cat sat in the rain", "a red bird", "new query of the sea and the sun", "dog"]
PAIRS = [
    ("the cat", "a cat sat in the rain"),
    ("a red bird", "the sea"),
    ("new query", "the old dog ran and sang in the sun"),
]
