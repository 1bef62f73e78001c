package import SystemPackage

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

  /// The folders in a tree of jobs that jobs lie in: those of users, and in older trees those of days.
  package static func folders(below root: FilePath) -> [FilePath] {
    func dated(_ folder: FilePath, _ width: Int) -> [FilePath] {
      names(in: folder).filter { $0.utf8.count == width && Int($0) != nil }.map { folder.appending($0) }
    }
    return dated(root, 4).flatMap { dated($0, 2) }.flatMap { dated($0, 2) }.flatMap { day in
      [day] + names(in: day).filter { !$0.hasPrefix(".") && JobID($0) == nil }.map { day.appending($0) }
    }
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
