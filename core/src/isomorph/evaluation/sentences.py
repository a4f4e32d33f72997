"""Small texts that travel along: everyday topics, each pair next to each other in meaning."""

from __future__ import annotations

SENTENCES = (
    "The museum is closed on Mondays.",
    "You cannot visit the gallery at the beginning of the week.",
    "How do I reset my password?",
    "I forgot my login and need to get back into my account.",
    "The recipe calls for two cups of flour and a pinch of salt.",
    "Mix the dry ingredients before you add butter and eggs.",
    "Heavy rain is expected along the coast tonight.",
    "Forecasters warn of storms near the sea this evening.",
    "The central bank raised interest rates by a quarter of a point.",
    "Loans became more expensive after the monetary policy meeting.",
    "Our cat sleeps on the windowsill all afternoon.",
    "A kitten was dozing in the sun by the window.",
    "She plays the violin in the city orchestra.",
    "The musician performs with a symphony ensemble.",
    "The striker scored twice in the last ten minutes of the match.",
    "Two late goals decided the football game.",
    "Photosynthesis turns sunlight into chemical energy.",
    "Plants use light to make sugar from water and carbon dioxide.",
    "The train to Vienna leaves from platform nine.",
    "Passengers for Austria should board the railway carriage now.",
    "A binary search halves the interval in every step.",
    "The algorithm finds an element of a sorted array in logarithmic time.",
    "The doctor told him to exercise more and to eat less sugar.",
    "His physician recommended sport and a healthier diet.",
)


STRIDES = (5, 7, 11, 13, 17, 19)
"""Prime to the number of sentences, so that none comes twice in a text."""


def mixed_texts(count: int) -> list[str]:
    """`count` texts of one to nine sentences, the same ones every time, long and short in turn."""
    texts = []
    for index in range(count):
        length = 1 + index * 7 % 9
        stride = STRIDES[index // 72 % len(STRIDES)]  # 72 texts on, lengths and starts come again
        parts = (SENTENCES[(index * 5 + step * stride) % len(SENTENCES)] for step in range(length))
        texts.append(" ".join(parts))
    return texts
