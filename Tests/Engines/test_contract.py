"""Every engine keeps the contract: descriptions, requests, audio, streams."""

from __future__ import annotations


import numpy as np
from engine_case import ENGINES, EngineCase, call, write_wav

STAGES = {"vad_silero": "silero_vad", "vad_webrtc": "pyannote_vad", "vad_pyannote_numpy": "pyannote_vad", "vad_pyannote": "pyannote_vad",
          "diarization_campplus": "diarization", "diarization_ge2e": "diarization", "diarization_pyannote": "diarization",
          "asr_faster_whisper": "asr", "asr_whisperx": "asr", "ner_spacy": "pre_ner"}  # fmt: skip
ON_AUDIO = ["vad_silero", "vad_webrtc", "vad_pyannote_numpy", "diarization_campplus", "diarization_ge2e", "asr_faster_whisper"]


class Descriptions(EngineCase):
    def test_every_engine_file_is_known_here(self) -> None:
        files = {file.stem for prefix in ("vad", "diarization", "asr", "ner") for file in ENGINES.glob(f"{prefix}_*.py")}
        self.assertEqual(files, set(STAGES))

    def test_a_description_is_complete(self) -> None:
        for engine, stage in STAGES.items():
            with self.subTest(engine):
                outcome = call(engine, "describe")
                self.assertEqual((outcome.code, outcome.stderr), (0, ""))
                told = outcome.json
                self.assertEqual((told["stage"], told["stages"][0]), (stage, stage))
                self.assertEqual(told["available"], told["missing"] is None)
                for key in ("engine", "rank", "version", "models", "languages", "tasks", "limits"):
                    self.assertIn(key, told)

    def test_a_description_loads_nothing_that_takes_long(self) -> None:
        for engine in STAGES:
            with self.subTest(engine):
                told = call(engine, "describe", PYTHONPROFILEIMPORTTIME="1").stderr
                loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.splitlines()}
                self.assertIn("json", loaded)
                self.assertEqual(loaded & {"numpy", "onnxruntime", "ctranslate2", "torch", "spacy", "vosk"}, set())

    def test_engines_without_their_weights_say_what_is_missing(self) -> None:
        for engine in ("vad_pyannote_numpy", "diarization_campplus", "diarization_ge2e"):
            with self.subTest(engine):
                told = call(engine, "describe", CPWX_ENGINES=str(self.folder)).json
                self.assertFalse(told["available"])
                self.assertIn(str(self.folder), told["missing"])
                audio = write_wav(self.folder / "tone.wav", np.sin(np.arange(32_000) / 9) / 2)
                spoken = {"audio": audio, "segments": [{"start": 0, "end": 2}]}
                self.assertIn(str(self.folder), self.refuse(69, engine, spoken, CPWX_ENGINES=str(self.folder)))


class Requests(EngineCase):
    def test_bad_requests_are_refused(self) -> None:
        for request in ("", "{", "[1]", {}, {"audio": 3}):
            with self.subTest(request):
                self.refuse(64, "vad_silero", request)
        audio = write_wav(self.folder / "a.wav", np.zeros(16_000))
        self.refuse(64, "vad_silero", {"audio": audio, "threshold": "high"})
        self.refuse(64, "asr_faster_whisper", {"audio": audio, "task": "sing"})
        self.refuse(64, "asr_faster_whisper", {"audio": audio, "language": "klingon"})
        self.refuse(64, "diarization_campplus", {"audio": audio, "min_speakers": 3, "max_speakers": 2})
        self.refuse(64, "vad_webrtc", {"audio": audio, "segments": [{"begin": 1}]})
        self.refuse(64, "ner_spacy", {"texts": "one"})

    def test_unreadable_audio_is_named(self) -> None:
        missing = str(self.folder / "missing.wav")
        noise = self.folder / "noise.wav"
        noise.write_bytes(b"RIFFnoise")
        stereo = write_wav(self.folder / "stereo.wav", np.zeros(32_000), channels=2)
        slow = write_wav(self.folder / "slow.wav", np.zeros(8_000), rate=8_000)
        for path in (missing, str(noise), stereo, slow):
            for engine in ("vad_silero", "asr_faster_whisper", "diarization_campplus"):
                with self.subTest(engine=engine, path=path):
                    self.assertIn(path, self.refuse(65, engine, {"audio": path}))

    def test_silence_and_scraps_of_audio_give_empty_results(self) -> None:
        for name, samples in (("empty", 0), ("scrap", 700), ("silent", 48_000)):
            audio = write_wav(self.folder / f"{name}.wav", np.zeros(samples))
            for engine in ON_AUDIO:
                with self.subTest(engine=engine, audio=name):
                    self.assertEqual(self.succeed(engine, {"audio": audio})["segments"], [])

    def test_speech_spans_over_silence_and_scraps_break_nothing(self) -> None:
        for name, samples in (("empty", 0), ("scrap", 700), ("silent", 48_000)):
            audio = write_wav(self.folder / f"{name}.wav", np.zeros(samples))
            for engine in ("asr_faster_whisper", "diarization_campplus", "diarization_ge2e", "vad_webrtc"):
                with self.subTest(engine=engine, audio=name):
                    request = {"audio": audio, "segments": [{"start": 0.0, "end": 3.0}], "language": "en"}
                    result = self.succeed(engine, request)
                    self.assertEqual([s.get("text") for s in result["segments"] if s.get("text")], [])

    def test_a_wav_cut_short_counts_as_long_as_it_is(self) -> None:
        path = self.folder / "cut.wav"
        write_wav(path, np.zeros(64_000))
        with path.open("r+b") as file:
            file.truncate(44 + 2 * 24_000)
        self.assertEqual(self.succeed("vad_silero", {"audio": str(path)})["duration"], 1.5)

    def test_what_a_library_prints_stays_off_stdout(self) -> None:
        (self.folder / "webrtcvad.py").write_text(
            "import os\nprint('hello')\nos.system('echo shell')\n"
            "class Vad:\n    def __init__(self, mode): print('made')\n    def is_speech(self, frame, rate): return True\n"
        )
        audio = write_wav(self.folder / "a.wav", np.zeros(16_000))
        outcome = call("vad_webrtc", "run", {"audio": audio, "segments": [{"start": 0, "end": 1}]}, PYTHONPATH=str(self.folder))
        self.assertEqual(len(outcome.json["segments"]), 1)
        for word in ("hello", "shell", "made"):
            self.assertIn(word, outcome.stderr)

    def test_the_production_engines_refuse_to_run_without_their_libraries(self) -> None:
        audio = write_wav(self.folder / "a.wav", np.zeros(16_000))
        for engine in ("vad_pyannote", "diarization_pyannote", "asr_whisperx"):
            if not call(engine, "describe").json["available"]:
                with self.subTest(engine):
                    self.assertIn("install", self.refuse(69, engine, {"audio": audio}))
