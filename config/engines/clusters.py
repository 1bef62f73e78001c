"""Groups embeddings of voices into speakers: agglomerative clustering with average linkage over cosine distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from engine_api import BAD_REQUEST, EngineError, Request, number_of

RELIABLE = 1.0
"""Seconds from which a window's embedding may found a speaker; shorter ones join the nearest."""
SPEAKER_SECONDS = 3.0
"""A speaker whose windows add up to less than this is folded into the others."""
MOST_FOUNDERS = 6_000
"""Embeddings that are clustered; of a longer film every n-th is, since the work grows with the square."""
ROUNDS = 3
"""How often the centroids are made anew from the embeddings nearest to them."""


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
    """The speakers' centroids as unit vectors, (speakers, size).

    `embeddings` are unit vectors (windows, size), `seconds` their lengths, `threshold` the cosine distance up to which
    two groups are joined. The bounds win over the threshold as far as there are windows enough.
    """
    founders = np.flatnonzero(seconds >= RELIABLE)
    if len(founders) < max(2, bounds.least):
        founders = np.arange(len(embeddings))
    founders = founders[:: -(-len(founders) // MOST_FOUNDERS)]
    voices = embeddings[founders]
    groups = _linked(voices, threshold, bounds)
    kept = _large_enough(groups, seconds[founders], bounds)
    centroids = np.stack([_unit(voices[groups == group].sum(axis=0)) for group in kept])
    for _ in range(ROUNDS):
        labels = (voices @ centroids.T).argmax(axis=1)
        members = [voices[labels == label] for label in range(len(centroids))]
        centroids = np.stack([_unit(own.sum(axis=0)) if len(own) else old for own, old in zip(members, centroids, strict=True)])
    return centroids


def _linked(embeddings: np.ndarray, threshold: float, bounds: Bounds) -> np.ndarray:
    """A group's number for each embedding."""
    if len(embeddings) == 1:
        return np.ones(1, int)
    from scipy.cluster.hierarchy import fcluster, linkage

    tree = linkage(embeddings, "average", "cosine")
    groups = fcluster(tree, threshold, "distance")
    large = np.sum(np.unique(groups, return_counts=True)[1] > 1)
    if large < bounds.least:
        # A cut that leaves the asked number of groups may spend them on single windows: go deeper until enough are large.
        for count in range(bounds.least, min(len(embeddings), 4 * bounds.least + 20) + 1):
            finer = fcluster(tree, count, "maxclust")
            if np.sum(np.unique(finer, return_counts=True)[1] > 1) >= bounds.least:
                return finer
        return fcluster(tree, bounds.least, "maxclust")
    return groups


def _large_enough(groups: np.ndarray, seconds: np.ndarray, bounds: Bounds) -> list[int]:
    """The groups that are speakers, the longest first: long enough, and within the bounds."""
    totals = {int(group): float(seconds[groups == group].sum()) for group in np.unique(groups)}
    ranked = sorted(totals, key=totals.__getitem__, reverse=True)[: bounds.most]
    return [group for place, group in enumerate(ranked) if place < bounds.least or totals[group] >= SPEAKER_SECONDS]


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
