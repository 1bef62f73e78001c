"""What the diarization engines without torch share: a request for speakers, answered with one kind of embedding."""

from __future__ import annotations

from collections.abc import Callable

import engine_api as api
import silero
import speakers
from clusters import bounds_of


def answer(request: api.Request, load: Callable[[], speakers.Embed], threshold: float) -> api.Result:
    """The result's segments, number of speakers, duration and notes. The weights are loaded when there is speech."""
    bounds = bounds_of(request)
    audio = api.audio_of(request)
    spans = api.spans_of(request, audio.duration)
    if spans is None:
        spans = silero.speech(silero.probabilities(audio), audio.duration, 0.5, 0.25, 0.3, 0.1)
    turns = speakers.diarize(audio, spans, load(), threshold, bounds) if spans else []
    found = len({speaker for _, _, speaker in turns})
    notes = [] if turns else ["No speech was found, so there are no speakers."]
    if turns and found < bounds.least:
        notes.append(f"Only {found} speakers could be told apart, though at least {bounds.least} were asked for.")
    segments = [
        {"start": round(start, 3), "end": round(end, 3), "speaker": f"SPEAKER_{speaker:02d}"} for start, end, speaker in turns
    ]
    return {"segments": segments, "speakers": found, "duration": round(audio.duration, 3), "notes": notes}
