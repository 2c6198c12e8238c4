# SPDX-License-Identifier: MIT
"""The zero-shot set: every class in every template, as a person would build a classifier from CLIP's text encoder.

The templates are our own, in the manner of those that OpenAI used: many begin alike, all end in a full stop.
"""
import wordnet

TEMPLATES = [
    "a photo of a {}.", "a photo of the {}.", "a photo of one {}.", "a photo of my {}.", "a photo of many {}.",
    "a photo of a small {}.", "a photo of a large {}.", "a photo of a clean {}.", "a photo of a dirty {}.",
    "a photo of a strange {}.", "a photo of a nice {}.", "a photo of a cool {}.", "a photo of a hidden {}.",
    "a photo of the small {}.", "a photo of the large {}.", "a photo of the clean {}.", "a photo of the dirty {}.",
    "a photo of the nice {}.", "a photo of the cool {}.", "a photo of the hidden {}.",
    "a bad photo of a {}.", "a bad photo of the {}.", "a good photo of a {}.", "a good photo of the {}.",
    "a bright photo of a {}.", "a bright photo of the {}.", "a dark photo of a {}.", "a dark photo of the {}.",
    "a blurry photo of a {}.", "a blurry photo of the {}.", "a sharp photo of a {}.", "a sharp photo of the {}.",
    "a cropped photo of a {}.", "a cropped photo of the {}.", "a close-up photo of a {}.",
    "a close-up photo of the {}.", "a black and white photo of a {}.", "a black and white photo of the {}.",
    "a low resolution photo of a {}.", "a low resolution photo of the {}.", "a pixelated photo of a {}.",
    "a pixelated photo of the {}.", "a jpeg corrupted photo of a {}.", "a jpeg corrupted photo of the {}.",
    "a photo of a {} in the snow.", "a photo of a {} at night.", "a photo of a {} outdoors.",
    "a photo of a {} on a table.", "a photo of a {} seen from above.", "a photo of a {} seen from far away.",
    "a drawing of a {}.", "a drawing of the {}.", "a sketch of a {}.", "a sketch of the {}.", "a painting of a {}.",
    "a painting of the {}.", "a watercolour of a {}.", "a cartoon of a {}.", "a cartoon {}.", "an origami {}.",
    "a sculpture of a {}.", "a sculpture of the {}.", "a rendering of a {}.", "a rendering of the {}.",
    "a rendition of a {}.", "a rendition of the {}.", "an embroidered {}.", "a plush {}.", "a toy {}.", "a plastic {}.",
    "a tattoo of a {}.", "a tattoo of the {}.", "graffiti of a {}.", "a {} in a video game.", "art of a {}.",
    "art of the {}.", "itap of a {}.", "itap of the {}.", "there is a {} in the scene.", "this is a photo of a {}.",
]
assert len(TEMPLATES) == len(set(TEMPLATES)) == 80


def prompts(n_classes):
    """Class by class, template by template."""
    return [template.format(name) for name in wordnet.class_names(n_classes) for template in TEMPLATES]


def drawn(n_prompts, n_drawn):
    """Which prompts stand for all: one of every block of equal size, from a place that moves through the block.

    Three steps for every two blocks: with blocks of 40 (2,000 of 80,000) each template comes up equally often.
    """
    if n_prompts <= n_drawn:
        return list(range(n_prompts))
    block = n_prompts // n_drawn
    return [k * block + (k // 2 + k) % block for k in range(n_drawn)]


def trie_nodes(sequences):
    """Distinct prefixes of the sequences: the rows that a causal encoder must compute."""
    nodes, previous = 0, []
    for sequence in sorted(sequences):
        shared = 0
        while shared < min(len(previous), len(sequence)) and previous[shared] == sequence[shared]:
            shared += 1
        nodes += len(sequence) - shared
        previous = sequence
    return nodes
