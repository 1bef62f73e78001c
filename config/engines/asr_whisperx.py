"""Transcription and alignment with whisperx (stage asr), where it and its models are installed."""

from __future__ import annotations

import os

import engine_api as api
import whisper_models


def describe() -> dict:
    missing = _missing()
    models = list(whisper_models.present())
    return {
        "engine": "whisperx",
        "stage": "asr",
        "rank": 90,
        "available": missing is None,
        "missing": missing,
        "version": api.version_of("whisperx") if api.has_module("whisperx") else None,
        "limits": "The production transcriber, with word times from a second model; words without one keep whisper's.",
    } | whisper_models.abilities(models)


def run(request: api.Request) -> api.Result:
    task, language, requested = whisper_models.wish_of(request)
    if missing := _missing():
        raise api.EngineError(api.UNAVAILABLE, f"whisperx cannot run; install {missing}")
    name, folder, notes = whisper_models.choose(requested, language, task)
    audio = api.audio_of(request)
    answer = {
        "language": language,
        "language_probability": None,
        "duration": round(audio.duration, 3),
        "segments": [],
        "task": task,
        "engine": "whisperx",
        "model": name,
        "model_requested": requested,
        "notes": notes,
    }
    if audio.samples < api.SAMPLE_RATE // 10:
        return answer

    import whisperx
    from torch_audio import best_device

    device = best_device().type
    sound = audio.read()
    model = whisperx.load_model(
        str(folder),
        device,
        compute_type=request.get("compute_type") or ("float16" if device == "cuda" else "int8"),
        language=language,
        task=task,
        asr_options={"beam_size": int(api.number_of(request, "beam_size", 5)), "initial_prompt": request.get("prompt") or None},
        threads=int(api.number_of(request, "threads", 0)) or os.cpu_count() or 1,
        local_files_only=True,
    )
    heard = model.transcribe(sound, batch_size=8, language=language, task=task)
    api.progress(0.7)
    answer["language"] = heard["language"]
    segments = heard["segments"]
    if task == "transcribe" and request.get("word_timestamps") is not False:
        segments = _aligned(segments, sound, heard["language"], device, notes)
    answer["segments"] = [_segment(segment) for segment in segments]
    return answer


def _aligned(segments: list[dict], sound, language: str, device: str, notes: list[str]) -> list[dict]:
    """The segments with the times of their words, or as they were when the language has no alignment model here."""
    import whisperx

    try:
        model, metadata = whisperx.load_align_model(language, device)
    except (ValueError, OSError) as error:
        notes.append(f"No alignment model for {language} is installed, so words have no times ({error}).")
        return segments
    return whisperx.align(segments, model, metadata, sound, device)["segments"]


def _segment(segment: dict) -> dict:
    words = [
        {"word": word["word"].strip(), "start": round(word["start"], 3), "end": round(word["end"], 3), "probability": word["score"]}
        for word in segment.get("words", [])
        if "start" in word and "end" in word
    ]
    return {
        "start": round(segment["start"], 3),
        "end": round(segment["end"], 3),
        "text": segment["text"].strip(),
        "avg_logprob": segment.get("avg_logprob"),
        "no_speech_prob": segment.get("no_speech_prob"),
        "words": words,
    }


def _missing() -> str | None:
    if not (api.has_module("whisperx") and api.has_module("torch")):
        return "the Python package whisperx (with torch)"
    if not whisper_models.present():
        return f"a whisper model in CTranslate2's format, for example in {api.weights('whisper', 'large-v3')}"
    return None


if __name__ == "__main__":
    api.main(describe, run)
