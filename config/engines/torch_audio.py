"""What the production engines share: torch's devices and tensors, and the hub models that the user has cached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from engine_api import SAMPLE_RATE, Audio, has_module, weights


def forbid_downloads() -> None:
    """Has torch raise an OSError with the address where it would fetch weights: a night neither hangs on a network nor begins to need one."""
    import torch

    def refuse(url: str, *_: Any, **__: Any) -> None:
        raise OSError(url)

    torch.hub.download_url_to_file = refuse


def hub_caches() -> list[Path]:
    """Where hub models may be: the engines' own folder, the user's cache and the one that older pyannote used."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    pyannote = Path(os.environ.get("PYANNOTE_CACHE") or Path.home() / ".cache" / "torch" / "pyannote")
    return [weights("hub"), Path(os.environ.get("HF_HUB_CACHE") or home / "hub"), pyannote]


def found(model: str, files: tuple[str, ...]) -> tuple[Path, Path | None] | None:
    """The folder on this machine of a hub model (`owner/name`) with all these files, and the cache that it is in.

    A folder `weights/OWNER/NAME` that somebody laid there comes first, and is in no cache.
    """
    own = weights(*model.split("/"))
    places: list[tuple[Path, Path | None]] = [(own, None)]
    for cache in hub_caches():
        places += [(folder, cache) for folder in sorted((cache / ("models--" + model.replace("/", "--")) / "snapshots").glob("*"))]
    return next((place for place in places if all((place[0] / file).is_file() for file in files)), None)


def missing_for_pyannote(model: str, files: tuple[str, ...]) -> str | None:
    """What a person must install before pyannote.audio can run a model; None when all is there."""
    if not (has_module("torch") and has_module("pyannote") and has_submodule("pyannote", "audio")):
        return "the Python package pyannote.audio (with torch)"
    if not found(model, files):
        return (
            f"the model {model} (with {', '.join(files)}) in {weights(*model.split('/'))} or in the hub's cache:"
            f" accept its terms at huggingface.co, then hf auth login and hf download {model}"
        )
    return None


def has_submodule(package: str, name: str) -> bool:
    """Whether a namespace package has a part, found without importing it."""
    from importlib import util

    spec = util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return any((Path(place) / name / "__init__.py").is_file() for place in places or [])


def best_device() -> Any:
    """The GPU when torch sees one, else the processor."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def as_tensor(audio: Audio) -> dict[str, Any]:
    """A whole film as pyannote takes it from memory: (channel, samples) and the rate."""
    import torch

    return {"waveform": torch.from_numpy(audio.read())[None], "sample_rate": SAMPLE_RATE}
