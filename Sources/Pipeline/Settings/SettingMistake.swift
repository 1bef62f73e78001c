public import Jobs

/// A setting whose value cannot be meant: what the shipped stages and `cpwx run` would refuse.
public struct SettingMistake: Sendable, Equatable {
  public let key: String
  /// What is there, as in `is "nope"`.
  public let found: String
  /// What may be there, as in `true or false`.
  public let expected: String

  /// Those of a configuration, in its order.
  ///
  /// - Parameter outer: the caller's environment, which fills in variables and what is empty.
  public static func all(in env: EnvFile, outer: [String: String]) -> [SettingMistake] {
    let settings = env.values(outer: outer).map { key, value in (key, value.isEmpty ? outer[key] ?? "" : value) }
    let wrong = settings.compactMap { key, value -> SettingMistake? in
      guard !value.isEmpty, let expected = expectation(of: key, value) else { return nil }
      return SettingMistake(key: key, found: "is \"\(value)\"", expected: expected)
    }
    return wrong + speakers(Dictionary(settings, uniquingKeysWith: { $1 }))
  }

  /// Bounds for the number of speakers that leave no number.
  private static func speakers(_ settings: [String: String]) -> [SettingMistake] {
    func bound(_ key: String) -> Int? { settings[key].flatMap { Int($0) } }
    let (least, most) = ("DIARIZATION_MIN_SPEAKERS", "DIARIZATION_MAX_SPEAKERS")
    guard let fewest = bound(least), let limit = bound(most), fewest > limit else { return [] }
    return [
      SettingMistake(key: most, found: "is \(limit), less than \(least)=\(fewest)", expected: "no less than that")
    ]
  }

  /// What `key` may be, when `value` is not it.
  private static func expectation(of key: String, _ value: String) -> String? {
    func number(_ range: ClosedRange<Int>) -> String? {
      Int(value).map { range.contains($0) } == true
        ? nil : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }
    func decimal(_ range: ClosedRange<Double>) -> String? {
      Double(value).map { range.contains($0) } == true
        ? nil : "a number from \(range.lowerBound) to \(range.upperBound)"
    }
    switch key {
    case _ where key.hasPrefix("STEP_"), "SUBTITLE_SPEAKER_LABELS":
      return parseSwitch(value) == nil ? "true or false" : nil
    case "USER_ID": return number(JobManager.userIDs)
    case "MAX_RETRIES": return number(0...100)
    case "RETRY_DELAY_SECONDS": return decimal(0...86_400)
    case "SUBTITLE_MAX_LINE_LENGTH": return number(2...500)
    case "SUBTITLE_MAX_LINES": return number(1...20)
    case "DIARIZATION_MIN_SPEAKERS", "DIARIZATION_MAX_SPEAKERS": return number(1...100)
    case "AUDIO_SAMPLE_RATE": return number(8000...192_000)
    case "AUDIO_CHANNELS": return number(1...8)
    case "AUDIO_TRACK": return number(1...999)
    case "VAD_THRESHOLD": return decimal(0...1)
    case "VAD_MIN_SPEECH_MS", "VAD_MIN_SILENCE_MS": return number(0...60_000)
    case "LOG_LEVEL":
      let levels = ["debug", "info", "warning", "error", "critical"]
      return levels.contains(value.lowercased()) ? nil : levels.joined(separator: ", ")
    case "WHISPER_TASK":
      return ["transcribe", "translate"].contains(value.lowercased()) ? nil : "transcribe, translate or nothing"
    case "TMDB_BASE_URL":
      let isAddress = ["http://", "https://"].contains { value.lowercased().hasPrefix($0) && value.count > $0.count }
      return isAddress ? nil : "an address that begins with http:// or https://"
    default: return nil
    }
  }
}
