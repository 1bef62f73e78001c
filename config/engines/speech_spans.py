"""Turns a track of speech probabilities into spans of speech, and works with spans of (start, end) seconds."""

from __future__ import annotations

import numpy as np

Span = tuple[float, float]


def spans_from_probabilities(
    probabilities: np.ndarray, step: float, onset: float, offset: float, min_speech: float, min_silence: float
) -> list[Span]:
    """Spans where the track rises to `onset` and until it falls below `offset`.

    `probabilities` is one value for every `step` seconds. Silences shorter than `min_silence` are bridged, then
    speech shorter than `min_speech` is dropped (both in seconds).
    """
    spans: list[Span] = []
    start: int | None = None
    for index, value in enumerate(probabilities):
        if start is None and value >= onset:
            start = index
        elif start is not None and value < offset:
            spans.append((start * step, index * step))
            start = None
    if start is not None:
        spans.append((start * step, len(probabilities) * step))
    return [span for span in bridged(spans, min_silence) if span[1] - span[0] >= min_speech]


def bridged(spans: list[Span], gap: float) -> list[Span]:
    """Sorted spans, those nearer than `gap` seconds joined."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def padded(spans: list[Span], pad: float, duration: float) -> list[Span]:
    """Sorted spans, each `pad` seconds longer at both ends; neighbours that would overlap meet halfway."""
    result: list[Span] = []
    for index, (start, end) in enumerate(spans):
        before = spans[index - 1][1] if index else -pad
        after = spans[index + 1][0] if index + 1 < len(spans) else duration + pad
        result.append((max(0.0, start - min(pad, (start - before) / 2)), min(duration, end + min(pad, (after - end) / 2))))
    return result


def overlap(start: float, end: float, spans: list[Span]) -> float:
    """Seconds of `start`...`end` that lie within the spans."""
    return sum(max(0.0, min(end, last) - max(start, first)) for first, last in spans)


def segments_json(spans: list[Span], probabilities: np.ndarray | None = None, step: float = 1.0) -> list[dict[str, float]]:
    """Spans as the results give them, with the mean probability of each when there is a track."""
    segments = []
    for start, end in spans:
        segment = {"start": round(start, 3), "end": round(end, 3)}
        if probabilities is not None:
            inside = probabilities[int(start / step) : max(int(start / step) + 1, int(end / step))]
            segment["confidence"] = round(float(inside.mean()), 3) if len(inside) else 0.0
        segments.append(segment)
    return segments
