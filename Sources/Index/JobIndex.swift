internal import CSQLite
internal import GRDB
public import Jobs
internal import Synchronization
internal import SystemPackage

/// Every job of a workspace, found in a blink: `.cpwx/index.sqlite`, made from the jobs' own files.
///
/// The files are the truth. What is looked at is compared with them first (``Drift``), a missing or damaged index is
/// made anew, and where it cannot be written one is made for this look alone.
public final class JobIndex: Sendable {
  public let workspace: Workspace
  let file: IndexFile
  let queue: DatabaseQueue
  /// Whether it serves this look alone, and what is written to it is lost.
  public let isPassing: Bool
  /// As long as it is open, the file stays in its place.
  private let use: FileLock?
  let notice: IndexNotice
  /// When the files were last compared with it, by whoever has it open here.
  let compared = Mutex<ContinuousClock.Instant?>(nil)
  /// The folders of jobs, and those above them, that this user may not read.
  private let unread = Mutex<Set<String>>([])

  private init(
    _ workspace: Workspace, _ file: IndexFile, _ queue: DatabaseQueue, using use: consuming FileLock?,
    _ notice: IndexNotice
  ) {
    (self.workspace, self.file, self.queue, isPassing, self.notice) = (workspace, file, queue, false, notice)
    self.use = use
    notice.detail("The index is asked: \(file.path).")
  }

  private init(passing queue: DatabaseQueue, _ workspace: Workspace, _ notice: IndexNotice) {
    (self.workspace, file, self.queue) = (workspace, IndexFile(in: workspace), queue)
    (isPassing, self.notice) = (true, notice)
    use = nil
    notice.detail("The jobs' files are read for this look.")
  }

  /// Looks into the index of a workspace.
  ///
  /// - Parameters:
  ///   - leavingNone: where there is no index, none is made but for this look: for those who promised to change nothing.
  ///   - notice: told what was wrong with the index and what was done about it.
  ///   - body: asked again when the index turns out to be damaged while it is read, or not to take what is written. Other
  ///     trouble of its own, as with a film that cannot be read, is its own to tell.
  /// - Throws: what `body` throws; ``JobError`` when not even a passing index can be made.
  public static func look<Result>(
    in workspace: Workspace, leavingNone: Bool = false, notice: IndexNotice,
    _ body: (JobIndex) throws -> Result
  ) throws -> Result {
    let isNone = !exists(IndexFile(in: workspace).path)
    let index = leavingNone && isNone ? try passing(workspace, notice) : try open(workspace, notice: notice)
    defer { index.close() }
    do {
      return try index.answer(notice, body)
    } catch let error as DatabaseError where error.tellsOfDamage {
      notice("the index is damaged (\(error.message ?? "\(error)")); it is made anew from the jobs' files")
    } catch let error as DatabaseError where error.tellsOfNoWriting {
      return try lookPassing(in: workspace, because: error.message ?? "\(error)", notice, body)
    } catch let error as JobError where IndexFile(in: workspace).isTrouble(error) {
      let cause = error.underlying.map { ": \($0)" } ?? ""
      return try lookPassing(in: workspace, because: error.message + cause, notice, body)
    }
    let renewed = try remade(workspace, notice: notice)
    defer { renewed.close() }
    return try renewed.answer(notice, body)
  }

  private static func lookPassing<Result>(
    in workspace: Workspace, because reason: String, _ notice: IndexNotice, _ body: (JobIndex) throws -> Result
  ) throws -> Result {
    notice("the index cannot be brought up to date (\(reason)); the jobs' files are read for this look")
    let passing = try passing(workspace, notice)
    defer { passing.close() }
    do {
      return try passing.answer(notice, body)
    } catch let error as DatabaseError where error.tellsOfNoWriting {
      // What was room enough for it is full by now.
      let inMemory = try inMemory(workspace, notice)
      defer { inMemory.close() }
      return try inMemory.answer(notice, body)
    }
  }

  private func answer<Result>(_ notice: IndexNotice, _ body: (JobIndex) throws -> Result) throws -> Result {
    let result = try body(self)
    let unread = unread.withLock { $0 }
    if let one = unread.min() {
      let others = unread.count > 1 ? " and \(unread.count - 1) more" : ""
      notice("\(one)\(others): this user may not read its files; it is told of as it was known before")
    }
    return result
  }

  /// What lies in a folder cannot be looked at, and is told of as it was known before.
  func mayNotRead(_ folder: String) { unread.withLock { _ = $0.insert(folder) } }

  /// Brings into the index what the files of a job say now. Best effort: where there is no index that can be believed, or
  /// others write it, the next look at it is as good.
  ///
  /// They are read: a job that comes from the index knows neither its stages nor its history.
  public static func note(_ known: IndexedJob, in workspace: Workspace) {
    let file = IndexFile(in: workspace)
    let folder = workspace.resolve(documentPath: known.folder)
    guard file.isNotedAsLeft, let job = try? standingJob(named: folder.string, in: workspace) else { return }
    let use = file.use()
    guard let queue = try? DatabaseQueue(path: file.path.string, configuration: configuration()) else { return }
    let index = JobIndex(workspace, file, queue, using: use, .silent)
    defer { index.close() }
    let isKnown = try? index.read { db in
      guard try Schema.migrator.hasCompletedMigrations(db), try !Schema.migrator.hasBeenSuperseded(db) else {
        return false
      }
      return try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM jobs WHERE folder = ?)", arguments: [job.folder]) == true
    }
    guard isKnown == true else { return }
    try? index.write(waits: false) { try JobWriter($0).store(job) }
  }

  /// Opens the index, making it where there is none that can be believed.
  public static func open(_ workspace: Workspace, notice: IndexNotice) throws -> JobIndex {
    let file = IndexFile(in: workspace)
    if let obstacle = file.obstacle {
      notice("\(obstacle.subject): \(obstacle.message); move it away. The jobs' files are read for this look")
      return try passing(workspace, notice)
    }
    do {
      return try standing(workspace, notice) ?? remade(workspace, notice: notice)
    } catch let error as DatabaseError where error.tellsOfDamage {
      notice("\(file.path): is damaged (\(error.message ?? "\(error)")); it is made anew from the jobs' files")
      return try remade(workspace, notice: notice)
    } catch let error as JobError where error.code == .io {
      notice("\(error.subject): \(error.reason); the jobs' files are read for this look")
      return try passing(workspace, notice)
    } catch let error as DatabaseError {
      notice("\(file.path): cannot be used (\(error.message ?? "\(error)")); the jobs' files are read for this look")
      return try passing(workspace, notice)
    }
  }

  /// The index as it is; `nil` when there is none that can be believed.
  private static func standing(_ workspace: Workspace, _ notice: IndexNotice) throws -> JobIndex? {
    let file = IndexFile(in: workspace)
    guard let status = try? FileStatus(of: file.path), status.size > 0 else {
      if let lack = file.lack { notice("\(file.path): \(lack); it is made anew from the jobs' files") }
      return nil
    }
    let use = file.use()
    guard try file.isAsLeft() else {
      notice("\(file.path): was changed by other hands than cpwx's; it is made anew from the jobs' files")
      return nil
    }
    let queue = try DatabaseQueue(path: file.path.string, configuration: configuration())
    if try queue.read({ try Schema.migrator.hasBeenSuperseded($0) }) {
      notice("\(file.path): is of a newer cpwx and stays as it is; the jobs' files are read for this look")
      return try passing(workspace, notice)
    }
    if try queue.read({ try !Schema.migrator.hasCompletedMigrations($0) }) {
      notice("\(file.path): is of an older cpwx, which kept less in it; it is made anew from the jobs' files")
      try queue.close()
      return nil
    }
    return JobIndex(workspace, file, queue, using: use, notice)
  }

  /// Makes the index anew, beside the old one, which is set aside when the new one is whole.
  static func remade(_ workspace: Workspace, notice: IndexNotice) throws -> JobIndex {
    do {
      return try Reindex(of: workspace).withTurn(notice) { hasWaited in
        // Whoever was waited for has made it.
        if hasWaited, let made = try? standing(workspace, .silent), !made.isPassing { return made }
        try Reindex(of: workspace).replace(notice: notice)
        let file = IndexFile(in: workspace)
        let use = file.use()
        let queue = try DatabaseQueue(path: file.path.string, configuration: configuration())
        return JobIndex(workspace, file, queue, using: use, notice)
      }
    } catch let error where !(error is CancellationError) {
      let text = (error as? DatabaseError)?.message ?? "\(error)"
      notice("\(IndexFile(in: workspace).path): cannot be made (\(text)); the jobs' files are read for this look")
      return try passing(workspace, notice)
    }
  }

  private static func passing(_ workspace: Workspace, _ notice: IndexNotice) throws -> JobIndex {
    do {
      return JobIndex(passing: try Reindex(of: workspace).make(at: .temporary, notice), workspace, notice)
    } catch let error as DatabaseError where error.tellsOfNoWriting {
      return try inMemory(workspace, notice)
    }
  }

  /// For this look alone, where there is no room in any folder.
  private static func inMemory(_ workspace: Workspace, _ notice: IndexNotice) throws -> JobIndex {
    do {
      return JobIndex(passing: try Reindex(of: workspace).make(at: .memory, notice), workspace, notice)
    } catch let error as DatabaseError {
      throw error.madeNoIndex(
        in: workspace,
        remedy: "The jobs are as they were. Make room, or name a folder that has some by TMPDIR, and run this again.")
    }
  }

  /// How long is waited for another process, where it is SQLite that waits.
  fileprivate static let busySeconds = 60.0

  static func configuration() -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(busySeconds)
    configuration.prepareDatabase { db in
      // Not by GRDB's own switch, which writes into the file each time it is opened.
      _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
      // Checkpoints come when the lock is held, by which a change of the file by other hands is told from cpwx's own.
      try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
      if let connection = unsafe db.sqliteConnection { _ = unsafe sqlite_leave_wal_at_close(connection) }
      try db.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768")
    }
    return configuration
  }

  func read<Result>(_ body: (Database) throws -> Result) throws -> Result { try queue.read(body) }

  /// Changes the index in one transaction.
  ///
  /// - Parameter waits: for whoever else does; else a ``JobError`` with code `locked` tells that somebody does.
  func write<Result>(waits: Bool = true, _ body: (Database) throws -> Result) throws -> Result {
    if isPassing { return try queue.write(body) }
    let lock = waits ? try file.lock() : try file.lockIfFree()
    let result = waits ? try queue.write(body) : try queue.writeIfFree(body)
    // What was written is written, whatever becomes of this.
    if file.waitingBytes > Self.mostWaitingBytes { try? checkpoint(lock) }
    _ = consume lock
    return result
  }

  /// Brings what jobs' files say into the index.
  public func store(_ jobs: [IndexedJob]) throws {
    try write { db in
      let writer = try JobWriter(db)
      for job in jobs { try writer.store(job) }
    }
  }

  /// Brings what the records of batches say into the index.
  func storeBatches() throws { try write { try $0.storeBatches(of: workspace) } }

  private func checkpoint(_ lock: borrowing FileLock) throws {
    guard try file.isAsLeft(lock) else { return }
    try file.change(lock) { _ = try queue.settle() }
  }

  /// What may wait in the `-wal` file while somebody writes.
  private static let mostWaitingBytes = 32 << 20
  /// What whoever opens the index next may find waiting: it is read then, a millisecond a megabyte.
  private static let mostBytesLeft = 1 << 20

  /// Lets go of the file, and brings waiting transactions into it where there are many. Best effort: what is not done now is
  /// done next time.
  public func close() {
    if !isPassing, file.waitingBytes > Self.mostBytesLeft, let lock = try? file.lockIfFree() { try? checkpoint(lock) }
    try? queue.close()
  }
}

extension DatabaseQueue {
  /// Changes the database in one transaction, unless somebody has it in one, as a person with `sqlite3` may.
  ///
  /// - Throws: ``JobError`` with code `locked` when somebody has.
  fileprivate func writeIfFree<Result>(_ body: (Database) throws -> Result) throws -> Result {
    do {
      return try writeWithoutTransaction { db in
        try db.withoutWaiting {
          var result: Result?
          try db.inTransaction(.immediate) {
            result = try body(db)
            return .commit
          }
          return result!
        }
      }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      throw JobError(.locked, "the index", "is in the hands of another process", underlying: error)
    }
  }

  /// Brings what waits in the `-wal` file into the database, as far as that goes now.
  ///
  /// - Returns: whether nothing waits any more. A reader that stays, as `sqlite3 | less` does, keeps some of it waiting, and
  ///   nobody waits for that reader.
  func settle() throws -> Bool {
    try writeWithoutTransaction { db in
      do {
        _ = try db.withoutWaiting { try db.checkpoint(.truncate) }
        return true
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
        return false
      }
    }
  }
}

extension Database {
  /// Does something at once or not at all, whoever has the database.
  fileprivate func withoutWaiting<Result>(_ body: () throws -> Result) throws -> Result {
    try execute(sql: "PRAGMA busy_timeout = 0")
    defer { try? execute(sql: "PRAGMA busy_timeout = \(Int(JobIndex.busySeconds * 1000))") }
    return try body()
  }
}
