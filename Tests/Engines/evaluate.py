"""Measures the engines on films whose words (FILM.txt) and speakers (FILM.rttm) are known, and prints a table.

    python evaluate.py [--language CODE] [--speakers] FILM...

Errors are in percent, speeds in seconds of work per second of film. A film without an .rttm has its words measured only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measures import activity_error, diarization_error, read_rttm, word_error_rate

ENGINES = Path(__file__).resolve().parent.parent.parent / "config" / "engines"
DETECTORS = ("vad_silero", "vad_pyannote_numpy", "vad_webrtc")
RECOGNISERS = ("diarization_campplus", "diarization_ge2e")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("films", nargs="+", type=Path, metavar="FILM")
    parser.add_argument("--language", help="the spoken language; detected when not given")
    parser.add_argument("--speakers", action="store_true", help="tell the diarization how many speakers there are")
    options = parser.parse_args()
    print(f"{'film':34} {'engine':22} {'measure':26} {'value':>14} {'x real time':>12}")
    for film in options.films:
        with tempfile.TemporaryDirectory() as folder:
            evaluate(film, str(Path(folder, "audio.wav")), options.language, options.speakers)


def evaluate(film: Path, audio: str, language: str | None, tell_speakers: bool) -> None:
    """Prints one film's lines."""
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", f"file:{film}", "-map", "0:a:0", "-vn", "-ac", "1",
         "-ar", "16000", "-c:a", "pcm_s16le", "-f", "wav", audio], check=True,
    )  # fmt: skip
    truth = read_rttm(film.with_suffix(".rttm")) if film.with_suffix(".rttm").exists() else []
    speech = None
    for engine in DETECTORS:
        result, speed = run(engine, {"audio": audio, "segments": speech})
        speech = speech or result["segments"]
        if truth:
            spans = [(segment["start"], segment["end"]) for segment in result["segments"]]
            missed, invented = activity_error(truth, spans, result["duration"])
            show(film, engine, "missed / false speech", f"{100 * missed:.1f} / {100 * invented:.1f}", speed)
    speakers = len({speaker for _, _, speaker in truth})
    for engine in RECOGNISERS if truth else ():
        request = {"audio": audio, "segments": speech, "num_speakers": speakers if tell_speakers else None}
        result, speed = run(engine, request)
        turns = [(segment["start"], segment["end"], segment["speaker"]) for segment in result["segments"]]
        error = 100 * diarization_error(truth, turns)
        show(film, engine, f"DER ({result['speakers']} of {speakers} speakers)", f"{error:.1f}", speed)
    words = film.with_suffix(".txt").read_text(encoding="utf-8")
    result, speed = run("asr_faster_whisper", {"audio": audio, "segments": speech, "language": language})
    error = 100 * word_error_rate(words, " ".join(segment["text"] for segment in result["segments"]))
    show(film, f"asr {result['model']}", f"WER ({result['language']})", f"{error:.1f}", speed)


def run(engine: str, request: dict) -> tuple[dict, float]:
    """An engine's result, and its seconds per second of audio (start-up included)."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(ENGINES / f"{engine}.py"), "run"],
        input=json.dumps(request), capture_output=True, text=True, env=os.environ, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{engine}: {done.stderr.strip().splitlines()[-1]}")
    result = json.loads(done.stdout)
    return result, (time.monotonic() - started) / max(result["duration"], 0.1)


def show(film: Path, engine: str, measure: str, value: str, speed: float) -> None:
    print(f"{film.stem[:34]:34} {engine:22} {measure:26} {value:>14} {speed:12.3f}", flush=True)


if __name__ == "__main__":
    main()
