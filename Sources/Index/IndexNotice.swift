/// How the index tells of its own troubles, and of the work of making it anew.
public struct IndexNotice: Sendable {
  private let say: @Sendable (String) -> Void
  /// Told what is asked and brought up to date, though nothing be wrong.
  let detail: @Sendable (String) -> Void
  /// Told how far a new index has come, until it is whole.
  let progress: @Sendable (Reindex.Progress) -> Void

  /// - Parameters:
  ///   - say: told what was wrong, and what was done about it.
  ///   - detail: told what is asked, and what of it was brought up to date.
  ///   - progress: told often while an index is made.
  public init(
    _ say: @escaping @Sendable (String) -> Void, detail: @escaping @Sendable (String) -> Void = { _ in },
    progress: @escaping @Sendable (Reindex.Progress) -> Void = { _ in }
  ) {
    (self.say, self.detail, self.progress) = (say, detail, progress)
  }

  /// For those who must not be disturbed.
  public static let silent = IndexNotice { _ in }

  public func callAsFunction(_ text: String) { say(text) }
}
