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

  init(in workspace: Workspace) { path = workspace.stateFolder.appending("index.sqlite") }

  private var lockPath: FilePath { path.removingLastComponent().appending("index.lock") }
  /// Shared by whoever has the index open.
  private var usersPath: FilePath { path.removingLastComponent().appending("index.users") }
  /// Held by who makes the index anew.
  var makerPath: FilePath { path.removingLastComponent().appending("index.maker") }
  private var companions: [FilePath] { ["-wal", "-shm", "-journal"].map { FilePath(path.string + $0) } }

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
  func isAsLeft(_ lock: borrowing FileLock) throws -> Bool { try isAs(lock.content()) }

  /// The same for a reader, who waits for a writer only when in doubt.
  func isAsLeft() throws -> Bool {
    if let noted = try? DurableFile.read(lockPath), isAs(noted) { return true }
    return try isAsLeft(lock())
  }

  /// The same without waiting or writing anything; in doubt not.
  var isNotedAsLeft: Bool { (try? DurableFile.read(lockPath)).map(isAs) ?? false }

  /// What SQLite opens to read it and write nothing. Where nobody has the index open, it would make files beside it.
  var readingPath: String {
    if exists(companions[0]) { return path.string }
    return "file://" + percentEncoded(path.string) + "?immutable=1"
  }

  private func isAs(_ noted: [UInt8]) -> Bool {
    guard let status = try? FileStatus(of: path), let noted = try? JSON(parsing: noted) else { return false }
    // A change that was cut short: SQLite brings its own file back in order.
    if noted["changing"]?.bool == true { return true }
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
    for companion in companions { unlink(companion) }
    return kept
  }

  /// Puts a database that is whole in the place of this one, if nobody has this one open.
  ///
  /// - Parameter emptied: has this one's waiting transactions brought into it, so that it is whole whenever the power goes.
  /// - Returns: whether it was done.
  func exchange(for new: FilePath, _ lock: borrowing FileLock, emptied: () throws -> Void) throws -> Bool {
    guard let alone = closeToOthers() else { return false }
    try change(lock) {
      try emptied()
      for companion in companions { unlink(companion) }
      try DurableFile.replace(path, by: new)
    }
    _ = consume alone
    return true
  }

  /// Puts a database that is whole in this one's place, where there is none.
  func install(_ new: FilePath, _ lock: borrowing FileLock) throws {
    for companion in companions { unlink(companion) }
    try DurableFile.replace(path, by: new)
    try note(lock)
  }
}
