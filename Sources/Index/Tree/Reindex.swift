internal import Glibc
internal import GRDB
public import Jobs
internal import SystemPackage

/// Makes an index from the jobs' files: on all cores, in bounded memory, beside the one that stands.
public struct Reindex: Sendable {
  public struct Progress: Sendable {
    public var days: Int
    public var daysDone = 0
    public var jobs = 0
    /// Nothing is left to do.
    public var isWhole = false
  }

  private let workspace: Workspace

  public init(of workspace: Workspace) { self.workspace = workspace }

  /// Makes the index of the workspace anew; until it is whole, the old one serves.
  ///
  /// - Returns: the number of jobs.
  @discardableResult
  public func run(notice: IndexNotice) throws -> Int {
    if let obstacle = IndexFile(in: workspace).obstacle { throw obstacle }
    let count: Int
    do {
      count = try withTurn(notice) { _ in try replace(notice: notice) }
    } catch let error as DatabaseError where error.tellsOfNoWriting {
      throw error.madeNoIndex(
        in: workspace,
        remedy: "The jobs are as they were, and an index that was there too. Make room, and run this again.")
    }
    // What was written while this one was being made is told by the files.
    try JobIndex.look(in: workspace, notice: notice) { try Drift($0).healAll() }
    return count
  }

  /// Has one process at a time make the index: all at once would take as long as all of them.
  ///
  /// - Parameter body: told whether another one was waited for.
  func withTurn<Result>(_ notice: IndexNotice, _ body: (_ hasWaited: Bool) throws -> Result) throws -> Result {
    let path = IndexFile(in: workspace).makerPath
    try makeFolder(path.removingLastComponent(), mode: [.ownerReadWriteExecute])
    func ifFree(looks: Int) throws -> FileLock? {
      do {
        return try FileLock.take(path, subject: "the index", looks: looks)
      } catch let error as JobError {
        if error.code == .locked { return nil }
        throw JobError(.io, path.removingLastComponent().string, "cannot be written", underlying: error.underlying)
      }
    }
    var lock = try ifFree(looks: 1)
    let hasWaited = lock == nil
    // For a second, in which most indexes are made, without a word.
    if hasWaited { lock = try ifFree(looks: 200) }
    if lock == nil {
      notice("another process makes the index of jobs anew; waiting for it")
      lock = try FileLock.wait(for: path)
    }
    let result = try body(hasWaited)
    _ = consume lock
    return result
  }

  @discardableResult
  func replace(notice: IndexNotice) throws -> Int {
    let file = IndexFile(in: workspace)
    let folder = file.path.removingLastComponent()
    Leftovers.sweep(folder)
    let new = folder.appending(".index.sqlite.tmp-\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 36))")
    defer { unlink(new) }
    let queue = try make(at: .file(new), notice)
    let count = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM jobs") ?? 0 }
    try queue.writeWithoutTransaction { _ = try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL") }
    try queue.close()
    let lock = try file.lock()
    if exists(file.path), try file.isAsLeft(lock), let standing = try? JobIndex.standing(file) {
      let isDone = try file.exchange(for: new, lock) {
        guard try standing.settle() else { return false }
        try standing.close()
        return true
      }
      if !isDone {
        // Others have it open: its content is exchanged, in one transaction, and the file stays.
        let source = try DatabaseQueue(path: new.string)
        try file.change(lock) {
          try source.backup(to: standing)
          _ = try standing.settle()
        }
        try source.close()
        try standing.close()
      }
    } else {
      if let status = try? FileStatus(of: file.path), status.size > 0 {
        notice("the old index is kept as \(try file.setAside())")
      }
      try file.install(new, lock)
    }
    _ = consume lock
    return count
  }

  enum Place: Sendable {
    case file(FilePath)
    /// SQLite's own for what goes with whoever has it open, however that ends: in memory as far as the cache goes, beyond that
    /// in a file without a name.
    case temporary
    case memory

    var path: String {
      switch self {
      case .file(let path): path.string
      case .temporary: ""
      case .memory: ":memory:"
      }
    }
  }

  /// Makes an index.
  func make(at place: Place, _ notice: IndexNotice) throws -> DatabaseQueue {
    if case .file(let path) = place { try IndexFile.make(at: path) }
    var configuration = Configuration()
    configuration.prepareDatabase { db in
      if case .memory = place { try db.execute(sql: "PRAGMA temp_store = MEMORY") }
      // Nobody else sees it before it is whole; one that is cut short is thrown away.
      try db.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
      // Indexes are sorted on the other cores too, each of which takes as much memory as the cache.
      try db.execute(sql: "PRAGMA cache_size = -24576; PRAGMA threads = 2")
    }
    let queue = try DatabaseQueue(path: place.path, configuration: configuration)
    try Schema.migrator.migrate(queue)
    var progress = Progress(days: 0)
    defer {
      progress.isWhole = true
      notice.progress(progress)
    }
    try queue.writeWithoutTransaction { db in
      try db.inTransaction {
        try Schema.loosen(db)
        try fill(db, &progress, notice)
        try db.storeBatches(of: workspace)
        try Schema.tighten(db)
        return .commit
      }
    }
    return queue
  }

  private func fill(_ db: Database, _ progress: inout Progress, _ notice: IndexNotice) throws {
    let tree = JobTree(workspace: workspace)
    let days = try days(of: tree, db)
    progress.days = days.count
    var number: Int64 = -1
    let workspace = workspace
    let writer = try JobWriter(db)
    try inParallel(
      days, pieces: { Self.pieces(of: $0, tree) },
      work: { piece in piece.found.map { $0.rows(in: workspace) } }
    ) { piece, rows in
      for folder in piece.users { try db.store(folder) }
      for (job, archive) in rows {
        if let archive { try db.store(archive) }
        guard var job else { continue }
        // Trees of other writers bear a number more than once.
        if job.key <= number { job.key = try db.freeKey(from: job.key) }
        number = max(number, job.key)
        try writer.add(job)
        progress.jobs += 1
      }
      if piece.isLast { progress.daysDone += 1 }
      notice.progress(progress)
    }
  }

  /// The days' folders, oldest first, those of one day together. What lies above them is noted on the way.
  private func days(of tree: JobTree, _ db: Database) throws -> [[JobTree.Folder]] {
    var days: [JobDate: [JobTree.Folder]] = [:]
    var open = tree.roots()
    while let folder = open.popLast() {
      if folder.isDay, let date = folder.date {
        try db.store(folder)
        days[date, default: []].append(folder)
      } else {
        let contents = tree.contents(of: folder)
        try db.store(folder.stamped(contents))
        open += contents.folders
      }
    }
    return days.keys.sorted().map { days[$0]! }
  }

  /// What is found under a number.
  private enum Found: Sendable {
    case job(JobPlace)
    /// - Parameter alone: nothing else is left of its job.
    case archive(ArchivePlace, alone: Bool)

    /// By keys; what has one key, by folders.
    var order: (Int64, String) {
      switch self {
      case .job(let place): (JobKey.first(of: place), place.folder)
      case .archive(let place, _): (JobKey.first(place.date, number: place.number, user: place.user), place.folder)
      }
    }

    func rows(in workspace: Workspace) -> (job: JobRows?, archive: IndexedArchive?) {
      switch self {
      case .job(let place): return (IndexedJob(reading: place, in: workspace).map { JobRows($0) }, nil)
      case .archive(let place, let alone):
        let reading = ArchiveReading(place, in: workspace)
        return (alone ? reading?.job().map { JobRows($0) } : nil, reading?.row())
      }
    }
  }

  private struct Piece: Sendable {
    var found: [Found]
    var users: [JobTree.Folder]
    var isLast: Bool
  }

  private static let pieceLength = 128

  private static func pieces(of day: [JobTree.Folder], _ tree: JobTree) -> [Piece] {
    var places: [JobPlace] = []
    var archives: [ArchivePlace] = []
    var users: [JobTree.Folder] = []
    for folder in day {
      let found = tree.contents(of: folder)
      places += found.jobs
      if found.isUnread { users.append(folder.stamped(found)) }
      for user in found.folders {
        let contents = tree.contents(of: user)
        users.append(user.stamped(contents))
        places += contents.jobs
      }
      for place in [folder] + found.folders { archives += tree.archives(in: place) }
    }
    let folders = Set(places.map(\.folder))
    var found = places.map { Found.job($0) }
    found += archives.map { .archive($0, alone: !$0.isRedacted && !folders.contains($0.folder)) }
    found.sort { $0.order < $1.order }
    let starts = Array(stride(from: 0, to: max(1, found.count), by: pieceLength))
    return starts.map { start in
      Piece(
        found: Array(found[start..<min(found.count, start + pieceLength)]), users: start == 0 ? users : [],
        isLast: start == starts.last)
    }
  }
}

extension JobIndex {
  /// The standing index when it can be written to.
  fileprivate static func standing(_ file: IndexFile) throws -> DatabaseQueue? {
    let queue = try DatabaseQueue(path: file.path.string, configuration: configuration())
    guard try queue.read({ try !Schema.migrator.hasBeenSuperseded($0) }) else { return nil }
    return queue
  }
}
