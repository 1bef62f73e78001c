"""What the diarization engines without torch share: a request for speakers, answered with a network and an embedding."""

from __future__ import annotations

import engine_api as api
import silero
import speakers
from clusters import Bounds
from pyannet import PyanNet


def answer(request: api.Request, bounds: Bounds, network: PyanNet, embed: speakers.Embed, threshold: float) -> api.Result:
    """The result's segments, number of speakers, duration and notes."""
    audio = api.audio_of(request)
    spans = api.spans_of(request, audio.duration)
    if spans is None:
        spans = silero.speech(silero.probabilities(audio), audio.duration, 0.5, 0.25, 0.3, 0.1)
    turns = speakers.diarize(audio, spans, network, embed, threshold, bounds) if spans else []
    found = len({turn.speaker for turn in turns})
    notes = [] if turns else ["No speech was found, so there are no speakers."]
    if turns and found < bounds.least:
        notes.append(f"Only {found} speakers could be told apart, though at least {bounds.least} were asked for.")
    return {
        "segments": [
            {"start": round(turn.start, 3), "end": round(turn.end, 3), "speaker": f"SPEAKER_{turn.speaker:02d}"}
            for turn in turns
        ],
        "speakers": found,
        "duration": round(audio.duration, 3),
        "notes": notes,
    }
