internal import GRDB
public import Jobs
internal import SystemPackage

extension JobIndex {
  /// The job that a person names: its id, a prefix that only one has, `latest`, `latest~2` (the second before the
  /// latest), or a path in or of the job or of its archive.
  ///
  /// Ids and paths are looked up in the tree itself; the rest in the index.
  /// A whole id is that job's or nobody's, also where it begins another's.
  /// - Throws: ``JobError`` with code `usage` when none or several fit; then it names those that do.
  public static func job(named name: String, in workspace: Workspace, notice: IndexNotice) throws -> IndexedJob {
    if let job = try standingJob(named: name, in: workspace) {
      if let id = JobID(name) { try refuseOthers(called: id, than: job, in: workspace) }
      return job
    }
    for place in paths(calledSo: name, in: workspace).flatMap({ archives(around: $0, in: workspace) }) {
      if let job = try look(in: workspace, notice: notice, { try $0.job(inFolder: place.folder) }) { return job }
    }
    return try look(in: workspace, notice: notice) { try $0.job(calledOrBeginning: name) }
  }

  /// The archive at a path, or those of the jobs that it may lie in, though nothing be there any more.
  private static func archives(around path: FilePath, in workspace: Workspace) -> [ArchivePlace] {
    if let place = ArchivePlace(at: path, in: workspace) { return [place] }
    var relative = path
    guard relative.removePrefix(workspace.outputRoot) else { return [] }
    let parts = relative.components.map(\.string)
    return [5, 4].filter { parts.count >= $0 }.compactMap { depth in
      let folder = workspace.outputRoot.pushing(FilePath(parts.prefix(depth).joined(separator: "/")))
      return ArchivePlace(ofJobIn: folder, in: workspace)
    }
  }

  /// Another user's job may bear the same id, and be archived.
  private static func refuseOthers(called id: JobID, than job: IndexedJob, in workspace: Workspace) throws {
    let day = workspace.archiveRoot.pushing(FilePath(id.date.folders))
    let archives = names(in: day).compactMap { user -> ArchivePlace? in
      let file = day.appending(user).appending("\(id)\(ArchivePlace.ending)")
      return exists(file) ? ArchivePlace(at: file, in: workspace) : nil
    }
    var others = archives.filter { $0.folder != job.folder }.map { ($0.user, $0.folder) }
    // One that was copied lies in the folder of another day, perhaps.
    let copies = IndexAsItStands(of: workspace).jobs(beginning: id.description, limit: 20).filter { copy in
      copy.jobID == id.description && copy.folder != job.folder && !others.contains { $0.1 == copy.folder }
        && isDirectory(workspace.resolve(documentPath: copy.folder))
    }
    others += copies.map { ($0.userID, $0.folder) }
    if !others.isEmpty { throw ofSeveral(id.description, [(job.userID, job.folder)] + others) }
  }

  /// A job whose folder is there, by its whole id or a path in it: no index is needed for that.
  ///
  /// - Returns: `nil` for any other name.
  /// - Throws: ``JobError`` with code `usage` for an id that jobs of several users have.
  public static func standingJob(named name: String, in workspace: Workspace) throws -> IndexedJob? {
    let tree = JobTree(workspace: workspace)
    if let id = JobID(name) {
      let exact = tree.jobs(with: id)
      if exact.count > 1 { throw ofSeveral(name, exact.map { ($0.user, $0.folder) }) }
      if let place = exact.first, let job = standing(place, in: workspace) { return job }
    }
    guard !name.isEmpty, let place = paths(calledSo: name, in: workspace).lazy.compactMap(tree.job(around:)).first
    else { return nil }
    return standing(place, in: workspace)
  }

  /// What a path leads to: from here, else as documents write it.
  static func paths(calledSo name: String, in workspace: Workspace) -> [FilePath] {
    let here = currentFolder()
    var folders = [here, workspace.root]
    // As the shell came here, perhaps by a link.
    if let named = environmentVariable("PWD").map({ FilePath($0) }), named.isAbsolute, realPath(named) == here {
      folders.insert(named, at: 0)
    }
    return folders.map { resolve(name, against: $0) }
  }

  /// A job whose folder is there, with what else is known of it by its place.
  private static func standing(_ place: JobPlace, in workspace: Workspace) -> IndexedJob? {
    var job = IndexedJob(reading: place, in: workspace)
    let archive = ArchivePlace(ofJobIn: workspace.resolve(documentPath: place.folder), in: workspace)
    if let archive, exists(archive.file(in: workspace)) { job?.archive = archive.path }
    return job
  }

  private func job(calledOrBeginning name: String) throws -> IndexedJob {
    if let back = Self.stepsBack(name) {
      var query = JobQuery()
      query.limit = back + 1
      let newest = try page(query)
      if newest.count == back + 1 { return newest[back] }
      throw JobError(
        .usage, name, newest.isEmpty ? "there is no job yet" : "is further back than the oldest job",
        remedy: newest.isEmpty ? "Make one with: cpwx run FILE" : "See them with: cpwx job list")
    }
    try Drift(self).heal()
    let most = 10
    let exact = try current {
      try $0.jobs(
        "SELECT \(Database.jobColumns) FROM jobs WHERE job_id = ? ORDER BY key LIMIT ?", arguments: [name, most])
    }
    if exact.count == 1 { return exact[0] }
    if exact.count > 1 { throw Self.ofSeveral(name, exact.map { ($0.userID, $0.folder) }) }
    // A whole id names that job or none: it is not the beginning of another.
    let fitting = try current { db in
      name.isEmpty || JobID(name) != nil ? [] : try db.jobs(beginning: name, limit: most + 1)
    }
    switch fitting.count {
    case 1: return fitting[0]
    case 0:
      throw JobError(
        .usage, name, "no such job in \(workspace.outputRoot)",
        remedy:
          "\(nearest(name, among: ["latest"]).map { "Did you mean \($0)? " } ?? "")See them with: cpwx job list, or look for one with: cpwx job find WORDS"
      )
    default:
      // Where several users have one id, more of it tells nothing.
      let isTelling = Set(fitting.map(\.jobID)).count == fitting.count
      let some = fitting.prefix(most).map {
        "\(isTelling ? $0.jobID : $0.folder)\($0.title.map { " (\($0))" } ?? "")"
      }
      let more = fitting.count > most ? " and more" : ""
      throw JobError(
        .usage, name, "fits several jobs: \(some.joined(separator: ", "))\(more).",
        remedy: isTelling ? "Give more of the id." : "Give more of the id, or the job's folder.")
    }
  }

  private static func ofSeveral(_ name: String, _ jobs: [(user: String, folder: String)]) -> JobError {
    JobError(
      .usage, name,
      Set(jobs.map(\.user)).count < jobs.count
        ? "is the name of several jobs" : "is a job of several users: \(jobs.map(\.user).joined(separator: ", "))",
      remedy: "Name its folder: \(jobs.map(\.folder).joined(separator: ", "))")
  }

  /// `latest` is 0 back, `latest~3` is 3.
  static func stepsBack(_ name: String) -> Int? {
    if name == "latest" { return 0 }
    guard name.hasPrefix("latest~"), let steps = Int(name.dropFirst(7)), (0..<1_000_000).contains(steps) else {
      return nil
    }
    return steps
  }
}

extension IndexedJob {
  /// Where its files are.
  public func paths(in workspace: Workspace) -> JobPaths {
    JobPaths(
      name: jobID, date: place.date, number: place.number, userID: Int(userID) ?? 0,
      output: workspace.resolve(documentPath: folder),
      logs: workspace.resolve(documentPath: logs ?? folder), in: workspace)
  }
}
