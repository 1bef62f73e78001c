"""Voice activity by WebRTC's detector, which trims silero's segments (stage pyannote_vad, when pyannote's weights are missing)."""

from __future__ import annotations

import engine_api as api

FRAME = 0.03
"""Seconds; the detector takes 10, 20 or 30 ms."""
AGGRESSIVENESS = 2
"""0 lets everything pass, 3 the least."""
EDGE = 0.15
"""Seconds of a segment's ends that are kept around the detected speech."""


def describe() -> dict:
    available = api.has_module("webrtcvad") and api.has_module("numpy")
    return {
        "engine": "webrtc",
        "stage": "pyannote_vad",
        "rank": 10,
        "available": available,
        "missing": None if available else "the Python package webrtcvad-wheels",
        "version": api.version_of("webrtcvad-wheels"),
        "models": ["webrtc-gmm"],
        "limits": "Trims and splits the segments it is given; on its own it takes music and noise for speech.",
    }


def run(request: api.Request) -> api.Result:
    from speech_spans import bridged, padded, segments_json

    audio = api.audio_of(request)
    given = api.spans_of(request, audio.duration)
    notes = []
    if given is None:
        given = [(0.0, audio.duration)] if audio.samples else []
        notes.append("No segments were given, so the whole audio was searched; music may count as speech.")
    least_speech = api.number_of(request, "min_speech_ms", 100) / 1000
    least_silence = max(api.number_of(request, "min_silence_ms", 100) / 1000, FRAME)
    found = []
    for number, (start, end) in enumerate(given):
        inside = padded(bridged(_voiced(audio, start, end), least_silence), EDGE, audio.duration)
        clipped = [(max(start, first), min(end, last)) for first, last in inside]
        found += [span for span in clipped if span[1] - span[0] >= least_speech]
        api.progress((number + 1) / len(given))
    return {
        "segments": segments_json(found),
        "duration": round(audio.duration, 3),
        "engine": "webrtc",
        "model": "webrtc-gmm",
        "notes": notes,
    }


def _voiced(audio: api.Audio, start: float, end: float) -> list[tuple[float, float]]:
    """The frames of one stretch that sound voiced, each as a span."""
    import numpy as np
    import webrtcvad

    detector = webrtcvad.Vad(AGGRESSIVENESS)
    size = round(FRAME * api.SAMPLE_RATE)
    pcm = np.round(audio.read(start, end) * 32768).clip(-32768, 32767).astype("<i2")
    frames = pcm[: len(pcm) // size * size].reshape(-1, size)
    return [
        (start + index * FRAME, start + (index + 1) * FRAME)
        for index, frame in enumerate(frames)
        if detector.is_speech(frame.tobytes(), api.SAMPLE_RATE)
    ]


if __name__ == "__main__":
    api.main(describe, run)
