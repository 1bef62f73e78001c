"""The silero v6 voice activity network that faster-whisper ships as an ONNX file.

The network takes 512 samples with the 64 before them (input: n x 576), carries a state of two 1 x 1 x 128 arrays and
gives one probability for every 512 samples (32 ms), as `faster_whisper.vad.SileroVADModel` runs it.
"""

from __future__ import annotations

import numpy as np
from engine_api import SAMPLE_RATE, Audio, progress
from speech_spans import Span, padded, spans_from_probabilities

WINDOW, CONTEXT = 512, 64
STEP = WINDOW / SAMPLE_RATE
"""Seconds between two probabilities."""
HYSTERESIS = 0.15
"""Speech ends where the probability falls this far below the threshold."""
BLOCK = 2_000 * WINDOW


def probabilities(audio: Audio, report: bool = False) -> np.ndarray:
    """Speech probability of every 32 ms of the audio."""
    from faster_whisper.vad import get_vad_model

    session = get_vad_model().session
    hidden = np.zeros((1, 1, 128), np.float32)
    cell = np.zeros((1, 1, 128), np.float32)
    before = np.zeros(CONTEXT, np.float32)
    track: list[np.ndarray] = []
    done = 0
    for block in audio.blocks(BLOCK):
        done += len(block)
        windows = np.pad(block, (0, -len(block) % WINDOW)).reshape(-1, WINDOW)
        contexts = np.concatenate([before[None], windows[:-1, -CONTEXT:]])
        before = windows[-1, -CONTEXT:]
        inputs = {"input": np.concatenate([contexts, windows], axis=1), "h": hidden, "c": cell}
        output, hidden, cell = session.run(None, inputs)
        track.append(output.reshape(-1))
        if report:
            progress(done / audio.samples)
    return np.concatenate(track) if track else np.zeros(0, np.float32)


def speech(
    track: np.ndarray, duration: float, threshold: float, min_speech: float, min_silence: float, pad: float
) -> list[Span]:
    """Spans of speech in a track of probabilities; all lengths in seconds."""
    spans = spans_from_probabilities(
        track, STEP, threshold, max(threshold - HYSTERESIS, 0.01), min_speech, max(min_silence, STEP)
    )
    return padded(spans, pad, duration)
