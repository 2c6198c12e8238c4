# SPDX-License-Identifier: MIT
"""English from WordNet (Debian's wordnet-base): names for the zero-shot set, glosses for the tokenizers.

Both are drawn at even steps through the files, so the same package gives the same texts.
"""
import os
import re

FOLDER = "/usr/share/wordnet"
# Lexicographer files of what photos show: animals, artifacts, food, objects, plants (wninput(5), lexnames(5)).
PHOTOGRAPHED = {"05", "06", "13", "17", "20"}


def synsets():
    """(lexicographer file, first word, gloss) of every noun synset."""
    path = os.path.join(FOLDER, "data.noun")
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: the texts come from WordNet: apt-get install wordnet-base")
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("  "):  # the licence at the top
                fields, gloss = line.split(" | ", 1)
                words = fields.split()
                yield words[1], words[4], gloss.strip()


def evenly(items, n):
    """n of the items, at even steps; all of them if there are not as many."""
    return [items[i * len(items) // n] for i in range(n)] if n < len(items) else items


def class_names(n):
    """n names of one to three plain words, as ImageNet's are: WordNet nouns of things in photos."""
    names = [word.replace("_", " ") for file, word, _ in synsets()
             if file in PHOTOGRAPHED and re.fullmatch(r"[a-z]+(_[a-z]+){0,2}", word)]
    return evenly(list(dict.fromkeys(names)), n)


def glosses(n):
    """n English phrases, a dozen words each on average."""
    return evenly([gloss for _, _, gloss in synsets()], n)
