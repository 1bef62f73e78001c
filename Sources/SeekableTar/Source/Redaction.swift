/// Replaces bytes of some files on their way into an archive, piece by piece, and knows names that nobody may read.
public struct Redaction: Sendable {
  /// Takes a file's bytes as they come, and gives them back as they are to be seen; with the last piece all that is left.
  public typealias Masking = (_ piece: [UInt8], _ isLast: Bool) -> [UInt8]

  /// Bytes of a piece. A file that is no larger comes in one.
  static let pieceSize = 1 << 20
  /// Bytes by which a file is known.
  static let beginning = 8 << 10

  let masking: @Sendable (_ path: MemberPath, _ beginning: [UInt8]) -> Masking?
  let shownName: @Sendable (_ name: [UInt8]) -> String?

  /// - Parameters:
  ///   - masking: called anew for each file, with its first bytes, as often as it is read; `nil`: it stays as it is.
  ///   - shownName: how a path, from its root on, or a link's text can be told of, when as it is nobody may see it; else `nil`.
  public init(
    masking: @escaping @Sendable (_ path: MemberPath, _ beginning: [UInt8]) -> Masking?,
    shownName: @escaping @Sendable (_ name: [UInt8]) -> String?
  ) {
    self.masking = masking
    self.shownName = shownName
  }
}
