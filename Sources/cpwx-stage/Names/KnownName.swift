internal import Jobs

/// A name that is known before anybody listens: a character, an actor, a place.
struct KnownName: Sendable, Hashable {
  var text: String
  /// As named-entity recognisers label it: PERSON, GPE, ORG, ….
  var label: String
  /// `cast`, `character`, `title`, `crew`, `overview`.
  var source: String

  var json: JSON { ["text": .string(text), "label": .string(label), "source": .string(source)] }

  /// Reads `{"entities": [{"text", "label", "source"}]}`, and the older form `{"PERSON": ["…"], "GPE": ["…"]}`.
  static func list(_ document: JSON) -> [KnownName] {
    if let entities = document["entities"]?.array ?? document.array {
      return entities.compactMap { entry in
        guard let text = (entry["text"] ?? entry["name"])?.string ?? entry.string, !text.trimmed.isEmpty else {
          return nil
        }
        return KnownName(
          text: text.trimmed, label: (entry["label"] ?? entry["type"])?.string ?? "PERSON",
          source: entry["source"]?.string ?? "overview")
      }
    }
    let groups = (document["entities"] ?? document).object?.members ?? []
    return groups.flatMap { group in
      (group.value.array ?? []).compactMap { ($0.string ?? $0["text"]?.string)?.trimmed }.filter { !$0.isEmpty }
        .map { KnownName(text: $0, label: group.name, source: "overview") }
    }
  }
}
