"""What the production engines share: torch's devices and tensors, and the hub models that the user has cached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from engine_api import SAMPLE_RATE, Audio, has_module, weights


def hub_caches() -> list[Path]:
    """Where hub models may be: the engines' own folder, the user's cache and the one that older pyannote used."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    pyannote = Path(os.environ.get("PYANNOTE_CACHE") or Path.home() / ".cache" / "torch" / "pyannote")
    return [weights("hub"), Path(os.environ.get("HF_HUB_CACHE") or home / "hub"), pyannote]


def is_cached(model: str) -> bool:
    """Whether a snapshot of a hub model (`owner/name`) is on this machine."""
    folder = "models--" + model.replace("/", "--")
    return any(any((cache / folder / "snapshots").glob("*/*")) for cache in hub_caches())


def missing_for_pyannote(model: str) -> str | None:
    """What a person must install before pyannote.audio can run a model; None when all is there."""
    if not (has_module("torch") and has_module("pyannote") and has_submodule("pyannote", "audio")):
        return "the Python package pyannote.audio (with torch)"
    if not is_cached(model):
        return f"the model {model} in the hub cache: accept its terms, then download it once with your token"
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
