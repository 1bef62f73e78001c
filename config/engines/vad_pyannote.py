"""Voice activity with pyannote.audio's pipeline (stage pyannote_vad), where it and its model are installed."""

from __future__ import annotations

import engine_api as api

MODEL = "pyannote/segmentation-3.0"
FILES = ("pytorch_model.bin",)


def describe() -> dict:
    from torch_audio import missing_for_pyannote

    missing = missing_for_pyannote(MODEL, FILES)
    return {
        "engine": "pyannote",
        "stage": "pyannote_vad",
        "rank": 90,
        "available": missing is None,
        "missing": missing,
        "version": api.version_of("pyannote.audio"),
        "models": [MODEL],
        "limits": "The production detector; slow without a GPU.",
    }


def run(request: api.Request) -> api.Result:
    from torch_audio import as_tensor, best_device, found, missing_for_pyannote

    if missing := missing_for_pyannote(MODEL, FILES):
        raise api.EngineError(api.UNAVAILABLE, f"pyannote.audio cannot run; install {missing}")
    audio = api.audio_of(request)
    segments = []
    if audio.samples >= api.SAMPLE_RATE // 10:
        from pyannote.audio import Model
        from pyannote.audio.pipelines import VoiceActivityDetection

        folder, _ = found(MODEL, FILES)
        pipeline = VoiceActivityDetection(segmentation=Model.from_pretrained(str(folder / FILES[0])))
        pipeline.instantiate(
            {
                "min_duration_on": api.number_of(request, "min_speech_ms", 100) / 1000,
                "min_duration_off": api.number_of(request, "min_silence_ms", 100) / 1000,
            }
        )
        pipeline.to(best_device())
        speech = pipeline(as_tensor(audio))
        segments = [{"start": round(s.start, 3), "end": round(s.end, 3)} for s in speech.get_timeline().support()]
    return {"segments": segments, "duration": round(audio.duration, 3), "engine": "pyannote", "model": MODEL, "notes": []}


if __name__ == "__main__":
    api.main(describe, run)
