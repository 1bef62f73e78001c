public import Jobs
public import SystemPackage

/// Where a job's archive lies: at `archive/Y/M/D/USER/NAME.tar.zst`, as the job's folder at `out/Y/M/D/USER/NAME`.
public struct ArchivePlace: Sendable, Equatable {
  /// As documents write it.
  public let path: String
  /// The job's folder in `out`, as documents write it, whether it is there or not.
  public let folder: String
  /// The folder of the job's logs.
  public let logs: String
  /// Whether it is a copy for sharing, with the secrets masked, and stands for no job.
  public let isRedacted: Bool
  /// Below the root: `2025/10/30/1/20251030-001`.
  public let relative: String
  let user: String
  let date: JobDate

  static let ending = ".tar.zst"
  private static let redactedEnding = ".redacted.tar.zst"

  /// The archive of the job with this folder; `nil` for a job that does not lie in the dated tree of `out`.
  public init?(ofJobIn folder: FilePath, isRedacted: Bool = false, in workspace: Workspace) {
    var relative = folder
    guard relative.removePrefix(workspace.outputRoot) else { return nil }
    self.init(relative.components.map(\.string), isRedacted: isRedacted, in: workspace)
  }

  /// The place of an archive file; `nil` for what lies elsewhere or is none.
  public init?(at file: FilePath, in workspace: Workspace) {
    guard let relative = Self.below(workspace.archiveRoot, file) else { return nil }
    var parts = relative.components.map(\.string)
    guard let name = parts.popLast() else { return nil }
    let ending = name.hasSuffix(Self.redactedEnding) ? Self.redactedEnding : Self.ending
    guard name.hasSuffix(ending), !name.hasPrefix("."), name.utf8.count > ending.utf8.count else { return nil }
    self.init(
      parts + [String(name.dropLast(ending.count))], isRedacted: ending == Self.redactedEnding, in: workspace)
  }

  private static let damagedMark = ".damaged-"

  /// What a damaged archive is called once another has come into its place: `NAME.tar.zst.damaged-TIME`.
  package static func damagedName(of file: FilePath) -> String {
    "\(file.lastComponent?.string ?? "")\(damagedMark)\(Timestamp.now.format("%Y%m%dT%H%M%S"))"
  }

  /// The place that an archive had before it was set aside under ``damagedName(of:)``; `nil` for all others.
  package init?(ofDamaged file: FilePath, in workspace: Workspace) {
    guard let name = file.lastComponent?.string, let mark = name.ranges(of: Self.damagedMark).last else {
      return nil
    }
    self.init(at: file.removingLastComponent().appending(String(name[..<mark.lowerBound])), in: workspace)
  }

  /// The path from the root on; by whatever links it is named.
  private static func below(_ root: FilePath, _ file: FilePath) -> FilePath? {
    var relative = file
    if relative.removePrefix(root) { return relative }
    guard let name = file.lastComponent, let folder = realPath(file.removingLastComponent()), let root = realPath(root)
    else { return nil }
    relative = folder.appending(name)
    return relative.removePrefix(root) ? relative : nil
  }

  private init?(_ parts: [String], isRedacted: Bool, in workspace: Workspace) {
    guard (4...5).contains(parts.count), let date = JobDate(digits: parts.prefix(3).joined()[...]) else { return nil }
    (self.date, self.isRedacted) = (date, isRedacted)
    user = parts.count == 5 ? parts[3] : ""
    relative = parts.joined(separator: "/")
    let place = FilePath(relative)
    folder = workspace.documentPath(workspace.outputRoot.pushing(place))
    logs = workspace.documentPath(workspace.logRoot.pushing(place))
    let name = relative + (isRedacted ? Self.redactedEnding : Self.ending)
    path = workspace.documentPath(workspace.archiveRoot.pushing(FilePath(name)))
  }

  /// The job's folder's own name.
  var name: String { String(relative.split(separator: "/").last ?? "") }

  /// The number that orders it among the jobs of its day.
  var number: Int { JobID(name)?.number ?? Int(name) ?? 0 }

  /// Where the file lies.
  public func file(in workspace: Workspace) -> FilePath { workspace.resolve(documentPath: path) }
}
