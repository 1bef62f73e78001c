"""Speakers by Resemblyzer's GE2E embeddings, run in numpy (stage diarization)."""

from __future__ import annotations

from pathlib import Path

import engine_api as api
from diarize_request import Recogniser


def _load(weights: Path):
    from ge2e import GE2E

    return GE2E(weights)


ENGINE = Recogniser(
    engine="ge2e",
    rank=50,
    version="0.1.4",
    model="resemblyzer-ge2e",
    limits="Tells two or three clear, different voices apart; similar voices, music and noise mislead it, so "
    "give it the number of speakers.",
    weights=("resemblyzer", "pretrained.pt"),
    load=_load,
    threshold=0.31,  # these embeddings lie close together, and so do two similar voices
)


if __name__ == "__main__":
    api.main(ENGINE.describe, ENGINE.run)
