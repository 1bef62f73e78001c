"""Tells text that whisper heard from text that it made up over music, noise and silence.

The thresholds of a compression ratio of 2.4, a probability of 0.6 for "no speech" and -1.0 for the mean log-probability
beside it are those of OpenAI's own decoder;
the phrases are what subtitle collections, from which whisper learned, put where nobody speaks.
"""

from __future__ import annotations

import re

REPETITIVE = 2.4
"""Above this gzip ratio a text repeats itself."""
NO_SPEECH = 0.6
DOUBTFUL_LOGPROB = -0.8
UNLIKELY_LOGPROB = -1.0
FEW_WORDS = 2
HARDLY_ANY_SPEECH = 0.25
"""Part of a text's time in which the voice activity found speech."""
MOSTLY_SPEECH = 0.7
"""Where the voice activity is this sure, whisper's own doubt counts less."""

_PHRASES = re.compile(
    r"thanks? (you )?(so much )?for watching|(please )?(like and )?subscribe( to (my|our|the) channel)?|subtitles? by|"
    r"transcri(bed|ption) by|amara\.org|sous-titr|sottotitoli|subt[ií]tulos|untertitel|untertitelung|субтитры|"
    r"продолжение следует|字幕|ご視聴ありがとうございました|謝謝觀看",
    re.IGNORECASE,
)


def is_invented(text: str, avg_logprob: float, no_speech_prob: float, compression_ratio: float, speech_share: float) -> bool:
    """Whether a segment should not be believed.

    `speech_share` is the part of its time (0...1) in which there is speech.
    """
    words = re.sub(r"[\W_]+", "", text)
    if not words:
        return True
    if compression_ratio > REPETITIVE and avg_logprob < DOUBTFUL_LOGPROB:
        return True
    # Where the voice activity is sure, a whole sentence is believed; a word or two may still be nothing ("You").
    is_sure = speech_share >= MOSTLY_SPEECH and len(text.split()) > FEW_WORDS
    if no_speech_prob > NO_SPEECH and avg_logprob < (UNLIKELY_LOGPROB if is_sure else DOUBTFUL_LOGPROB):
        return True
    if speech_share < HARDLY_ANY_SPEECH and avg_logprob < DOUBTFUL_LOGPROB / 2:
        return True
    return bool(_PHRASES.search(text)) and (no_speech_prob > NO_SPEECH / 2 or avg_logprob < DOUBTFUL_LOGPROB / 2)
