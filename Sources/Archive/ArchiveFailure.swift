public import Jobs
public import SeekableTar

extension JobError {
  /// What is wrong with an archive, for the admin.
  ///
  /// - Parameter subject: the archive, or the job.
  public init(_ error: ArchiveError, _ subject: String, remedy: String? = nil) {
    let code: Code =
      switch error.code {
      case .damaged, .refused, .unsupported: .damaged
      case .changed, .io: .io
      }
    let member = error.member.map { "\($0): " } ?? ""
    self.init(code, subject, member + error.message, remedy: remedy, underlying: error.underlying)
  }
}

/// Does something with an archive; what is wrong with it becomes a ``JobError``.
///
/// - Parameter ofDamage: the remedy where the archive is damaged, if that is another.
func telling<Value>(
  _ subject: String, remedy: String? = nil, ofDamage: String? = nil, _ body: () throws -> Value
) throws -> Value {
  do {
    return try body()
  } catch let error as ArchiveError {
    throw JobError(error, subject, remedy: error.code == .damaged ? ofDamage ?? remedy : remedy)
  }
}
