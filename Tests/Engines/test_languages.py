"""What is said of models that are not here, and of languages that may have been misheard."""

from __future__ import annotations

import os
from unittest import mock

from engine_case import EngineCase

import whisper_models
import whisper_text
from engine_api import EngineError


class Models(EngineCase):
    """One whisper model is installed, and another one asked for."""

    def note(self, installed: str, requested: str, language: str = "en") -> str:
        model = self.folder / "weights" / "whisper" / installed / "model.bin"
        model.parent.mkdir(parents=True, exist_ok=True)
        model.touch()
        with mock.patch.dict(os.environ, CPWX_ENGINES=str(self.folder), HF_HUB_CACHE=str(self.folder)):
            with mock.patch.object(whisper_models, "_packaged", return_value=[]):
                name, _, notes = whisper_models.choose(requested, language, "transcribe")
        self.assertEqual(name, installed)
        (note,) = notes
        return note

    def test_a_smaller_one_makes_more_errors(self) -> None:
        self.assertEqual(
            self.note("base", "large-v3"), "The whisper model large-v3 is not installed; base was used, and makes more errors."
        )

    def test_a_larger_one_makes_fewer(self) -> None:
        self.assertEqual(
            self.note("base", "Systran/faster-whisper-tiny"),
            "The whisper model Systran/faster-whisper-tiny is not installed; base was used, and makes fewer errors.",
        )

    def test_of_one_that_nobody_knows_nothing_is_said(self) -> None:
        self.assertEqual(self.note("base", "mine"), "The whisper model mine is not installed; base was used.")

    def test_one_that_does_not_know_the_language_is_not_compared(self) -> None:
        self.note("tiny.en", "base")
        self.assertEqual(self.note("base", "tiny.en", "fr"), "The whisper model tiny.en cannot do that; base was used.")


class Guesses(EngineCase):
    def heard(self, probability: float, **request: str) -> dict:
        answer = {"task": request.get("task", "transcribe"), "notes": []}
        # No sound makes a model doubt by a given amount.
        with mock.patch.object(whisper_text, "detect_language", return_value=("la", probability)):
            self.assertEqual(whisper_text.heard_language(None, None, [], request, answer), "la")
        self.assertEqual((answer["language"], answer["language_probability"]), ("la", probability))
        return answer

    def test_a_sure_one_needs_no_word(self) -> None:
        self.assertEqual(self.heard(0.5)["notes"], [])

    def test_a_guess_is_told_with_its_probability_and_what_to_set(self) -> None:
        for request in ({}, {"target": "la"}, {"target": "hi", "task": "translate"}):
            (note,) = self.heard(0.29, **request)["notes"]
            for part in ("guess", "la (29%)", "SRC_LANG"):
                self.assertIn(part, note)

    def test_a_guess_that_nobody_can_translate_names_both_ways(self) -> None:
        with self.assertRaises(EngineError) as told:
            self.heard(0.29, target="hi")
        for part in ("guess", "la (29%)", "set SRC_LANG to the language that is spoken", "TGT_LANG=la"):
            self.assertIn(part, str(told.exception))

    def test_what_was_surely_heard_is_told_as_such(self) -> None:
        with self.assertRaises(EngineError) as told:
            self.heard(0.97, target="hi")
        self.assertIn("the film speaks la", str(told.exception))
        self.assertNotIn("SRC_LANG", str(told.exception))
