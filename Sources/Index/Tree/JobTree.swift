internal import Glibc
internal import Jobs
internal import SystemPackage

/// The folders that jobs lie in, in every layout whose jobs bear an id.
///
/// `out/Y/M/D/USER/YYYYMMDD-NNN`, of any width of number (the dated and the prepared layout); `out/Y/M/D/YYYYMMDD-NNN`
/// (no user); `out/Y/M/D/USER/COUNTER` with a job.json that names the id. `jobs/Y/M/D` counts where `out` has none.
struct JobTree {
  let workspace: Workspace

  /// A folder above jobs, and what it looked like before it was read.
  struct Folder {
    /// As documents write it.
    var path: String
    var stamp: FolderStamp
    fileprivate var location: FilePath
    /// Below the root: year, month, day, user.
    fileprivate var names: [String]
    /// Whether archives lie in it instead of jobs.
    fileprivate var isOfArchives: Bool
    /// Where the logs of its jobs lie, as documents write it; `nil` where they have none.
    fileprivate var logs: String?
    /// The day it is of or in.
    private(set) var date: JobDate?

    fileprivate init(
      at location: FilePath, names: [String], stamp: FolderStamp, isOfArchives: Bool, in workspace: Workspace
    ) {
      (self.location, self.names, self.stamp, self.isOfArchives) = (location, names, stamp, isOfArchives)
      path = workspace.documentPath(location)
      guard names.count >= 3 else { return }
      date = JobDate(digits: names.prefix(3).joined()[...])
      var relative = location
      if relative.removePrefix(workspace.outputRoot) {
        logs = workspace.documentPath(workspace.logRoot.pushing(relative))
      }
    }

    var isDay: Bool { names.count == 3 }

    /// With a stamp by which it is looked at again in any case, where something in it may become a job, or is not seen.
    func stamped(_ contents: Contents) -> Folder {
      var folder = self
      if contents.isOpen || contents.isUnread { folder.stamp.modified = 0 }
      return folder
    }
  }

  /// What lies in a folder.
  struct Contents {
    var folders: [Folder] = []
    var jobs: [JobPlace] = []
    /// Whether folders lie in it that are jobs as soon as a job.json in them says so.
    var isOpen = false
    /// Whether it is not known what lies there, as the folder cannot be read.
    var isUnread = false
  }

  /// The folders that years lie in.
  func roots() -> [Folder] { places.compactMap { folder(at: $0, names: []) } }

  private var places: [FilePath] {
    [workspace.outputRoot, workspace.root.appending("jobs"), workspace.archiveRoot]
  }

  /// A folder as it is now; `nil` when it is gone.
  func folder(_ path: String) -> Folder? {
    let location = workspace.resolve(documentPath: path)
    // The innermost first: one may lie in another.
    for root in places.sorted(by: { $0.components.count > $1.components.count }) {
      var relative = location
      if relative.removePrefix(root) { return folder(at: location, names: relative.components.map(\.string)) }
    }
    return nil
  }

  /// Whether a folder is, or lies in, one that jobs or archives are looked for in.
  func covers(_ path: String) -> Bool {
    let location = workspace.resolve(documentPath: path)
    return places.contains { location.starts(with: $0) }
  }

  private func folder(at location: FilePath, names: [String]) -> Folder? {
    guard var stamp = FolderStamp(location) else { return nil }
    // Its time does not tell when it can be read again.
    if ArchiveReach(in: workspace).flaw(of: location) != nil { stamp.modified = 0 }
    let isOfArchives = location.starts(with: workspace.archiveRoot)
    return Folder(at: location, names: names, stamp: stamp, isOfArchives: isOfArchives, in: workspace)
  }

  /// The archives in a folder.
  func archives(in folder: Folder) -> [ArchivePlace] {
    guard folder.isOfArchives, folder.names.count >= 3 else { return [] }
    return names(in: folder.location).compactMap {
      ArchivePlace(at: folder.location.appending($0), in: workspace)
    }
  }

  /// What lies in a folder, one level down.
  func contents(of folder: Folder) -> Contents {
    guard let all = try? readNames(in: folder.location),
      mayAccess(folder.location, X_OK) || isNoFolder(folder.location)
    else { return Contents(isUnread: true) }
    let names = all.filter { !$0.hasPrefix(".") }
    if folder.isOfArchives, folder.names.count >= 3 {
      return Contents(folders: folder.isDay ? names.compactMap { child($0, of: folder) } : [])
    }
    switch folder.names.count {
    case 0...2:
      let width = folder.names.isEmpty ? 4 : 2
      let dated = names.filter { $0.utf8.count == width && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
      return Contents(
        folders: dated.compactMap { child($0, of: folder) }.filter { $0.names.count < 3 || $0.date != nil })
    case 3:
      let jobs = names.filter { JobID($0) != nil && !isRepeated(folder.location.appending($0)) }
      return Contents(
        folders: names.filter { JobID($0) == nil }.compactMap { child($0, of: folder) },
        jobs: jobs.compactMap { job($0, user: "", in: folder) })
    default:
      var contents = Contents()
      for name in names {
        if let job = job(name, user: folder.names[3], in: folder) {
          contents.jobs.append(job)
        } else if isDirectory(folder.location.appending(name)) {
          contents.isOpen = true
        }
      }
      return contents
    }
  }

  /// The folder in `jobs/` that repeats what a folder in `out/` tells, or may come to.
  ///
  /// - Parameter path: as documents write it, whether it is there or not.
  func repetition(of path: String) -> Folder? {
    var relative = workspace.resolve(documentPath: path)
    guard relative.removePrefix(workspace.outputRoot), relative.components.count == 3 else { return nil }
    return folder(at: workspace.root.appending("jobs").pushing(relative), names: relative.components.map(\.string))
  }

  private func isRepeated(_ location: FilePath) -> Bool {
    var relative = location
    return relative.removePrefix(workspace.root.appending("jobs"))
      && isDirectory(workspace.outputRoot.pushing(relative))
  }

  /// The jobs in `out` that bear an id.
  func jobs(with id: JobID) -> [JobPlace] {
    let day = workspace.outputRoot.pushing(FilePath(id.date.folders))
    guard let folder = folder(workspace.documentPath(day)) else { return [] }
    let beside = isDirectory(day.appending(id.description)) ? [job(id.description, user: "", in: folder)] : []
    let below = names(in: day).filter { JobID($0) == nil && isDirectory(day.appending($0).appending(id.description)) }
    return (beside + below.map { child($0, of: folder).flatMap { job(id.description, user: $0.names[3], in: $0) } })
      .compactMap { $0 }
  }

  /// The job that a path leads into, by its folder or that of its logs, through whatever links.
  func job(around path: FilePath) -> JobPlace? {
    guard let real = realPath(path) else { return nil }
    // By its names first: the folder of a year may be a link to another disk.
    return job(around: path) { $0 } ?? job(around: real, realPath)
  }

  /// - Parameter trace: what the path of a tree is to be compared as.
  private func job(around path: FilePath, _ trace: (FilePath) -> FilePath?) -> JobPlace? {
    let jobs = workspace.root.appending("jobs")
    let out = workspace.outputRoot
    // Where a path may lead, and the tree that its jobs are found in: what `out` has of a job in `jobs` counts.
    let trees = [(out, out), (workspace.logRoot, out), (jobs, out), (jobs, jobs)]
    for (root, tree) in trees {
      var relative = path
      guard let root = trace(root), relative.removePrefix(root) else { continue }
      let parts = relative.components.map(\.string)
      for depth in [5, 4] where parts.count >= depth {
        let above = tree.pushing(FilePath(parts.prefix(depth - 1).joined(separator: "/")))
        guard isDirectory(above.appending(parts[depth - 1])), let folder = folder(workspace.documentPath(above)),
          let place = job(parts[depth - 1], user: depth == 5 ? parts[3] : "", in: folder)
        else { continue }
        return place
      }
    }
    return nil
  }

  private func child(_ name: String, of folder: Folder) -> Folder? {
    self.folder(at: folder.location.appending(name), names: folder.names + [name])
  }

  private func job(_ name: String, user: String, in folder: Folder) -> JobPlace? {
    guard let date = folder.date else { return nil }
    let logs = folder.logs.map { "\($0)/\(name)" }
    func place(_ id: String, _ date: JobDate, _ number: Int) -> JobPlace {
      JobPlace(
        id: id, user: user, folder: "\(folder.path)/\(name)", logs: logs, date: date, number: number)
    }
    if let id = JobID(name) { return place(name, id.date, id.number) }
    // A folder that is named by a counter: its job.json says which job it is.
    guard let info = try? JobInfo(reading: folder.location.appending(name).appending("job.json")).document,
      let id = info["job_id"]?.string ?? info["id"]?.string, !id.isEmpty
    else { return nil }
    return place(id, date, id.split(separator: "-").last.flatMap { Int($0) } ?? Int(name) ?? 0)
  }
}

/// By which a change of what lies in a folder is noticed.
struct FolderStamp: Equatable {
  var inode: Int64
  /// Nanoseconds since 1970; 0 for one to be looked at again in any case.
  var modified: Int64

  init(inode: Int64, modified: Int64) { (self.inode, self.modified) = (inode, modified) }

  /// - Returns: `nil` when there is no such folder.
  init?(_ folder: FilePath) {
    guard let status = try? FileStatus(of: folder), status.isDirectory else { return nil }
    inode = Int64(truncatingIfNeeded: status.inode)
    // A folder that changed a moment ago may change again within the clock's tick.
    let age = Timestamp.now.microseconds * 1000 - status.modified
    modified = age < 50_000_000 ? 0 : status.modified
  }
}
