"""Errors of stages and engines, provoked: by films that are none, settings that cannot be, engines that fail.

CPWX names the program, by default .build/debug/cpwx; cpwx-stage lies beside it.
"""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

from provoking import SILENCE, ErrorCase


class Films(ErrorCase):
    def film_of(self, name, *arguments):
        film = self.place.root / "in" / name
        subprocess.run(["ffmpeg", "-v", "error", *arguments, film], check=True)
        return film

    def demux(self, film, settings=""):
        job = self.place.job()
        file = Path(self.folder, "stage.env")
        file.write_text(settings)
        return self.place.stage("demux", film, job, environment={"CONFIG_PATH": str(file)})

    def test_without_what_is_needed(self):
        picture = ["-f", "lavfi", "-i", "testsrc=r=5", "-t", "3"]
        silent = self.film_of("Silent.mkv", *picture)
        self.expect("has no sound track", 65, self.demux(silent))
        whole = self.film_of("Whole.mkv", *picture, *SILENCE[3:])
        self.expect("but ... has N sound tracks", 78, self.demux(whole, "AUDIO_TRACK=7\n"))
        strange = self.film_of("Strange.mkv", *picture, *SILENCE[3:], "-c:a", "flac")
        strange.write_bytes(strange.read_bytes().replace(b"A_FLAC", b"A_XLAC"))
        self.expect("ffmpeg cannot work with it: ...", 65, self.demux(strange))
        empty = self.film_of("Empty.wav", *SILENCE[3:-1], "0")
        self.expect("holds no sound that can be decoded", 65, self.demux(empty))
        text = self.place.root / "in/text.srt"
        text.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
        words = self.film_of("Words.mkv", "-i", text)
        job = Path(self.place.job())
        self.expect("holds neither picture nor sound", 65, self.place.stage(
            "mux", words, text, job / "final_output.mp4", environment={"CONFIG_PATH": f"{job}/job.env"}))

    def test_cut_short(self):
        whole = self.film_of("Whole.mkv", "-f", "lavfi", "-i", "testsrc=r=5", *SILENCE[3:-2], "-t", "60")
        half = self.place.root / "in/Half.mkv"
        half.write_bytes(whole.read_bytes()[:whole.stat().st_size // 2])
        self.expect("ends after N s of N s: the copy is not complete", 65, self.demux(half))
        clip = self.film_of("Clip.avi", "-f", "lavfi", "-i", "testsrc=r=5", *SILENCE[3:-2], "-t", "60")
        os.truncate(clip, clip.stat().st_size // 2)
        self.expect("ends after N s of N s: the copy is not complete", 65, self.demux(clip))
        broken = Path(self.folder, "bin/ffmpeg")
        broken.parent.mkdir()
        broken.write_bytes(b"\x7fELF of nothing")
        broken.chmod(0o755)
        self.expect("cannot be run", 74, self.place.stage("demux", whole, self.place.job(), environment={
            "PATH": f"{broken.parent}:{os.environ['PATH']}"}))
        self.expect("is not there", 74, self.place.stage("asr", self.place.job()))


class Transcripts(ErrorCase):
    def test_that_are_none(self):
        job = Path(self.place.job())
        transcript = job / "transcription/transcript.json"
        transcript.parent.mkdir()
        for message, text in (
                ("$.segments is no list", "{}"),
                ("$.segments[0] has no text with a start and an end in seconds", '{"segments": [{"text": "Hello"}]}')):
            with self.subTest(message):
                transcript.write_text(text)
                self.expect(message, 65, self.place.stage(
                    "subtitle_gen", job, environment={"CONFIG_PATH": f"{job}/job.env"}))


class Settings(ErrorCase):
    def test_that_no_stage_can_use(self):
        job = Path(self.place.job())
        (job / "audio").mkdir()
        subprocess.run([*SILENCE, job / "audio/audio.wav"], check=True)
        settings = Path(self.folder, "stage.env")
        for message, stage, text in (
                ("is no number from ... to ...", "silero_vad", "VAD_THRESHOLD=often"),
                ("is less than DIARIZATION_MIN_SPEAKERS=...", "diarization",
                 "DIARIZATION_MIN_SPEAKERS=5\nDIARIZATION_MAX_SPEAKERS=2"),
                ("translates into English only, but TGT_LANG is ...", "asr", "WHISPER_TASK=translate\nTGT_LANG=hi"),
                ("is neither true nor false", "subtitle_gen", "SUBTITLE_SPEAKER_LABELS=perhaps"),
                ("is none of: ...", "asr", "WHISPER_TASK=sing")):
            with self.subTest(message):
                settings.write_text(text + "\n")
                self.expect(message, 78, self.place.stage(stage, job, environment={"CONFIG_PATH": str(settings)}))


class Engines(ErrorCase):
    """Engines of a few lines each, which do what no engine should."""

    def setUp(self):
        super().setUp()
        self.job = Path(self.place.job())
        (self.job / "audio").mkdir()
        subprocess.run([*SILENCE, self.job / "audio/audio.wav"], check=True)
        self.engines = Path(self.folder, "engines")
        (self.engines / "adapters").mkdir(parents=True)
        self.python().symlink_to(sys.executable)

    def python(self):
        python = self.engines / "venv/bin/python"
        python.parent.mkdir(parents=True, exist_ok=True)
        return python

    def asked(self, stage, script, described):
        adapter = self.engines / f"adapters/{'vad' if 'vad' in stage else stage}_odd.py"
        adapter.write_text(
            f"import os, sys\nif sys.argv[1] == 'describe': print({json.dumps(described)!r})\nelse: {script}\n")
        return self.place.stage(stage, self.job, environment={
            "CONFIG_PATH": f"{self.job}/job.env", "CPWX_ENGINES": str(self.engines)})

    def test_that_answer_oddly(self):
        odd = {"engine": "odd", "stage": "silero_vad", "available": True}
        self.expect("does not describe an engine and its stages", 69, self.asked("silero_vad", "pass", {"odd": 1}))
        self.expect("its answer is no JSON", 74, self.asked("silero_vad", "print('hello')", odd))
        self.expect("was ended by signal N", 74, self.asked("silero_vad", "os.kill(os.getpid(), 9)", odd))
        (self.engines / "adapters/vad_odd.py").write_text("exit(3)")
        self.expect("cannot be described: ...", 69, self.place.stage("silero_vad", self.job, environment={
            "CONFIG_PATH": f"{self.job}/job.env", "CPWX_ENGINES": str(self.engines)}))

    def test_that_lack_a_language(self):
        odd = {"engine": "odd", "stage": "asr", "available": True, "languages": ["en"], "tasks": ["transcribe"]}
        with open(self.job / "job.env", "a") as file:
            file.write("SRC_LANG=hi\nENGINE_ASR=auto\nTGT_LANG=hi\n")
        self.expect("no installed engine can ...", 69, self.asked("asr", "pass", odd))
        with open(self.job / "job.env", "a") as file:
            file.write("SRC_LANG=qq\nTGT_LANG=qq\n")
        self.expect("no installed engine knows the language ...", 69, self.asked("asr", "pass", odd))
        with open(self.job / "job.env", "a") as file:
            file.write("SRC_LANG=auto\nTGT_LANG=hi\n")
        answer = '{"language": "la", "language_probability": 0.29, "segments": []}'
        self.expect(
            "the language is a guess, ... (...), and no installed engine translates that into ...", 69,
            self.asked("asr", f"print({answer!r})", odd | {"languages": None}))

    def test_that_cannot_be_installed(self):
        self.python().unlink()
        for message, condition in (("pip could not install ...", '"$2" = pip'), ("ended with exit status N", '"${1%prepare.py}" != "$1"')):
            with self.subTest(message):
                self.python().write_text(f"#!/bin/sh\nif [ {condition} ]; then exit 3; fi\n")
                self.python().chmod(0o755)
                self.expect(message, 69, self.place.cpwx(
                    "doctor", "--fix", environment={"CPWX_ENGINES": str(self.engines)}))


if __name__ == "__main__":
    unittest.main()
