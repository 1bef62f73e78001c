"""Who speaks when: local voices found window by window, recognised again over the whole film.

A segmentation network tells up to three voices apart in each window of a few seconds. Each voice is given an
embedding, made of the audio in which it speaks alone. Voices of all windows are clustered; windows overlap, so each
moment is then given to the cluster whose voices are most active there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from clusters import Bounds, cluster
from engine_api import SAMPLE_RATE, Audio, progress
from pyannet import FRAME_STEP, PyanNet
from speech_spans import Span

ACTIVE = 0.5
"""Probability from which a local voice counts as speaking."""
SHORTEST_VOICE = 0.25
"""Seconds alone below which a voice has no embedding."""
LONGEST_VOICE = 5.0
"""Seconds of a voice that go into its embedding; more cost time and tell nothing new."""
SHORTEST_TURN = 0.25
"""Seconds; shorter turns are noise at the edges of the windows and go to a neighbour."""

Embed = Callable[[np.ndarray], np.ndarray]
"""Gives the unit embedding of some seconds of one voice."""


@dataclass
class Turn:
    """One speaker's stretch of time, in seconds; speakers are numbered by first appearance."""

    start: float
    end: float
    speaker: int


@dataclass
class _Voice:
    frame: int
    activity: np.ndarray
    embedding: np.ndarray
    seconds: float


def diarize(
    audio: Audio, spans: list[Span], network: PyanNet, embed: Embed, threshold: float, bounds: Bounds
) -> list[Turn]:
    """The turns of all speakers within the speech `spans`, sorted by start. Turns overlap where two speak at once.

    `threshold` is the cosine distance up to which two voices are one speaker's.
    """
    voices = _voices(audio, spans, network, embed)
    if not voices:
        return [Turn(start, end, 0) for start, end in spans]
    embeddings = np.stack([voice.embedding for voice in voices])
    labels = cluster(embeddings, np.array([voice.seconds for voice in voices]), threshold, bounds)
    frames = int(audio.duration / FRAME_STEP) + 2
    scores = np.zeros((frames, int(labels.max()) + 1), np.float32)
    heard = np.full(frames, 1e-6, np.float32)
    windows = {voice.frame: len(voice.activity) for voice in voices}
    for frame, length in windows.items():
        heard[frame : frame + length] += 1
    for voice, label in zip(voices, labels, strict=True):
        room = scores[voice.frame : voice.frame + len(voice.activity), label]
        room += voice.activity[: len(room)]
    turns = [turn for span in spans for turn in _turns(span, scores / heard[:, None])]
    return _numbered(turns)


def _voices(audio: Audio, spans: list[Span], network: PyanNet, embed: Embed) -> list[_Voice]:
    speech = _mask(spans, audio.duration)
    voices = []
    length = network.window / SAMPLE_RATE
    for start, activity in network.windows(audio, hop=length / 2):
        frame = round(start / FRAME_STEP)
        inside = speech[frame : frame + len(activity)]
        activity = activity[: len(inside)] * inside[:, None]
        active = activity > ACTIVE
        alone = active & (active.sum(axis=1) == 1)[:, None]
        for voice in range(activity.shape[1]):
            seconds = alone[:, voice].sum() * FRAME_STEP
            if seconds >= SHORTEST_VOICE:
                sound = _gather(audio, start, alone[:, voice])
                voices.append(_Voice(frame, activity[:, voice], embed(sound), seconds))
        progress(min(1.0, (start + length) / max(audio.duration, length)))
    return voices


def _mask(spans: list[Span], duration: float) -> np.ndarray:
    mask = np.zeros(int(duration / FRAME_STEP) + 2, bool)
    for start, end in spans:
        mask[round(start / FRAME_STEP) : round(end / FRAME_STEP)] = True
    return mask


def _gather(audio: Audio, start: float, frames: np.ndarray) -> np.ndarray:
    """The audio of the frames that are set, at most LONGEST_VOICE seconds, joined."""
    sound = audio.read(start, start + len(frames) * FRAME_STEP)
    wanted = np.repeat(frames, round(FRAME_STEP * SAMPLE_RATE))[: len(sound)]
    return sound[: len(wanted)][wanted][: round(LONGEST_VOICE * SAMPLE_RATE)]


def _turns(span: Span, scores: np.ndarray) -> list[Turn]:
    """The turns inside one span of speech: the strongest speaker of each frame, and a second one who speaks as well."""
    first, last = round(span[0] / FRAME_STEP), max(round(span[0] / FRAME_STEP) + 1, round(span[1] / FRAME_STEP))
    inside = scores[first:last]
    main = _filled(np.where(inside.max(axis=1) > ACTIVE / 4, inside.argmax(axis=1), -1), scores, first)
    main = _without_splinters(main)
    turns = _runs(main, first)
    turns[0].start, turns[-1].end = span
    for speaker in np.flatnonzero((inside > ACTIVE).any(axis=0)):
        also = np.where((inside[:, speaker] > ACTIVE) & (main != speaker), speaker, -1)
        turns += [turn for turn in _runs(also, first) if turn.speaker >= 0 and turn.end - turn.start >= SHORTEST_TURN]
    return turns


def _filled(labels: np.ndarray, scores: np.ndarray, first: int) -> np.ndarray:
    """Frames without a speaker (-1) take the nearest labelled one's; a span without any takes the nearest voice of the film."""
    known = np.flatnonzero(labels >= 0)
    if len(known) == 0:
        spoken = np.flatnonzero(scores.max(axis=1) > ACTIVE / 4)
        nearest = spoken[np.abs(spoken - first).argmin()] if len(spoken) else 0
        return np.full(len(labels), scores[nearest].argmax())
    positions = np.arange(len(labels))
    after = np.searchsorted(known, positions).clip(0, len(known) - 1)
    before = (after - 1).clip(0)
    closer = np.abs(known[before] - positions) <= np.abs(known[after] - positions)
    return labels[np.where(closer, known[before], known[after])]


def _without_splinters(labels: np.ndarray) -> np.ndarray:
    """Runs shorter than SHORTEST_TURN take over the speaker before them (the first one: the speaker after it)."""
    labels = labels.copy()
    edges = np.flatnonzero(np.diff(labels)) + 1
    pieces = np.split(np.arange(len(labels)), edges)
    for index, piece in enumerate(pieces):
        if len(pieces) > 1 and len(piece) * FRAME_STEP < SHORTEST_TURN:
            labels[piece] = labels[piece[0] - 1] if index else labels[piece[-1] + 1]
    return labels


def _runs(labels: np.ndarray, first: int) -> list[Turn]:
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1), len(labels)]
    return [
        Turn((first + start) * FRAME_STEP, (first + end) * FRAME_STEP, int(labels[start]))
        for start, end in zip(edges[:-1], edges[1:], strict=True)
    ]


def _numbered(turns: list[Turn]) -> list[Turn]:
    turns = sorted(turns, key=lambda turn: (turn.start, turn.end))
    order: dict[int, int] = {}
    for turn in turns:
        turn.speaker = order.setdefault(turn.speaker, len(order))
    return turns
