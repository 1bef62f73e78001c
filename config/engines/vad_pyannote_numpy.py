"""Voice activity with pyannote's segmentation network, run in numpy (stage pyannote_vad)."""

from __future__ import annotations

import engine_api as api

WEIGHTS = ("whisperx", "assets", "pytorch_model.bin")
"""pyannote segmentation 2.0, which whisperx brings along for its own voice activity detection."""


def describe() -> dict:
    available = api.has_module("numpy") and api.weights(*WEIGHTS).is_file()
    return {
        "engine": "pyannote_numpy",
        "stage": "pyannote_vad",
        "rank": 50,
        "available": available,
        "missing": None if available else f"numpy, and the weights {api.weights(*WEIGHTS)}",
        "version": "2.0",
        "models": ["pyannote-segmentation-2.0"],
        "limits": "pyannote's own weights without torch: the same answers, on the processor only.",
    }


def run(request: api.Request) -> api.Result:
    import pyannet
    from speech_spans import segments_json, spans_from_probabilities

    audio = api.audio_of(request)
    track = pyannet.speech_track(pyannet.PyanNet(api.weights(*WEIGHTS)), audio)
    spans = spans_from_probabilities(
        track,
        pyannet.FRAME_STEP,
        onset=api.number_of(request, "onset", 0.5),
        offset=api.number_of(request, "offset", 0.36),
        min_speech=api.number_of(request, "min_speech_ms", 100) / 1000,
        min_silence=api.number_of(request, "min_silence_ms", 100) / 1000,
    )
    spans = [(start, min(end, audio.duration)) for start, end in spans if start < audio.duration]
    return {
        "segments": segments_json(spans, track, pyannet.FRAME_STEP),
        "duration": round(audio.duration, 3),
        "engine": "pyannote_numpy",
        "model": "pyannote-segmentation-2.0",
        "notes": [],
    }


if __name__ == "__main__":
    api.main(describe, run)
