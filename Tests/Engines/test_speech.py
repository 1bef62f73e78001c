"""Real engines on the sample film: words, voices, activity, names."""

from __future__ import annotations

import numpy as np
from engine_case import FILM, EngineCase, write_wav
from measures import activity_error, diarization_error, read_rttm, word_error_rate

from engine_api import Audio

WORDS = FILM.with_suffix(".txt")
TURNS = FILM.with_suffix(".rttm")


class Activity(EngineCase):
    def test_each_detector_finds_the_speech(self) -> None:
        audio = self.film()
        silero = self.succeed("vad_silero", {"audio": audio})["segments"]
        for engine in ("vad_silero", "vad_pyannote_numpy", "vad_webrtc"):
            with self.subTest(engine):
                result = self.succeed(engine, {"audio": audio, "segments": silero})
                spans = [(segment["start"], segment["end"]) for segment in result["segments"]]
                missed, invented = activity_error(read_rttm(TURNS), spans, result["duration"])
                self.assertLess(missed, 0.06)
                self.assertLess(invented, 0.02)
                self.assertAlmostEqual(spans[0][0], 1.5, delta=0.2)
                self.assertTrue(all(a[1] <= b[0] + 0.001 for a, b in zip(spans, spans[1:], strict=False)))


class Speakers(EngineCase):
    def test_one_person_is_one_speaker_and_a_voice_an_octave_lower_another(self) -> None:
        film = Audio(self.film())
        one, other = film.read(1.5, 13.0), film.read(27.3, 40.5)
        slowed = np.interp(np.arange(0, len(other), 0.75), np.arange(len(other)), other)
        pause = np.zeros(8_000)
        audio = write_wav(self.folder / "two.wav", np.concatenate([pause, one, pause, slowed, pause, one]))
        ends = np.cumsum([0.5, len(one) / 16e3, 0.5, len(slowed) / 16e3, 0.5, len(one) / 16e3])
        truth = [(ends[0], ends[1], "a"), (ends[2], ends[3], "b"), (ends[4], ends[5], "a")]
        result = self.succeed("diarization_campplus", {"audio": audio})
        turns = [(segment["start"], segment["end"], segment["speaker"]) for segment in result["segments"]]
        self.assertEqual(result["speakers"], 2)
        self.assertEqual(turns[0][2], "SPEAKER_00")
        self.assertLess(diarization_error(truth, turns), 0.08)

    def test_the_film_has_one_speaker(self) -> None:
        audio = self.film()
        for engine in ("diarization_campplus", "diarization_ge2e"):
            with self.subTest(engine):
                result = self.succeed(engine, {"audio": audio, "max_speakers": 1 if engine.endswith("ge2e") else None})
                turns = [(segment["start"], segment["end"], segment["speaker"]) for segment in result["segments"]]
                self.assertEqual(result["speakers"], 1)
                self.assertLess(diarization_error(read_rttm(TURNS), turns), 0.06)

    def test_the_bounds_win(self) -> None:
        audio = self.film()
        self.assertEqual(self.succeed("diarization_campplus", {"audio": audio, "num_speakers": 2})["speakers"], 2)
        self.assertGreaterEqual(self.succeed("diarization_ge2e", {"audio": audio, "min_speakers": 2})["speakers"], 2)


class Transcription(EngineCase):
    def test_the_words_are_found_at_their_times(self) -> None:
        result = self.succeed("asr_faster_whisper", {"audio": self.film(), "language": "eng", "model": "base"})
        text = " ".join(segment["text"] for segment in result["segments"])
        self.assertLess(word_error_rate(WORDS.read_text(encoding="utf-8"), text), 0.12)
        self.assertEqual((result["language"], result["model"], result["task"]), ("en", "base", "transcribe"))
        words = [word for segment in result["segments"] for word in segment["words"]]
        self.assertAlmostEqual(words[0]["start"], 1.5, delta=0.3)
        asterisk = next(word for word in words if word["word"].startswith("Asterisk"))
        self.assertAlmostEqual(asterisk["start"], 27.3, delta=0.4)
        self.assertEqual(sorted(words, key=lambda word: word["start"]), words)
        for segment in result["segments"]:
            self.assertEqual(segment["text"], " ".join(word["word"] for word in segment["words"]))

    def test_the_language_is_detected_and_a_missing_model_is_said(self) -> None:
        result = self.succeed("asr_faster_whisper", {"audio": self.film(), "model": "large-v3", "word_timestamps": False})
        self.assertEqual(result["language"], "en")
        self.assertGreater(result["language_probability"], 0.8)
        if result["model"] != "large-v3":
            self.assertTrue(any("large-v3" in note for note in result["notes"]))
        self.assertTrue(all(segment["words"] == [] for segment in result["segments"]))

    def test_a_prompt_decides_how_names_are_spelled(self) -> None:
        audio = self.film()
        request = {"audio": audio, "language": "en", "segments": [{"start": 1.4, "end": 8.0}], "model": "base"}
        plain = self.succeed("asr_faster_whisper", request)["segments"][0]["text"]
        named = self.succeed("asr_faster_whisper", request | {"prompt": "Super Awesome Company, Walldough's premier."})
        self.assertNotIn("Walldough", plain)
        self.assertIn("Walldough", named["segments"][0]["text"])

    def test_an_empty_prompt_changes_nothing_and_a_long_one_is_cut_from_the_front(self) -> None:
        request = {"audio": self.film(), "language": "en", "segments": [{"start": 1.4, "end": 8.0}], "model": "base"}
        plain = self.succeed("asr_faster_whisper", request)
        self.assertEqual(self.succeed("asr_faster_whisper", request | {"prompt": "  "}), plain)
        long = "Elinor and Marianne walked to Barton. " * 60 + "Super Awesome Company, Walldough's premier."
        cut = self.succeed("asr_faster_whisper", request | {"prompt": long})
        self.assertIn("Walldough", cut["segments"][0]["text"])
        self.assertTrue(any("223" in note for note in cut["notes"]))

    def test_no_words_come_of_music_and_noise(self) -> None:
        time = np.arange(16_000 * 12) / 16_000
        melody = sum(np.sin(2 * np.pi * 220 * 2 ** (np.floor(time * 2) % 8 / 12) * overtone * time) / overtone for overtone in (1, 2, 3))
        noise = np.random.default_rng(1).normal(0, 0.05, len(time))
        audio = write_wav(self.folder / "music.wav", np.concatenate([melody * 0.2, noise]))
        self.assertEqual(self.succeed("asr_faster_whisper", {"audio": audio, "language": "en"})["segments"], [])

    def test_a_language_without_a_model_is_refused_before_anything_is_loaded(self) -> None:
        request = {"audio": self.film(), "language": "fr"}
        empty = {"CPWX_ENGINES": str(self.folder), "HF_HUB_CACHE": str(self.folder)}
        self.assertIn("English only", self.refuse(69, "asr_faster_whisper", request, **empty))
        self.assertIn("translate", self.refuse(69, "asr_faster_whisper", request | {"language": "en", "task": "translate"}, **empty))


class Names(EngineCase):
    def test_people_and_places_are_found_at_their_offsets(self) -> None:
        text = "Later that day, Marianne Dashwood travelled from London to meet John Willoughby."
        (found,) = self.succeed("ner_spacy", {"texts": [text], "language": "en"})["entities"]
        labels = {entity["text"]: entity["label"] for entity in found}
        self.assertEqual(labels.get("London"), "GPE")
        self.assertEqual(labels.get("John Willoughby"), "PERSON")
        for entity in found:
            self.assertEqual(text[entity["start"] : entity["end"]], entity["text"])

    def test_other_languages_give_a_note(self) -> None:
        result = self.succeed("ner_spacy", {"texts": ["Marie habite à Paris.", ""], "language": "fra"})
        self.assertEqual(result["entities"], [[], []])
        self.assertEqual(len(result["notes"]), 1)
