/// Something in a manifest that is not as documented, or contradicts itself.
public struct ManifestFinding: Sendable, Equatable {
  public enum Severity: String, Sendable {
    /// Readers may go wrong over it.
    case error
    /// Odd, and read for what it plainly means.
    case warning
  }

  /// Where: `$.stages.demux.status`.
  public var path: String
  public var severity: Severity
  /// What is there, and what was expected.
  public var message: String

  public init(path: String, severity: Severity, message: String) {
    (self.path, self.severity, self.message) = (path, severity, message)
  }
}

/// The kinds of manifest that are in use.
public enum ManifestKind: String, Sendable {
  /// The documented one.
  case job = "job 1.0.0"
  /// Written by stages alone: a `movie_dir`, no job.
  case stage = "stage 1.0.0"
  /// The builder's, 0.1.0.
  case builder = "builder 0.1.0"
  /// `stages` is a list.
  case later
}
