"""The engines of whisperx and pyannote.audio: what is ours of them everywhere, and they themselves where they are installed.

Installed are they in an engines' folder of their own; the README's Speech engines says how to run these tests there.
"""

from __future__ import annotations

import json
import math
import os
import unittest
from pathlib import Path
from unittest.mock import patch

from engine_case import FILM, EngineCase, call, write_wav
from measures import activity_error, read_rttm, word_error_rate

import asr_whisperx
import torch_audio
from engine_api import has_module

SEGMENTATION = ("pytorch_model.bin",)
INSTALLED = has_module("whisperx") and has_module("torch")
ABSENT = "whisperx and pyannote.audio are NOT installed here: their engines were not run (see the README, Speech engines)"


class Aligned(unittest.TestCase):
    def test_words_that_could_not_be_placed_are_kept_without_times(self) -> None:
        words = [{"word": "In", "start": 1.0, "end": 1.2, "score": 0.91234}, {"word": "1811"}, {"word": " "},
                 {"word": "rain", "start": math.nan, "end": 2.0, "score": math.nan}]  # fmt: skip
        found = asr_whisperx.segment_of({"start": 1.0, "end": 2.0, "text": " In 1811 rain", "avg_logprob": math.nan, "words": words})
        self.assertEqual([word["word"] for word in found["words"]], ["In", "1811", "rain"])
        self.assertEqual(found["words"][0], {"word": "In", "start": 1.0, "end": 1.2, "probability": 0.912})
        self.assertEqual(found["words"][1], {"word": "1811", "start": None, "end": None, "probability": None})
        self.assertEqual((found["text"], found["avg_logprob"], found["words"][2]["start"]), ("In 1811 rain", None, None))
        json.dumps(found, allow_nan=False)


class Places(EngineCase):
    def setUp(self) -> None:
        super().setUp()
        settings = {"CPWX_ENGINES": str(self.folder / "engines"), "HF_HUB_CACHE": str(self.folder / "hub"), "PYANNOTE_CACHE": "/nowhere"}
        changed = patch.dict(os.environ, settings)
        changed.start()
        self.addCleanup(changed.stop)

    def lay(self, path: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True)
        file.write_bytes(b"weights")
        return file.parent

    def test_a_model_is_found_by_the_files_that_it_needs(self) -> None:
        model = "pyannote/segmentation-3.0"
        self.assertIsNone(torch_audio.found(model, SEGMENTATION))
        self.lay("hub/models--pyannote--segmentation-3.0/snapshots/a/config.yaml")
        self.assertIsNone(torch_audio.found(model, SEGMENTATION))
        whole = self.lay("hub/models--pyannote--segmentation-3.0/snapshots/b/pytorch_model.bin")
        self.assertEqual(torch_audio.found(model, SEGMENTATION), (whole, self.folder / "hub"))
        engines = self.lay("engines/weights/hub/models--pyannote--segmentation-3.0/snapshots/c/pytorch_model.bin")
        self.assertEqual(torch_audio.found(model, SEGMENTATION), (engines, self.folder / "engines/weights/hub"))
        own = self.lay("engines/weights/pyannote/segmentation-3.0/pytorch_model.bin")
        self.assertEqual(torch_audio.found(model, SEGMENTATION), (own, None))

    def test_what_is_missing_says_where_to_put_it(self) -> None:
        audio = write_wav(self.folder / "a.wav", [0.0] * 16_000)
        for engine, model in (("vad_pyannote", "segmentation-3.0"), ("diarization_pyannote", "speaker-diarization-community-1")):
            with self.subTest(engine):
                refused = self.refuse(69, engine, {"audio": audio})
                if INSTALLED:
                    self.assertIn(str(self.folder / "engines/weights/pyannote" / model), refused)
                    self.assertIn(f"hf download pyannote/{model}", refused)
                else:
                    self.assertIn("pyannote.audio (with torch)", refused)


@unittest.skipUnless(INSTALLED, ABSENT)
class Installed(EngineCase):
    def test_whisperx_gives_every_word_and_its_time(self) -> None:
        for language in ("en", None):
            with self.subTest(language):
                result = self.succeed("asr_whisperx", {"audio": self.film(), "language": language, "model": "base"})
                self.assertEqual((result["engine"], result["language"], result["model"]), ("whisperx", "en", "base"))
                text = " ".join(segment["text"] for segment in result["segments"])
                self.assertLess(word_error_rate(FILM.with_suffix(".txt").read_text(encoding="utf-8"), text), 0.12)
                words = [word for segment in result["segments"] for word in segment["words"]]
                self.assertEqual(" ".join(word["word"] for word in words), text)
                asterisk = next(word for word in words if word["word"].startswith("Asterisk"))
                self.assertAlmostEqual(asterisk["start"], 27.3, delta=0.4)

    def test_without_models_that_align_whisper_places_the_words_and_it_is_said(self) -> None:
        nothing = {"TORCH_HOME": str(self.folder), "HF_HUB_CACHE": str(self.folder), "NLTK_DATA": str(self.folder)}
        result = self.succeed("asr_whisperx", {"audio": self.film(), "language": "en", "model": "base"}, **nothing)
        self.assertTrue(any(note.startswith("whisper placed the words itself, since ") for note in result["notes"]))
        self.assertTrue(all(word["start"] is not None for segment in result["segments"] for word in segment["words"]))
        self.assertGreater(len(result["segments"]), 4)

    def test_silence_has_no_words(self) -> None:
        audio = write_wav(self.folder / "silent.wav", [0.0] * 48_000)
        self.assertEqual(self.succeed("asr_whisperx", {"audio": audio, "language": "en"})["segments"], [])

    def test_pyannote_finds_the_speech(self) -> None:
        if missing := call("vad_pyannote", "describe").json["missing"]:
            self.skipTest(f"pyannote.audio was NOT run; it needs {missing}")
        result = self.succeed("vad_pyannote", {"audio": self.film()})
        spans = [(segment["start"], segment["end"]) for segment in result["segments"]]
        missed, invented = activity_error(read_rttm(FILM.with_suffix(".rttm")), spans, result["duration"])
        self.assertLess(missed, 0.06)
        self.assertLess(invented, 0.02)


if __name__ == "__main__":
    unittest.main()
