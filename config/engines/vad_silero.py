"""Voice activity with silero v6 (stage silero_vad)."""

from __future__ import annotations

import engine_api as api


def describe() -> dict:
    available = api.has_module("faster_whisper") and api.has_module("onnxruntime")
    return {
        "engine": "silero",
        "stage": "silero_vad",
        "rank": 50,
        "available": available,
        "missing": None if available else "the Python packages faster-whisper and onnxruntime",
        "version": api.version_of("faster-whisper"),
        "models": ["silero-v6"],
        "limits": "Finds speech of any language to about 0.1 s; singing and shouting crowds count as speech at times.",
    }


def run(request: api.Request) -> api.Result:
    import silero
    from speech_spans import segments_json

    audio = api.audio_of(request)
    track = silero.probabilities(audio, report=True)
    spans = silero.speech(
        track,
        audio.duration,
        threshold=api.number_of(request, "threshold", 0.5),
        min_speech=api.number_of(request, "min_speech_ms", 250) / 1000,
        min_silence=api.number_of(request, "min_silence_ms", 300) / 1000,
        pad=api.number_of(request, "speech_pad_ms", 100) / 1000,
    )
    return {
        "segments": segments_json(spans, track, silero.STEP),
        "duration": round(audio.duration, 3),
        "engine": "silero",
        "model": "silero-v6",
        "notes": [],
    }


if __name__ == "__main__":
    api.main(describe, run)
