"""Speakers with pyannote.audio's pipeline (stage diarization), where it and its models are installed."""

from __future__ import annotations

import engine_api as api

MODELS = {
    "pyannote/speaker-diarization-community-1": (
        "config.yaml", "segmentation/pytorch_model.bin", "embedding/pytorch_model.bin", "plda/plda.npz", "plda/xvec_transform.npz",
    ),  # fmt: skip
    "pyannote/speaker-diarization-3.1": ("config.yaml",),
}
"""Best first, with the files that each must have."""


def describe() -> dict:
    from torch_audio import found, missing_for_pyannote

    model = _model()
    missing = missing_for_pyannote(model, MODELS[model])
    return {
        "engine": "pyannote",
        "stage": "diarization",
        "rank": 90,
        "available": missing is None,
        "missing": missing,
        "version": api.version_of("pyannote.audio"),
        "models": [name for name, files in MODELS.items() if found(name, files)] or [model],
        "limits": "The production pipeline, also for people who talk at once; slow without a GPU.",
    }


def run(request: api.Request) -> api.Result:
    from clusters import bounds_of
    from torch_audio import as_tensor, best_device, found, missing_for_pyannote

    model = _model()
    if missing := missing_for_pyannote(model, MODELS[model]):
        raise api.EngineError(api.UNAVAILABLE, f"pyannote.audio cannot run; install {missing}")
    bounds = bounds_of(request)
    audio = api.audio_of(request)
    turns = []
    if audio.samples >= api.SAMPLE_RATE // 10:
        from pyannote.audio import Pipeline

        folder, cache = found(model, MODELS[model])
        try:
            pipeline = Pipeline.from_pretrained(str(folder / "config.yaml"), **({"cache_dir": cache} if cache else {}))
        except (OSError, ValueError) as error:
            said = " ".join(str(error).split())
            missing = f"the models that {model} in {folder} names beside it ({said}), or set ENGINE_DIARIZATION to another engine"
            raise api.EngineError(api.UNAVAILABLE, f"pyannote.audio cannot run; install {missing}") from error
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
    from torch_audio import found

    return next((name for name, files in MODELS.items() if _is_whole(name) and found(name, files)), next(iter(MODELS)))


def _is_whole(model: str) -> bool:
    """Whether the models are here that a pipeline names; pyannote.audio 4 takes some of community-1 for every pipeline."""
    from torch_audio import found

    if not model.endswith("-3.1"):
        return True
    parts = ("pyannote/segmentation-3.0", "pyannote/wespeaker-voxceleb-resnet34-LM")
    version = api.version_of("pyannote.audio") or ""
    return version.startswith("3.") and all(found(part, ("pytorch_model.bin",)) for part in parts)


if __name__ == "__main__":
    api.main(describe, run)
