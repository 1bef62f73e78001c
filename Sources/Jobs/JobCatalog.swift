internal import SystemPackage

/// The jobs of a workspace, found in its `out` tree.
public struct JobCatalog: Sendable {
  public let workspace: Workspace

  public init(_ workspace: Workspace) { self.workspace = workspace }

  /// Every job in the dated tree, oldest first.
  public func all() -> [JobPaths] {
    days().flatMap { jobs(on: $0) }
  }

  /// Every job, newest first, a day at a time: stop early and the rest is never read.
  public func newestFirst() -> some Sequence<JobPaths> {
    days().reversed().lazy.flatMap { jobs(on: $0).reversed() }
  }

  /// The job that a person names: its id, a prefix that only one has, `latest`, or a path in or of the job.
  ///
  /// - Throws: ``JobError`` with code `usage` when none or several fit.
  public func find(_ name: String) throws -> JobPaths {
    if name == "latest" {
      if let newest = newestFirst().first(where: { _ in true }) { return newest }
      throw JobError(.usage, "latest", "there is no job yet", remedy: "Make one with: cpwx run FILE")
    }
    let exact = JobID(name).map { id in jobs(on: id.date).filter { $0.id == id } } ?? []
    if exact.count == 1 { return exact[0] }
    if exact.isEmpty, !name.isEmpty, let inside = job(containing: resolve(name, against: currentFolder())) {
      return inside
    }
    let fitting = name.isEmpty ? [] : all().filter { $0.id.description.hasPrefix(name) }
    switch fitting.count {
    case 1: return fitting[0]
    case _ where exact.count > 1:
      let users = exact.map { String($0.userID) }.joined(separator: ", ")
      throw JobError(.usage, name, "is a job of several users: \(users)", remedy: "Name its folder.")
    case 0:
      throw JobError(.usage, name, "no such job in \(workspace.outputRoot)", remedy: "See them with: cpwx job list")
    default:
      let some = fitting.prefix(10).map(\.id.description).joined(separator: ", ")
      throw JobError(.usage, name, "fits \(fitting.count) jobs: \(some)", remedy: "Give more of the id.")
    }
  }

  private func job(containing path: FilePath) -> JobPaths? {
    func isSame(_ folder: FilePath, _ other: FilePath) -> Bool {
      guard let one = try? FileStatus(of: folder), let two = try? FileStatus(of: other) else { return false }
      return one.inode == two.inode && one.device == two.device
    }
    var folder = path
    while let name = folder.lastComponent?.string {
      if let id = JobID(name), let user = folder.removingLastComponent().lastComponent?.string,
        let userID = userID(user)
      {
        let paths = JobPaths(id: id, userID: userID, in: workspace)
        if isDirectory(paths.output), isSame(folder, paths.output) || isSame(folder, paths.logs) { return paths }
      }
      folder.removeLastComponent()
    }
    return nil
  }

  /// A user's folder is the number as it is written: `01` is none.
  private func userID(_ folder: String) -> Int? { Int(folder).flatMap { String($0) == folder ? $0 : nil } }

  private func days() -> [JobDate] {
    func numbered(_ folder: FilePath, digits: Int) -> [String] {
      names(in: folder).filter { $0.utf8.count == digits && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
    let root = workspace.outputRoot
    return numbered(root, digits: 4).flatMap { year in
      numbered(root.appending(year), digits: 2).flatMap { month in
        numbered(root.appending(year).appending(month), digits: 2).compactMap { day in
          JobDate(digits: (year + month + day)[...])
        }
      }
    }
  }

  private func jobs(on day: JobDate) -> [JobPaths] {
    let folder = workspace.outputRoot.pushing(FilePath(day.folders))
    return names(in: folder).flatMap { user -> [JobPaths] in
      guard let userID = userID(user) else { return [] }
      return names(in: folder.appending(user)).compactMap { name in
        guard let id = JobID(name), id.date == day else { return nil }
        return JobPaths(id: id, userID: userID, in: workspace)
      }
    }.sorted { $0.id < $1.id }
  }
}
