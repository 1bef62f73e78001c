import Defaults
import Engines
import Jobs
import SystemPackage
import TestSupport

/// Engines as this cpwx installs them, whose Python is a shell script: it answers for each adapter with the file of that
/// name in `described/`.
struct EnginesOfShell {
  let home: EngineHome

  private static let python = """
    #!/bin/sh
    [ "$1" = -c ] && exit 0
    cat "$CPWX_ENGINES/described/${1##*/}"
    """

  init(in folder: TemporaryFolder, _ name: String = "engines") throws {
    home = EngineHome(root: folder.path(name))
    try folder.program("\(name)/venv/bin/python", Self.python)
    try folder.file("\(name)/installed/complete")
    for file in Defaults.engines {
      let place = file.name.hasSuffix(".py") ? "adapters" : "installed"
      try folder.file("\(name)/\(place)/\(file.name)", String(decoding: file.bytes, as: UTF8.self))
    }
    for adapter in names(in: home.adapters) where adapter.contains("_") { try describe(adapter) }
  }

  /// Has an adapter describe itself: available, with one model, unless `changes` say otherwise.
  func describe(_ adapter: String, _ changes: JSON = .object(.init())) throws {
    let stages: [String: [JSON]] = [
      "asr": [.string("asr")], "diarization": [.string("diarization")],
      "vad": [.string("silero_vad"), .string("pyannote_vad")], "ner": [.string("pre_ner"), .string("post_ner")],
    ]
    let (kind, name) = (adapter.prefix { $0 != "_" }, adapter.drop { $0 != "_" }.dropFirst().dropLast(3))
    var document: JSON = [
      "engine": .string(String(name)), "stages": .array(stages[String(kind)] ?? []), "rank": .int(50),
      "available": .bool(true), "version": .string("1.0"), "models": .array([.string("small")]),
      "limits": .string("None."),
    ]
    for member in changes.object?.members ?? [] { document[member.name] = member.value }
    try makeFolder(home.root.appending("described"))
    try DurableFile.write(document.bytes(), to: home.root.appending("described").appending(adapter))
  }

  /// Has every adapter whose name begins so say that something is missing.
  func withdraw(_ prefix: String, _ missing: String = "the package big") throws {
    for adapter in names(in: home.adapters) where adapter.hasPrefix(prefix) {
      try describe(adapter, ["available": .bool(false), "missing": .string(missing)])
    }
  }
}
