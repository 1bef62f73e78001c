"""Who speaks when: short windows of the speech, each recognised by its voice.

Windows of 1.5 s cover the speech, each half overlapping the next. Every window's voice is an embedding, the
embeddings are clustered into speakers, and each moment goes to the speaker that the windows around it resemble most.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from clusters import Bounds, cluster
from engine_api import Audio, progress
from speech_spans import Span

WINDOW = 1.5
HOP = 0.75
SHORTEST = 0.3
"""Seconds; speech shorter than this has no voice of its own and goes to the nearest window's speaker."""
SHORTEST_TURN = 0.4
"""Seconds; shorter changes of speaker inside a stretch of speech are taken for noise."""
FRAME = 0.05
"""Seconds between two decisions."""
BATCH = 16

Embed = Callable[[list[np.ndarray]], np.ndarray]
"""Gives the unit embeddings of some pieces of audio, (pieces, size)."""

Turn = tuple[float, float, int]
"""Start and end in seconds, and the speaker, numbered by first appearance."""


def diarize(audio: Audio, spans: list[Span], embed: Embed, threshold: float, bounds: Bounds) -> list[Turn]:
    """The turns of all speakers within the speech `spans`, sorted, one speaker at a time.

    `threshold` is the cosine distance up to which two groups of windows are one speaker.
    """
    windows = [window for span in spans for window in _windows(span)]
    if not windows:
        return [(start, end, 0) for start, end in spans]
    embeddings = _embeddings(audio, windows, embed)
    seconds = np.array([end - start for start, end in windows])
    centroids = cluster(embeddings, seconds, threshold, bounds)
    resemblance = embeddings @ centroids.T
    middles = np.array([(start + end) / 2 for start, end in windows])
    turns = [turn for span in spans for turn in _turns(span, middles, resemblance)]
    order: dict[int, int] = {}
    return [(start, end, order.setdefault(speaker, len(order))) for start, end, speaker in turns]


def _windows(span: Span) -> list[Span]:
    start, end = span
    if end - start < SHORTEST:
        return []
    if end - start <= WINDOW:
        return [span]
    count = int(np.ceil((end - start - WINDOW) / HOP)) + 1
    return [(first, first + WINDOW) for first in np.linspace(start, end - WINDOW, count)]


def _embeddings(audio: Audio, windows: list[Span], embed: Embed) -> np.ndarray:
    batches = [windows[first : first + BATCH] for first in range(0, len(windows), BATCH)]
    parts = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(lambda batch: embed([audio.read(start, end) for start, end in batch]), batches):
            parts.append(part)
            progress(len(parts) / len(batches))
    return np.concatenate(parts)


def _turns(span: Span, middles: np.ndarray, resemblance: np.ndarray) -> list[Turn]:
    """The turns inside one span: a vote of the windows around each moment, weighted by their nearness."""
    start, end = span
    moments = np.arange(start + FRAME / 2, end, FRAME)
    near = slice(*np.searchsorted(middles, [start - WINDOW, end + WINDOW]))
    if near.start == near.stop:
        near = slice(nearest := int(np.abs(middles - start).argmin()), nearest + 1)
    distance = np.abs(moments[:, None] - middles[None, near])
    inside = (middles[near] >= start) & (middles[near] <= end)
    weight = np.maximum(1 - distance / (WINDOW / 2), 1e-3 / (1 + distance)) * np.where(inside | ~inside.any(), 1.0, 0.0)
    labels = _without_splinters((weight @ resemblance[near]).argmax(axis=1))
    edges = np.flatnonzero(np.diff(labels)) + 1
    times = [start, *(start + edges * FRAME), end]
    speakers = labels[[0, *edges]] if len(labels) else [int(resemblance[near].sum(axis=0).argmax())]
    return [(float(a), float(b), int(who)) for a, b, who in zip(times[:-1], times[1:], speakers, strict=True)]


def _without_splinters(labels: np.ndarray) -> np.ndarray:
    """Runs shorter than SHORTEST_TURN take over the speaker before them (the first one: the speaker after it)."""
    labels = labels.copy()
    pieces = np.split(np.arange(len(labels)), np.flatnonzero(np.diff(labels)) + 1)
    for index, piece in enumerate(pieces):
        if len(pieces) > 1 and len(piece) * FRAME < SHORTEST_TURN:
            labels[piece] = labels[piece[0] - 1] if index else labels[piece[-1] + 1]
    return labels
