"""Transcription and translation with faster-whisper (stage asr)."""

from __future__ import annotations

import os
from pathlib import Path

import engine_api as api
import whisper_models

CERTAIN = 0.8
"""From this probability on, a language that was heard is held against one that was named."""


def describe() -> dict:
    installed = api.has_module("faster_whisper")
    models = list(whisper_models.present())
    missing = None if installed else "the Python package faster-whisper"
    if installed and not models:
        missing = f"a whisper model in CTranslate2's format, for example in {api.weights('whisper', 'base')}"
    return {
        "engine": "faster_whisper",
        "stage": "asr",
        "rank": 50,
        "available": missing is None,
        "missing": missing,
        "version": api.version_of("faster-whisper"),
        "limits": "The small models make few errors in clear English, more in other languages, noise and song; "
        "they translate into English only.",
    } | whisper_models.abilities(models)


def run(request: api.Request) -> api.Result:
    task, language, requested = whisper_models.wish_of(request)
    name, folder, notes = whisper_models.choose(requested, language, task)
    if not api.has_module("faster_whisper"):
        raise api.EngineError(api.UNAVAILABLE, "faster-whisper is not installed; install the speech engines again")
    audio = api.audio_of(request)
    spans = speech_of(request, audio)
    answer = {
        "language": language,
        "language_probability": None,
        "duration": round(audio.duration, 3),
        "segments": [],
        "task": task,
        "engine": "faster_whisper",
        "model": name,
        "model_requested": requested,
        "notes": notes,
    }
    if not spans:
        notes.append("No speech was found, so there is no text.")
        return answer

    from whisper_text import Transcriber, detect_language, heard_language

    model = _load(folder, request)
    if language is None:
        language = heard_language(model, audio, spans, request, answer)
        better, folder, _ = whisper_models.choose(requested, language, task)
        if better != name:
            model, answer["model"] = _load(folder, request), better
    elif not whisper_models.is_english_only(name):
        heard, certainty = detect_language(model, audio, spans)
        answer["language_heard"], answer["language_probability"] = heard, certainty
        if heard != language and certainty >= CERTAIN:
            notes.append(
                f"The speech sounds like {heard} ({certainty:.0%}), and the settings say {language};"
                " if that is so, correct SRC_LANG (or WHISPER_LANGUAGE) and run asr again."
            )
    transcriber = Transcriber(model, language, task, request, notes)
    answer["segments"] = transcriber.transcribe(audio, spans)
    return answer


def speech_of(request: api.Request, audio: api.Audio) -> list[tuple[float, float]]:
    """Where there is speech, as the request says or as Silero hears it, and something can be heard."""
    spans = api.spans_of(request, audio.duration)
    if spans is None:
        import silero

        spans = silero.speech(silero.probabilities(audio), audio.duration, 0.5, 0.25, 0.3, 0.1)
    # In silence whisper hears what it likes to, on some processors.
    return [(start, end) for start, end in spans if not audio.is_silent(start, end)]


def _load(folder: Path, request: api.Request):
    import ctranslate2
    from faster_whisper import WhisperModel

    # Doubtful passages are sampled again; the same film shall give the same text.
    ctranslate2.set_random_seed(1)
    device = request.get("device") or "auto"
    api.log(f"loading {folder}")
    return WhisperModel(
        str(folder),
        device=device,
        compute_type=request.get("compute_type") or "int8",
        cpu_threads=int(api.number_of(request, "threads", 0)) or os.cpu_count() or 1,
        local_files_only=True,
    )


if __name__ == "__main__":
    api.main(describe, run)
