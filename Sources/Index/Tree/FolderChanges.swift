internal import GRDB
internal import Jobs
internal import SystemPackage

/// What came and went in folders that look otherwise than the index remembers.
struct FolderChanges {
  /// Whether the records of batches may say something else by now.
  var ofBatches = false
  private var folders: [JobTree.Folder] = []
  private var forgotten: [String] = []
  private var came: [JobPlace] = []
  private var went: [String] = []
  private var archivesThatCame: [ArchivePlace] = []
  private var archivesThatWent: [IndexedArchive] = []

  var isEmpty: Bool {
    folders.isEmpty && forgotten.isEmpty && came.isEmpty && went.isEmpty && archivesThatCame.isEmpty
      && archivesThatWent.isEmpty && !ofBatches
  }

  /// Forgets archives of a folder that is the workspace's no more, and that it was looked into.
  mutating func leaveOtherRoots(_ tree: JobTree, _ db: Database) throws {
    let root = tree.workspace.documentPath(tree.workspace.archiveRoot)
    let others = try db.archives(outside: root)
    if others.isEmpty { return }
    archivesThatWent += others
    let batches = tree.workspace.documentPath(tree.workspace.batchFolder)
    forgotten += try String.fetchAll(db, sql: "SELECT path FROM folders").filter { $0 != batches && !tree.covers($0) }
  }

  mutating func look(
    _ path: String, _ known: [String: FolderStamp], _ tree: JobTree, _ index: JobIndex
  ) throws {
    let location = tree.workspace.resolve(documentPath: path)
    if ArchiveReach(in: tree.workspace).flaw(of: location) != nil {
      // With a stamp by which it is looked at again in any case.
      if known[path] == nil, let folder = tree.folder(path) { folders.append(folder) }
      return
    }
    guard let folder = tree.folder(path) else {
      if tree.covers(path), !isNoFolder(location) { return index.mayNotRead(path) }
      forgotten.append(path)
      went += try index.read { try $0.foldersOfJobs(in: path, deep: true) }
      archivesThatWent += try index.read { try $0.archives(in: path, deep: true) }
      if let repetition = tree.repetition(of: path) { try look(repetition.path, known, tree, index) }
      return
    }
    let contents = tree.contents(of: folder)
    let stamped = folder.stamped(contents)
    if stamped.stamp != known[path] { folders.append(stamped) }
    if contents.isUnread { return index.mayNotRead(path) }
    for inner in contents.folders where known[inner.path] == nil { try look(inner.path, known, tree, index) }
    let before = try index.read { try $0.foldersOfJobs(in: path, deep: false) }
    let now = Set(contents.jobs.map(\.folder))
    came += contents.jobs.filter { !before.contains($0.folder) }
    went += before.subtracting(now)
    try lookForArchives(tree.archives(in: folder), in: path, index)
    // What comes and goes in `out/` decides what counts of `jobs/`.
    if let repetition = tree.repetition(of: path) { try look(repetition.path, known, tree, index) }
  }

  private mutating func lookForArchives(_ now: [ArchivePlace], in path: String, _ index: JobIndex) throws {
    let before = try index.read { try $0.archives(in: path, deep: false) }
    let standing = Set(now.map(\.path))
    archivesThatWent += before.filter { !standing.contains($0.path) }
    let known = Dictionary(before.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
    archivesThatCame += now.filter { place in
      guard let known = known[place.path], let status = try? FileStatus(of: place.file(in: index.workspace)) else {
        return true
      }
      return !known.isAsRead(status)
    }
  }

  func apply(_ db: Database, _ workspace: Workspace) throws {
    for archive in archivesThatWent {
      try db.execute(sql: "DELETE FROM archives WHERE path = ?", arguments: [archive.path])
      if archive.status != .redacted, !isDirectory(workspace.resolve(documentPath: archive.folder)) {
        try db.leave(archive.folder, in: workspace)
      }
    }
    for place in archivesThatCame {
      guard let reading = ArchiveReading(place, in: workspace) else { continue }
      try db.store(reading, in: workspace)
    }
    for folder in went { try db.leave(folder, in: workspace) }
    let writer = try JobWriter(db)
    for place in came {
      if let job = IndexedJob(reading: place, in: workspace) { try writer.store(job) }
    }
    if ofBatches { try db.storeBatches(of: workspace) }
    for folder in folders { try db.store(folder) }
    for path in forgotten { try db.execute(sql: "DELETE FROM folders WHERE path = ?", arguments: [path]) }
  }
}

extension Database {
  /// The jobs whose folders lie in a folder, or anywhere below it.
  func foldersOfJobs(in path: String, deep: Bool) throws -> Set<String> {
    // '0' comes after '/'. Of those that are only archived no folder is missed.
    let found = try String.fetchSet(
      self, sql: "SELECT folder FROM jobs WHERE folder >= ? AND folder < ? AND size_bytes >= 0",
      arguments: [path + "/", path + "0"])
    return deep ? found : found.filter { !$0.dropFirst(path.count + 1).contains("/") }
  }

  func store(_ folder: JobTree.Folder) throws { try store(folder.path, folder.stamp) }

  func store(_ folder: String, _ stamp: FolderStamp) throws {
    try cachedStatement(sql: "INSERT OR REPLACE INTO folders VALUES (?,?,?)").execute(arguments: [
      folder, stamp.inode, stamp.modified,
    ])
  }
}
