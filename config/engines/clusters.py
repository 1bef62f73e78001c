"""Groups embeddings of voices into speakers: agglomerative clustering with average linkage over cosine distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from engine_api import BAD_REQUEST, EngineError, Request, number_of

RELIABLE = 1.0
"""Seconds from which a voice's embedding may found a speaker; shorter voices join the nearest one."""
SPEAKER_SECONDS = 1.5
"""A speaker heard for less than this (seconds, in all windows) is folded into the nearest other one."""


@dataclass
class Bounds:
    """How many speakers there may be."""

    least: int = 1
    most: int | None = None


def bounds_of(request: Request) -> Bounds:
    """The bounds that a request gives by `num_speakers`, or by `min_speakers` and `max_speakers`."""
    exact = number_of(request, "num_speakers", 0)
    least, most = (exact, exact) if exact else (number_of(request, "min_speakers", 1), number_of(request, "max_speakers", 0))
    if min(least, most) < 0 or (most and least > most):
        raise EngineError(BAD_REQUEST, f"between {least} and {most} speakers makes no sense; give min_speakers <= max_speakers")
    return Bounds(max(1, int(least)), int(most) or None)


def cluster(embeddings: np.ndarray, seconds: np.ndarray, threshold: float, bounds: Bounds) -> np.ndarray:
    """A speaker's number for each embedding.

    `embeddings` are unit vectors (voices, size), `seconds` their lengths, `threshold` the cosine distance up to which
    two groups of voices are joined. The bounds win over the threshold as far as there are voices enough.
    """
    founders = np.flatnonzero(seconds >= RELIABLE)
    if len(founders) < bounds.least:
        founders = np.argsort(-seconds)[: max(1, bounds.least)]
    groups = _linked(embeddings[founders], threshold, bounds)
    kept = _large_enough(groups, seconds[founders], bounds)
    centroids = np.stack([_unit(embeddings[founders][groups == group].sum(axis=0)) for group in kept])
    labels = (embeddings @ centroids.T).argmax(axis=1)
    place = {group: index for index, group in enumerate(kept)}
    for founder, group in zip(founders, groups, strict=True):
        if group in place:
            labels[founder] = place[group]
    return labels


def _linked(embeddings: np.ndarray, threshold: float, bounds: Bounds) -> np.ndarray:
    if len(embeddings) == 1:
        return np.ones(1, int)
    from scipy.cluster.hierarchy import fcluster, linkage

    tree = linkage(embeddings, "average", "cosine")
    groups = fcluster(tree, threshold, "distance")
    count = len(np.unique(groups))
    wanted = max(bounds.least, min(count, bounds.most or count))
    return groups if wanted == count else fcluster(tree, wanted, "maxclust")


def _large_enough(groups: np.ndarray, seconds: np.ndarray, bounds: Bounds) -> list[int]:
    """The groups that are speakers: long enough, and never fewer than the least number of them."""
    totals = {int(group): float(seconds[groups == group].sum()) for group in np.unique(groups)}
    ranked = sorted(totals, key=totals.__getitem__, reverse=True)
    return [group for place, group in enumerate(ranked) if place < bounds.least or totals[group] >= SPEAKER_SECONDS]


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
