internal import CSQLite
internal import GRDB
internal import Jobs
internal import SystemPackage

/// `.cpwx/index.sqlite` as a file, and the knowledge of whether it is as cpwx left it.
///
/// Every change of the database file happens under the lock on `.cpwx/index.lock`, and what the file then looks like is
/// written into it. A file that looks otherwise was changed by other hands, a failing disk among them; its answers
/// could be wrong, so it is made anew. Between changes, transactions wait in the `-wal` file, whose frames SQLite
/// checks itself.
struct IndexFile: Sendable {
  let path: FilePath

  init(in workspace: Workspace) {
    _ = Self.prepared
    path = workspace.stateFolder.appending("index.sqlite")
  }

  /// Whoever opens the index knows it by this, so it is done before.
  private static let prepared: Void = sqlite_prepare()

  private var lockPath: FilePath { path.removingLastComponent().appending("index.lock") }
  /// Shared by whoever has the index open.
  private var usersPath: FilePath { path.removingLastComponent().appending("index.users") }
  /// Held by who makes the index anew.
  var makerPath: FilePath { path.removingLastComponent().appending("index.maker") }
  private var companions: [FilePath] { ["-wal", "-shm", "-journal"].map { FilePath(path.string + $0) } }

  /// What there is to say of a folder in the place of one of the index's own files.
  var obstacle: JobError? {
    ([lockPath, usersPath, makerPath] + companions).first { isDirectory($0) }.map {
      JobError(
        .io, $0.string, "is a folder, where cpwx keeps a file of its own",
        remedy: "Nothing was changed. Move it away, and run this again.")
    }
  }

  /// Whether an error is about one of the index's own files.
  func isTrouble(_ error: JobError) -> Bool {
    let subject = FilePath(error.subject)
    return error.code == .io && subject.removingLastComponent() == path.removingLastComponent()
      && subject.lastComponent?.string.hasPrefix("index.") == true
  }

  func lock() throws -> FileLock { try FileLock.wait(for: lockPath) }

  /// - Throws: ``JobError`` with code `locked` when another holds it.
  func lockIfFree() throws -> FileLock { try FileLock.take(lockPath, subject: "the index") }

  /// Has nobody put another file in this one's place as long as it lasts.
  func use() -> FileLock? { FileLock.share(usersPath) }

  /// Has nobody open the index as long as it lasts; `nil` when somebody has it open.
  private func closeToOthers() -> FileLock? { try? FileLock.take(usersPath, subject: "the index", looks: 1) }

  /// The size of the `-wal` file.
  var waitingBytes: Int { (try? FileStatus(of: companions[0]))?.size ?? 0 }

  /// Whether the file is as the last change by cpwx left it.
  func isAsLeft(_ lock: borrowing FileLock) throws -> Bool {
    guard let noted = try? JSON(parsing: lock.content()) else { return false }
    guard noted["changing"]?.bool == true else { return isAs(noted) }
    // A change that was cut short. SQLite brings its own file back in order; what it finds then is what counts from now on.
    guard exists(path), try isSound() else { return false }
    try? note(lock)
    return true
  }

  /// The same for a reader, who waits for a writer only when in doubt.
  func isAsLeft() throws -> Bool {
    if isNotedAsLeft { return true }
    return try isAsLeft(lock())
  }

  /// The same without waiting or writing anything; in doubt not.
  var isNotedAsLeft: Bool {
    guard let noted else { return false }
    return noted["changing"]?.bool == true ? exists(path) && FileLock.isHeld(lockPath) : isAs(noted)
  }

  /// What the last change left to be known of the file; `nil` where there never was one.
  private var noted: JSON? { (try? DurableFile.read(lockPath)).flatMap { try? JSON(parsing: $0) } }

  /// What is wrong where there is nothing in the file's place, or nothing in the file; `nil` where there never was one.
  var lack: String? {
    // In this order: one that another process makes meanwhile is noted when it is there.
    let hadOne = noted != nil
    if let status = try? FileStatus(of: path) { return status.size == 0 ? "is empty" : nil }
    return isTaken(path) ? "is a link to nothing" : hadOne ? "is missing" : nil
  }

  /// Whether SQLite finds everything in order.
  private func isSound() throws -> Bool {
    do {
      let queue = try DatabaseQueue(path: path.string, configuration: JobIndex.configuration())
      let isSound = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") == "ok" }
      try queue.close()
      return isSound
    } catch let error as DatabaseError where error.tellsOfDamage {
      return false
    }
  }

  /// What SQLite opens to read it and write nothing. Where nobody has the index open, it would make files beside it.
  var readingPath: String {
    if exists(companions[0]) { return path.string }
    return "file://" + percentEncoded(path.string) + "?immutable=1"
  }

  private func isAs(_ noted: JSON) -> Bool {
    guard let status = try? FileStatus(of: path) else { return false }
    return noted["inode"]?.int == Int(status.inode) && noted["size_bytes"]?.int == status.size
      && noted["modified"]?.int == Int(status.modified)
  }

  /// Changes the database file and notes what it looks like then.
  func change(_ lock: borrowing FileLock, _ body: () throws -> Void) throws {
    try lock.describeHolder(["changing": .bool(true)])
    try body()
    try note(lock)
  }

  func note(_ lock: borrowing FileLock) throws {
    let status = try FileStatus(of: path)
    try lock.describeHolder([
      "inode": .int(Int(status.inode)), "size_bytes": .int(status.size), "modified": .int(Int(status.modified)),
    ])
  }

  /// Makes an empty file that only its owner reads, which SQLite then fills; its companions take its mode over.
  static func make(at path: FilePath) throws {
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
      try file.close()
    } catch {
      throw JobError(.io, path.string, "the index cannot be made", underlying: error)
    }
  }

  /// Moves a database that is not to be believed out of the way.
  func setAside() throws -> FilePath {
    let name = "index.sqlite.kept-\(Timestamp.now.format("%Y%m%dT%H%M%S"))"
    let kept = try Jobs.setAside(path, as: name)
    // Of those that were kept before, the last one tells enough. What is no file may be anything.
    let folder = path.removingLastComponent()
    for name in names(in: folder) where name.hasPrefix("index.sqlite.kept-") && name != kept.lastComponent?.string {
      let old = folder.appending(name)
      if (try? FileStatus(ofLink: old))?.isRegular == true { unlink(old) }
    }
    for companion in companions { unlink(companion) }
    return kept
  }

  /// Puts a database that is whole in the place of this one, if nobody has this one open.
  ///
  /// - Parameter settled: brings this one's waiting transactions into it, so that it is whole whenever the power goes, and
  ///   tells whether that was all of them.
  /// - Returns: whether it was done.
  func exchange(for new: FilePath, _ lock: borrowing FileLock, settled: () throws -> Bool) throws -> Bool {
    guard let alone = closeToOthers() else { return false }
    var isDone = false
    try change(lock) {
      guard try settled() else { return }
      for companion in companions { unlink(companion) }
      try DurableFile.replace(path, by: new)
      isDone = true
    }
    _ = consume alone
    return isDone
  }

  /// Puts a database that is whole in this one's place, where there is none.
  func install(_ new: FilePath, _ lock: borrowing FileLock) throws {
    for companion in companions { unlink(companion) }
    try change(lock) { try DurableFile.replace(path, by: new) }
  }
}
