"""Word error rate, diarization error rate and voice activity error, against known words (.txt) and speakers (.rttm)."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np

Turn = tuple[float, float, str]
"""Start and end in seconds, speaker."""

STEP = 0.01
"""Seconds between two compared moments."""

_NUMBERS = dict(zip("zero one two three four five six seven eight nine ten".split(), "0 1 2 3 4 5 6 7 8 9 10".split(), strict=True))
_SPELLINGS = _NUMBERS | {"mr": "mister", "mrs": "missus", "dr": "doctor"}


def words(text: str) -> list[str]:
    """A text's words without case, punctuation, hyphens, and differences in the spelling of small numbers."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("-", " ")
    kept = "".join(c if c == "'" or unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return [_SPELLINGS.get(word, word) for word in (part.strip("'") for part in kept.split()) if word]


def word_error_rate(reference: str, hypothesis: str) -> float:
    """Substitutions, deletions and insertions over the number of words in the reference."""
    said, heard = words(reference), words(hypothesis)
    row = list(range(len(heard) + 1))
    for place, word in enumerate(said, start=1):
        above, row = row, [place] + [0] * len(heard)
        for index, other in enumerate(heard, start=1):
            row[index] = min(above[index] + 1, row[index - 1] + 1, above[index - 1] + (word != other))
    return row[-1] / max(1, len(said))


def read_rttm(path: Path) -> list[Turn]:
    """The turns of an RTTM file."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("SPEAKER")]
    return [(float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows]


def diarization_error(reference: list[Turn], hypothesis: list[Turn], collar: float = 0.25) -> float:
    """Missed, false and confused speech over all speech, under the best pairing of speakers.

    Moments within `collar` seconds of a turn's edge in the reference do not count.
    """
    from scipy.optimize import linear_sum_assignment

    length = int(max(end for _, end, _ in reference + hypothesis) / STEP) + 1
    said, heard = _tracks(reference, length), _tracks(hypothesis, length)
    counted = _outside_collars(reference, length, collar)
    said, heard = said[:, counted], heard[:, counted]
    shared = said.astype(int) @ heard.T.astype(int)
    correct = shared[linear_sum_assignment(-shared)].sum()
    wanted, found = said.sum(axis=0), heard.sum(axis=0)
    return float(np.maximum(wanted, found).sum() - correct) / max(1, wanted.sum())


def activity_error(reference: list[Turn], spans: list[tuple[float, float]], duration: float, collar: float = 0.25) -> tuple[float, float]:
    """Missed speech and false speech, each over all speech."""
    length = int(duration / STEP) + 1
    said = _tracks(reference, length).any(axis=0)
    heard = _tracks([(start, end, "speech") for start, end in spans], length).any(axis=0)
    counted = _outside_collars(reference, length, collar)
    speech = max(1, (said & counted).sum())
    return float((said & ~heard & counted).sum() / speech), float((heard & ~said & counted).sum() / speech)


def _tracks(turns: list[Turn], length: int) -> np.ndarray:
    speakers = sorted({speaker for _, _, speaker in turns})
    tracks = np.zeros((max(1, len(speakers)), length), bool)
    for start, end, speaker in turns:
        tracks[speakers.index(speaker), int(start / STEP) : int(end / STEP)] = True
    return tracks


def _outside_collars(turns: list[Turn], length: int, collar: float) -> np.ndarray:
    counted = np.ones(length, bool)
    for edge in (edge for turn in turns for edge in turn[:2]):
        counted[max(0, int((edge - collar) / STEP)) : int((edge + collar) / STEP)] = False
    return counted
