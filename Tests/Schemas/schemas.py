"""The schemas in config/schemas, and whether documents are as they say."""

import json
import re
from pathlib import Path

from jsonschema import Draft202012Validator, RefResolver

FOLDER = Path(__file__).resolve().parents[2] / "config" / "schemas"
_COMBINATIONS = ("allOf", "anyOf", "oneOf")


class Schema:
    """A schema by its name: `Schema("job-list")`."""

    _store = {}

    def __init__(self, name):
        self.document = json.loads((FOLDER / f"{name}.schema.json").read_bytes())
        base = FOLDER.as_uri() + "/"
        if not Schema._store:
            for path in FOLDER.glob("*.schema.json"):
                Schema._store[base + path.name] = json.loads(path.read_bytes())
        self._resolver = RefResolver(f"{base}{name}.schema.json", self.document, store=Schema._store)

    def problems(self, instance):
        """What of `instance` is not as the schema says, and which of its keys the schema does not know."""
        return [
            f"{'/'.join(map(str, error.absolute_path)) or 'the top'}: {error.message[:300]}"
            for error in self._validator(self.document).iter_errors(instance)
        ] or list(self._undeclared(instance, [self.document], ""))

    def _validator(self, schema):
        return Draft202012Validator(schema, resolver=self._resolver)

    def _undeclared(self, instance, schemas, path):
        """Readers must bear new keys, so no schema forbids them; but what cpwx writes today must stand in it."""
        if isinstance(instance, dict):
            parts = [part for schema in schemas for part in self._parts(schema, instance)]
            for key, value in instance.items():
                about = [part["properties"][key] for part in parts if key in part.get("properties", {})]
                if not about:
                    about = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
                if not about:
                    yield f"{path}/{key}: the schema does not declare this key"
                yield from self._undeclared(value, about, f"{path}/{key}")
        elif isinstance(instance, list):
            parts = [part for schema in schemas for part in self._parts(schema, instance)]
            about = [part["items"] for part in parts if "items" in part]
            for number, value in enumerate(instance):
                yield from self._undeclared(value, about, f"{path}/{number}")

    def _parts(self, schema, instance):
        """`schema`, and what it is put together from, as far as that is about `instance`."""
        if not isinstance(schema, dict):
            # `true`: whatever is there.
            return [{"additionalProperties": True, "items": True}]
        if "$ref" in schema:
            with self._resolver.resolving(schema["$ref"]) as target:
                # References in the target start at its own file.
                found = self._parts(_absolute(target, self._resolver.resolution_scope), instance)
        else:
            found = []
        found.append(schema)
        for name in _COMBINATIONS:
            for part in schema.get(name, []):
                if name == "allOf" or self._validator(part).is_valid(instance):
                    found += self._parts(part, instance)
        return found


def _absolute(schema, scope):
    """`schema` with its references made independent of where it stands."""
    if isinstance(schema, list):
        return [_absolute(part, scope) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _absolute(value, scope) for key, value in schema.items()}
    reference = result.get("$ref")
    if isinstance(reference, str) and not re.match(r"[a-z]+:", reference):
        file, _, place = reference.partition("#")
        base = scope.partition("#")[0]
        target = base.rpartition("/")[0] + "/" + file if file else base
        result["$ref"] = target + ("#" + place if place else "")
    return result
