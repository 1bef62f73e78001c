public import Jobs

/// What the asr stage is to do: in which language to listen, and whether to translate.
public struct SpeechTask: Sendable, Equatable {
  /// The spoken language; `nil` when it is to be heard.
  public var language: Language?
  public var isTranslation: Bool
  /// The language that the text must be in; `nil` when that does not matter.
  public var target: Language?

  /// The words that WHISPER_TASK may be, in any case.
  public static let names = ["transcribe", "translate"]

  /// The word that engines know it by.
  public var name: String { isTranslation ? "translate" : "transcribe" }

  /// Reads WHISPER_LANGUAGE, SRC_LANG, TGT_LANG and WHISPER_TASK.
  ///
  /// Without WHISPER_TASK it is a translation when the target is English and the film speaks something else.
  /// - Parameters:
  ///   - setting: a setting's value by its key; `nil` when it is absent or empty.
  ///   - wrong: the error about a setting: its key, its value and what is wrong.
  /// - Throws: ``JobError``: `missingEngine` for a translation into a language other than English, which no engine
  ///   makes; what `wrong` makes for settings that contradict each other.
  public init(
    setting: (String) -> String?, wrong: (_ key: String, _ value: String, _ message: String) -> JobError
  ) throws {
    language = Language(setting("WHISPER_LANGUAGE") ?? setting("SRC_LANG"))
    let wanted = Language(setting("TGT_LANG"))
    let task = setting("WHISPER_TASK")
    switch task?.lowercased() {
    case "transcribe"?:
      isTranslation = false
    case "translate"?:
      guard wanted == nil || wanted == .english else {
        throw wrong(
          "WHISPER_TASK", "translate", "translates into English only, but TGT_LANG is \(wanted?.code ?? "")")
      }
      isTranslation = true
    case nil:
      isTranslation = wanted == .english && language != .english
      if let wanted, wanted != .english {
        try requireTranslation(from: language, into: wanted)
        target = wanted
      }
    default:
      throw wrong("WHISPER_TASK", task ?? "", "is none of: \(Self.names.joined(separator: ", "))")
    }
  }

  /// Checks what was heard, where the settings left the language open.
  ///
  /// - Parameter probability: how sure that is, 0 to 1, where the engine says.
  /// - Throws: ``JobError`` with code `missingEngine` when the text is not in the wanted language.
  public func check(heard: Language?, probability: Double?) throws {
    try requireTranslation(from: heard, into: target, probability: probability)
  }
}
