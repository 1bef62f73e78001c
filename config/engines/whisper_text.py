"""Speech to text with one whisper model: which audio it hears, with which prompt, and which of its words are believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import engine_api as api
import languages
import numpy as np
from speech_spans import Span, bridged, overlap, padded
from whisper_doubt import is_invented

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment

WINDOW = 30.0
"""Seconds that whisper hears at once."""
GROUP_GAP = 2.0
"""Speech nearer than this (seconds) is heard together, so that sentences keep their context."""
PAD = 0.2
"""Seconds heard around the speech: without them first and last sounds get lost."""
BLOCK = 300.0
"""Seconds of audio in memory at once; the spectrogram of a film of hours would need gigabytes."""
PROMPT_TOKENS = 223
"""Half of the decoder's 448 tokens, less the marker before the prompt."""
DETECTION_WINDOWS = 6
GUESS = 0.5
"""Below this probability a language that was heard is a guess."""


def grouped(spans: list[Span], duration: float) -> list[Span]:
    """Speech joined into stretches that fit into one window where possible; none holds a silence of GROUP_GAP or more."""
    groups: list[Span] = []
    for start, end in padded(bridged(spans, PAD), PAD, duration):
        if groups and start - groups[-1][1] < GROUP_GAP and end - groups[-1][0] <= WINDOW:
            groups[-1] = (groups[-1][0], end)
        else:
            groups.append((start, end))
    return groups


def detect_language(model: WhisperModel, audio: api.Audio, spans: list[Span]) -> tuple[str, float]:
    """The language and its probability, from up to six windows spread over the speech, longest speech first in each part.

    A film may begin with a song or a foreign scene, so no single window decides: the windows' probabilities are
    averaged, weighted by the seconds of speech in each.
    """
    groups = grouped(spans, audio.duration)
    parts = np.array_split(np.arange(len(groups)), min(DETECTION_WINDOWS, len(groups)))
    totals: dict[str, float] = {}
    weight = 0.0
    for part in parts:
        start, end = max((groups[index] for index in part), key=lambda group: group[1] - group[0])
        heard = min(end - start, WINDOW)
        _, _, ranking = model.detect_language(audio.read(start, start + heard))
        weight += heard
        for code, probability in ranking:
            totals[code] = totals.get(code, 0.0) + probability * heard
    best = max(totals, key=totals.__getitem__)
    return best, round(totals[best] / weight, 4)


def is_guess(probability: float | None) -> bool:
    """Whether a language with this probability may be another one; None stands for one that somebody named."""
    return probability is not None and probability < GUESS


def heard_language(model: WhisperModel, audio: api.Audio, spans: list[Span], request: api.Request, answer: api.Result) -> str:
    """Hears the language and puts it into the answer, with a note where it is no more than a guess.

    Raises EngineError 69 when the text is wanted in a language that it would have to be translated into.
    """
    language, probability = detect_language(model, audio, spans)
    answer["language"], answer["language_probability"] = language, probability
    doubtful = is_guess(probability)
    api.log(f"language {language} ({probability:.2f}{', a guess' if doubtful else ''})")
    target = languages.code_of(request.get("target"))
    if target and target != language and answer["task"] == "transcribe":
        if doubtful:
            raise api.EngineError(
                api.UNAVAILABLE,
                f"the language is a guess, {language} ({probability:.0%}), and no installed engine translates that into {target};"
                f" set SRC_LANG to the language that is spoken, or, if it is that one, TGT_LANG=en or TGT_LANG={language}",
            )
        raise api.EngineError(
            api.UNAVAILABLE,
            f"the film speaks {language}, and no installed engine translates that into {target};"
            f" set TGT_LANG=en or TGT_LANG={language}",
        )
    if doubtful:
        answer["notes"].append(
            f"The language is a guess: {language} ({probability:.0%}). If another one is spoken, set SRC_LANG (or WHISPER_LANGUAGE)"
            " to it and run asr again."
        )
    return language


LONG_WORD = 0.6
"""Seconds; a longer word may hold a pause."""
NEAR = 0.3
"""Seconds that a word's edge may lie beyond the speech it belongs to."""
MARGIN = 0.1
"""Seconds that a word keeps around its speech."""


class Transcriber:
    """Runs a model over the speech of one film."""

    def __init__(self, model: WhisperModel, language: str, task: str, request: api.Request, notes: list[str]) -> None:
        temperatures = request.get("temperature")
        if temperatures is None:
            temperatures = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        self._model = model
        self._language = language
        self._notes = notes
        self._options: dict[str, Any] = {
            "language": language,
            "task": task,
            "beam_size": int(api.number_of(request, "beam_size", 5)),
            "temperature": temperatures,
            "word_timestamps": True,
            "condition_on_previous_text": False,
            "hotwords": self._prompt(request.get("prompt")),
        }
        self._wants_words = request.get("word_timestamps") is not False
        spaced = task == "translate" or language not in languages.UNSPACED
        self._joint = " " if spaced else ""

    def transcribe(self, audio: api.Audio, spans: list[Span]) -> list[dict[str, Any]]:
        """The segments of the film, sorted by time; each carries its words."""
        groups = grouped(spans, audio.duration)
        speech = sum(end - start for start, end in groups)
        segments: list[dict[str, Any]] = []
        dropped = 0
        done = 0.0
        for block in _blocks(groups):
            origin = block[0][0]
            clips = [edge - origin for group in block for edge in group]
            heard, _ = self._model.transcribe(audio.read(origin, block[-1][1]), clip_timestamps=clips, **self._options)
            for segment in heard:
                if self._is_believable(segment, origin, spans):
                    segments.append(self._segment(segment, origin, spans))
                else:
                    dropped += 1
                    api.log(f"dropped at {origin + segment.start:.2f}: {segment.text.strip()}")
                api.progress((done + overlap(origin, origin + segment.end, block)) / speech)
            done += sum(end - start for start, end in block)
            api.progress(done / speech)
        if dropped:
            self._notes.append(f"{dropped} stretches of text were dropped as doubtful, as over noise or music (see the log).")
        return segments

    def _prompt(self, text: Any) -> str | None:
        """The prompt cut to the tokens that whisper takes; its end is kept, since names are added there."""
        if not isinstance(text, str) or not text.strip():
            return None
        tokenizer = self._model.hf_tokenizer
        encoded = tokenizer.encode(" " + text.strip(), add_special_tokens=False)
        if len(encoded.ids) <= PROMPT_TOKENS:
            return text.strip()
        self._notes.append(f"The prompt has {len(encoded.ids)} tokens; whisper heard the last {PROMPT_TOKENS} of them.")
        cut = tokenizer.decode(encoded.ids[-PROMPT_TOKENS + 1 :]).strip()
        return cut

    def _is_believable(self, segment: Segment, origin: float, spans: list[Span]) -> bool:
        words = segment.words or []
        start, end = (words[0].start, words[-1].end) if words else (segment.start, segment.end)
        heard = overlap(origin + start, origin + end, spans) / max(end - start, 0.01)
        return not is_invented(
            segment.text, segment.avg_logprob, segment.no_speech_prob, segment.compression_ratio, heard
        )

    def _segment(self, segment: Segment, origin: float, spans: list[Span]) -> dict[str, Any]:
        words = [_within_speech(word, spans) for word in _words(segment, origin, bool(self._joint))]
        return {
            "start": words[0]["start"] if words else round(origin + segment.start, 3),
            "end": words[-1]["end"] if words else round(origin + segment.end, 3),
            "text": self._joint.join(word["word"] for word in words) or segment.text.strip(),
            "avg_logprob": round(segment.avg_logprob, 4),
            "no_speech_prob": round(segment.no_speech_prob, 4),
            "words": words if self._wants_words else [],
        }


def _blocks(groups: list[Span]) -> list[list[Span]]:
    """Groups in runs of at most BLOCK seconds from the first start to the last end."""
    blocks: list[list[Span]] = []
    for group in groups:
        if blocks and group[1] - blocks[-1][0][0] <= BLOCK:
            blocks[-1].append(group)
        else:
            blocks.append([group])
    return blocks


def _within_speech(word: dict[str, Any], spans: list[Span]) -> dict[str, Any]:
    """A word pulled out of the pause that whisper counts to the first word after it, or the last one before it."""
    start, end = word["start"], word["end"]
    if end - start <= LONG_WORD or overlap(start, end, spans) >= (end - start) / 2:
        return word
    for first, last in spans:
        if start < first <= end <= last + NEAR:
            return {**word, "start": round(max(start, first - MARGIN), 3)}
        if first - NEAR <= start < last < end:
            return {**word, "end": round(max(start + MARGIN, last + MARGIN), 3)}
    return word


def _words(segment: Segment, origin: float, spaced: bool) -> list[dict[str, Any]]:
    """A segment's words. In languages with blanks, pieces that do not begin with one belong to the word before (`l'` + `eau`)."""
    words: list[dict[str, Any]] = []
    for piece in segment.words or []:
        text = piece.word.strip()
        if not text:
            continue
        if spaced and words and not piece.word.startswith(" "):
            words[-1]["word"] += text
            words[-1]["end"] = round(origin + piece.end, 3)
            words[-1]["probability"] = round(min(words[-1]["probability"], piece.probability), 4)
        else:
            start, end = round(origin + piece.start, 3), round(origin + piece.end, 3)
            words.append({"word": text, "start": start, "end": end, "probability": round(piece.probability, 4)})
    return words
