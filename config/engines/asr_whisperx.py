"""Transcription and alignment with whisperx (stage asr), where it and its models are installed."""

from __future__ import annotations

import math
import os

import engine_api as api
import whisper_models
from asr_faster_whisper import speech_of


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
        "limits": "The production transcriber, with word times from a second model; without one for the language, and in translations, "
        "whisper places the words itself.",
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
    spans = speech_of(request, audio)
    if audio.samples < api.SAMPLE_RATE // 10 or not spans:
        notes.append("No speech was found, so there is no text.")
        return answer

    import whisperx
    from torch_audio import best_device, forbid_downloads
    from whisper_text import Transcriber, heard_language

    forbid_downloads()
    device = best_device().type
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
    if language is None:
        # whisperx hears the first 30 s only, which in a film may be a song.
        language = heard_language(model.model, audio, spans, request, answer)
    aligner = None
    if task == "transcribe" and request.get("word_timestamps") is not False:
        aligner = _aligner(language, device, answer)
    if aligner is None:
        # whisperx alone gives stretches of up to 30 s without times inside, of which no subtitles can be made.
        answer["segments"] = Transcriber(model.model, language, task, request, notes).transcribe(audio, spans)
        return answer
    sound = audio.read()
    heard = model.transcribe(sound, batch_size=8, language=language, task=task)
    api.progress(0.7)
    aligned = whisperx.align(heard["segments"], *aligner, sound, device)
    answer["segments"] = [segment for segment in map(segment_of, aligned["segments"]) if segment["text"]]
    return answer


def _aligner(language: str, device: str, answer: api.Result) -> tuple | None:
    """The network that places the words of a language, and its alphabet; None, with a note, when it is not here."""
    import nltk
    import whisperx
    from whisper_text import is_guess

    try:
        nltk.data.find("tokenizers/punkt_tab")
        return whisperx.load_align_model(language, device)
    except LookupError:
        reason, remedy = "nltk's punkt_tab is not installed", "-m nltk.downloader punkt_tab"
    except (ValueError, OSError) as error:
        api.log(f"no alignment model: {error}")
        reason = f"no alignment model for {language} is installed"
        remedy = f"-c \"import whisperx; whisperx.load_align_model('{language}', 'cpu')\""
    note = f"whisper placed the words itself, since {reason}"
    if not is_guess(answer["language_probability"]):
        # Nobody should fetch a model for a language that perhaps nobody speaks.
        note += f"; for whisperx's times run once, with a network: {api.home() / 'venv/bin/python'} {remedy}"
    answer["notes"].append(note)
    return None


def segment_of(segment: dict) -> dict:
    """A segment as whisperx aligned it. Words that it could not place are kept, without times."""
    return {
        "start": round(segment["start"], 3),
        "end": round(segment["end"], 3),
        "text": segment["text"].strip(),
        "avg_logprob": _number(segment.get("avg_logprob")),
        "no_speech_prob": _number(segment.get("no_speech_prob")),
        "words": [word_of(word) for word in segment.get("words", []) if word["word"].strip()],
    }


def word_of(word: dict) -> dict:
    """A word as whisperx aligned it: a time or a score that it could not find is null."""
    start, end = _number(word.get("start")), _number(word.get("end"))
    return {"word": word["word"].strip(), "start": start, "end": end, "probability": _number(word.get("score"))}


def _number(value: float | None) -> float | None:
    """A number as JSON can hold it; null for none, and for what pandas calls none."""
    return round(float(value), 3) if value is not None and math.isfinite(value) else None


def _missing() -> str | None:
    if not (api.has_module("whisperx") and api.has_module("torch")):
        return "the Python package whisperx (with torch)"
    if not whisper_models.present():
        return f"a whisper model in CTranslate2's format, for example in {api.weights('whisper', 'large-v3')}"
    return None


if __name__ == "__main__":
    api.main(describe, run)
