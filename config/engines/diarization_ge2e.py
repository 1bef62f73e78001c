"""Speakers by Resemblyzer's GE2E embeddings, run in numpy (stage diarization)."""

from __future__ import annotations

import engine_api as api

WEIGHTS = ("resemblyzer", "pretrained.pt")
MODEL = "resemblyzer-ge2e"
THRESHOLD = 0.31
"""Cosine distance: these embeddings lie close together, and so do two similar voices."""


def describe() -> dict:
    missing = [name for name in ("numpy", "scipy", "faster_whisper") if not api.has_module(name)]
    missing += [] if api.weights(*WEIGHTS).is_file() else [f"the weights {api.weights(*WEIGHTS)}"]
    return {
        "engine": "ge2e",
        "stage": "diarization",
        "rank": 50,
        "available": not missing,
        "missing": ", ".join(missing) or None,
        "version": "0.1.4",
        "models": [MODEL],
        "limits": "Tells two or three clear, different voices apart; similar voices, music and noise mislead it, so "
        "give it the number of speakers.",
    }


def run(request: api.Request) -> api.Result:
    from diarize_request import answer
    from ge2e import GE2E

    return answer(request, lambda: GE2E(api.weights(*WEIGHTS)), THRESHOLD) | {"engine": "ge2e", "model": MODEL}


if __name__ == "__main__":
    api.main(describe, run)
