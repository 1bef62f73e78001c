internal import Engines
internal import Jobs

/// What the asr stage is to do: in which language to listen, and whether to translate.
struct SpeechTask: Sendable, Equatable {
  /// The spoken language; `nil` when it is to be heard.
  var language: Language?
  var isTranslation: Bool
  /// The language that the text must be in; `nil` when that does not matter.
  var target: Language?

  /// The word that engines know it by.
  var name: String { isTranslation ? "translate" : "transcribe" }

  /// Reads WHISPER_LANGUAGE, SRC_LANG, TGT_LANG and WHISPER_TASK.
  ///
  /// Without WHISPER_TASK it is a translation when the target is English and the film speaks something else.
  /// - Throws: ``JobError``: `missingEngine` for a translation into a language other than English, which no engine
  ///   makes; `configuration` for settings that contradict each other.
  init(_ settings: Settings) throws {
    language = Language(settings["WHISPER_LANGUAGE"] ?? settings["SRC_LANG"])
    let wanted = Language(settings["TGT_LANG"])
    switch try settings.choice("WHISPER_TASK", ["transcribe", "translate"]) {
    case "transcribe"?:
      isTranslation = false
    case "translate"?:
      guard wanted == nil || wanted == .english else {
        throw settings.wrong(
          "WHISPER_TASK", "translate", "translates into English only, but TGT_LANG is \(wanted?.code ?? "")")
      }
      isTranslation = true
    default:
      isTranslation = wanted == .english && language != .english
      if let wanted, wanted != .english {
        try requireTranslation(from: language, into: wanted)
        target = wanted
      }
    }
  }

  /// Checks what was heard, where the settings left the language open.
  ///
  /// - Throws: ``JobError`` with code `missingEngine` when the text is not in the wanted language.
  func check(heard: Language?) throws {
    try requireTranslation(from: heard, into: target)
  }
}
