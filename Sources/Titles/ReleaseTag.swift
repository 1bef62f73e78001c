/// One or more words that describe a release rather than name its film.
struct ReleaseTag {
  enum Kind {
    /// Certainly a tag, wherever it stands.
    case technical
    /// A technical word that may also stand in a title.
    case quality
    case process
    case edition
    case language
  }

  let kind: Kind
  let tokens: Range<Int>

  /// `Full Movie` and its like, which no title ends in.
  var isPhraseOfProcess: Bool { kind == .process && tokens.count > 1 }
}
