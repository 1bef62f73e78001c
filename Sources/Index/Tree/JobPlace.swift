public import Jobs
internal import SystemPackage

/// Where a job lies, and what its place alone tells of it.
public struct JobPlace: Sendable, Equatable {
  public var id: String
  /// A number, or a login name.
  public var user: String
  /// As documents write it.
  public var folder: String
  public var logs: String?
  var date: JobDate?
  var number: Int

  /// Whether the folder itself tells which job it is; else a job.json in it does.
  var isNamedByItsFolder: Bool { folder.hasSuffix("/" + id) && JobID(id) != nil }

  init(id: String, user: String, folder: String, logs: String?, date: JobDate?, number: Int) {
    (self.id, self.user, self.folder, self.logs) = (id, user, folder, logs)
    (self.date, self.number) = (date, number)
  }

  public init(_ paths: JobPaths, in workspace: Workspace) {
    self.init(
      id: paths.id.description, user: String(paths.userID), folder: workspace.documentPath(paths.output),
      logs: workspace.documentPath(paths.logs), date: paths.id.date, number: paths.id.number)
  }
}
