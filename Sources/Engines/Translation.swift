internal import Jobs

/// Sees to it that speech can be had as text in the language that is wanted: engines translate into English only.
///
/// - Parameters:
///   - spoken: `nil`: still to be heard.
///   - wanted: `nil`: whichever.
/// - Throws: ``JobError`` with code `missingEngine`.
public func requireTranslation(from spoken: Language?, into wanted: Language?) throws {
  guard let spoken, let wanted, wanted != spoken, wanted != .english else { return }
  let translate = spoken == .english ? "" : "TGT_LANG=en to translate, "
  throw JobError(
    .missingEngine, "TGT_LANG=\(wanted)",
    "no installed engine translates \(spoken.englishName) into \(wanted.englishName); whisper translates into English only",
    remedy: "Set \(translate)TGT_LANG=\(spoken) for subtitles in \(spoken.englishName), or leave it empty.")
}
