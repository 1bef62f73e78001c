"""Speakers with pyannote's segmentation 2.0 and GE2E embeddings, run in numpy (stage diarization)."""

from __future__ import annotations

import engine_api as api

SEGMENTATION = ("whisperx", "assets", "pytorch_model.bin")
EMBEDDING = ("resemblyzer", "pretrained.pt")
THRESHOLD = 0.3
"""Cosine distance: these embeddings lie close together, so two similar voices may count as one."""


def describe() -> dict:
    missing = [str(api.weights(*parts)) for parts in (SEGMENTATION, EMBEDDING) if not api.weights(*parts).is_file()]
    missing += [name for name in ("numpy", "scipy") if not api.has_module(name)]
    return {
        "engine": "ge2e",
        "stage": "diarization",
        "rank": 50,
        "available": not missing,
        "missing": f"{', '.join(missing)}" if missing else None,
        "version": "0.1.4",
        "models": ["ge2e+pyannote-segmentation-2.0"],
        "limits": "Tells two or three clear, different voices apart; similar voices and noise mislead it, so name the numbers of speakers.",
    }


def run(request: api.Request) -> api.Result:
    from ge2e import GE2E
    from clusters import bounds_of
    from diarize_request import answer
    from pyannet import PyanNet

    bounds = bounds_of(request)
    network = PyanNet(api.weights(*SEGMENTATION))

    return answer(request, bounds, network, GE2E(api.weights(*EMBEDDING)), THRESHOLD) | {
        "engine": "ge2e",
        "model": "ge2e+pyannote-segmentation-2.0",
    }


if __name__ == "__main__":
    api.main(describe, run)
