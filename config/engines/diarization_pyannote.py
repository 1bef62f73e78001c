"""Speakers with pyannote.audio's pipeline (stage diarization), where it and its models are installed."""

from __future__ import annotations

import engine_api as api

MODELS = ("pyannote/speaker-diarization-community-1", "pyannote/speaker-diarization-3.1")
"""Best first."""


def describe() -> dict:
    from torch_audio import is_cached, missing_for_pyannote

    model = _model()
    missing = missing_for_pyannote(model)
    return {
        "engine": "pyannote",
        "stage": "diarization",
        "rank": 90,
        "available": missing is None,
        "missing": missing,
        "version": api.version_of("pyannote.audio"),
        "models": [name for name in MODELS if is_cached(name)] or [MODELS[0]],
        "limits": "The production pipeline, also for people who talk at once; slow without a GPU.",
    }


def run(request: api.Request) -> api.Result:
    from clusters import bounds_of
    from torch_audio import as_tensor, best_device, missing_for_pyannote

    model = _model()
    if missing := missing_for_pyannote(model):
        raise api.EngineError(api.UNAVAILABLE, f"pyannote.audio cannot run; install {missing}")
    bounds = bounds_of(request)
    audio = api.audio_of(request)
    turns = []
    if audio.samples >= api.SAMPLE_RATE // 10:
        from pyannote.audio import Pipeline

        pipeline = Pipeline.from_pretrained(model)
        pipeline.to(best_device())
        output = pipeline(as_tensor(audio), min_speakers=bounds.least, max_speakers=bounds.most)
        # Version 4 wraps the annotation that version 3 returns.
        annotation = getattr(output, "speaker_diarization", output)
        turns = [(turn.start, turn.end, label) for turn, _, label in annotation.itertracks(yield_label=True)]
    order: dict[str, int] = {}
    segments = [
        {"start": round(start, 3), "end": round(end, 3), "speaker": f"SPEAKER_{order.setdefault(label, len(order)):02d}"}
        for start, end, label in sorted(turns)
    ]
    return {
        "segments": segments,
        "speakers": len(order),
        "duration": round(audio.duration, 3),
        "engine": "pyannote",
        "model": model,
        "notes": [],
    }


def _model() -> str:
    from torch_audio import is_cached

    return next((name for name in MODELS if is_cached(name)), MODELS[0])


if __name__ == "__main__":
    api.main(describe, run)
