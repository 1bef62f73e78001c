internal import Engines
internal import Jobs
internal import SystemPackage

/// A whisper model by its name, as the engines understand it: a size, or the path or hub's id of one.
struct WhisperModel: Equatable {
  let name: String

  static let known = [
    "large-v3", "large-v3-turbo", "large-v2", "large-v1", "distil-large-v3.5", "distil-large-v3", "distil-large-v2",
    "medium.en", "medium", "distil-medium.en", "small.en", "small", "distil-small.en", "base.en", "base", "tiny.en",
    "tiny",
  ]

  init(_ text: String) {
    var short = FilePath(text).lastComponent?.string ?? text
    for start in ["faster-whisper-", "faster-", "whisper-"] where short.hasPrefix(start) {
      short.removeFirst(start.count)
    }
    if short.hasPrefix("distil-whisper-") { short = "distil-" + short.dropFirst("distil-whisper-".count) }
    name = ["large": "large-v3", "turbo": "large-v3-turbo"][short] ?? short
  }

  var isKnown: Bool { Self.known.contains(name) }

  private var isEnglishOnly: Bool { name.hasSuffix(".en") || name.hasPrefix("distil-") }

  func serves(_ task: SpeechTask) -> Bool {
    if isEnglishOnly { return task.language == Language("en") && task.name != "translate" }
    return task.language != Language("yue") || name.hasPrefix("large-v3")
  }

  /// How to get it into the engines' folder.
  func installation(in home: FilePath) -> String {
    let place = "weights/whisper/\(name)"
    if name.hasPrefix("distil-") || name.hasSuffix("turbo") {
      return "Put it, in CTranslate2's format, into: \(home.appending(place))"
    }
    return "To get it: cd '\(home)' && venv/bin/hf download Systran/faster-whisper-\(name) --local-dir \(place)"
  }
}
