internal import Jobs

/// Sees to it that speech can be had as text in the language that is wanted: engines translate into English only.
///
/// - Parameters:
///   - spoken: `nil`: still to be heard.
///   - wanted: `nil`: whichever.
///   - probability: how sure it is that this language was heard, 0 to 1; `nil` for one that somebody named.
/// - Throws: ``JobError`` with code `missingEngine`.
public func requireTranslation(from spoken: Language?, into wanted: Language?, probability: Double? = nil) throws {
  guard let spoken, let wanted, wanted != spoken, wanted != .english else { return }
  let translate = spoken == .english ? "" : "TGT_LANG=en to translate, "
  let remedy = "et \(translate)TGT_LANG=\(spoken) for subtitles in \(spoken.englishName), or leave it empty."
  if let probability, probability < 0.5 {
    throw JobError(
      .missingEngine, "TGT_LANG=\(wanted)",
      "the language is a guess, \(spoken.englishName) (\(Int((probability * 100).rounded())) %), and no installed engine translates that into \(wanted.englishName)",
      remedy: "Set SRC_LANG to the language that is spoken. If it is \(spoken.englishName), s\(remedy)")
  }
  throw JobError(
    .missingEngine, "TGT_LANG=\(wanted)",
    "no installed engine translates \(spoken.englishName) into \(wanted.englishName); whisper translates into English only",
    remedy: "S\(remedy)")
}
