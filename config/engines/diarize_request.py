"""What the diarization engines without torch share: all but the network that gives a voice its embedding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import engine_api as api

if TYPE_CHECKING:
    from pathlib import Path

    import speakers


@dataclass(frozen=True)
class Recogniser:
    """An engine that knows voices by one network's embeddings."""

    engine: str
    rank: int
    version: str
    model: str
    limits: str
    weights: tuple[str, ...]
    """The path of the network's weights, below `weights/`."""
    load: Callable[[Path], speakers.Embed]
    """Gives the network from the file of its weights."""
    threshold: float
    """Cosine distance up to which two groups of windows are one speaker."""

    def describe(self) -> dict:
        weights = api.weights(*self.weights)
        missing = [name for name in ("numpy", "scipy", "faster_whisper") if not api.has_module(name)]
        missing += [] if weights.is_file() else [f"the weights {weights}"]
        return {
            "engine": self.engine,
            "stage": "diarization",
            "rank": self.rank,
            "available": not missing,
            "missing": ", ".join(missing) or None,
            "version": self.version,
            "models": [self.model],
            "limits": self.limits,
        }

    def run(self, request: api.Request) -> api.Result:
        """The segments, the number of speakers, the duration and notes. The weights are loaded when there is speech."""
        import silero
        import speakers
        from clusters import bounds_of

        bounds = bounds_of(request)
        audio = api.audio_of(request)
        spans = api.spans_of(request, audio.duration)
        if spans is None:
            spans = silero.speech(silero.probabilities(audio), audio.duration, 0.5, 0.25, 0.3, 0.1)
        embed = self.load(api.weights(*self.weights)) if spans else None
        turns = speakers.diarize(audio, spans, embed, self.threshold, bounds) if embed else []
        found = len({speaker for _, _, speaker in turns})
        notes = [] if turns else ["No speech was found, so there are no speakers."]
        if turns and found < bounds.least:
            notes.append(f"Only {found} speakers could be told apart, though at least {bounds.least} were asked for.")
        segments = [
            {"start": round(start, 3), "end": round(end, 3), "speaker": f"SPEAKER_{speaker:02d}"}
            for start, end, speaker in turns
        ]
        return {
            "segments": segments,
            "speakers": found,
            "duration": round(audio.duration, 3),
            "engine": self.engine,
            "model": self.model,
            "notes": notes,
        }
