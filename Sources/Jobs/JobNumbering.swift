internal import SystemPackage

/// Hands out the numbers of a day's jobs: one writer at a time, none given twice.
///
/// The day's file under `.cpwx/numbers/` is both the lock and the memory of the highest number ever given, so that a
/// number stays used when its job is archived or deleted. What the trees hold counts too: other writers make jobs there.
public struct JobNumbering: Sendable {
  public let workspace: Workspace
  private let seen: SeenNumbers

  public init(workspace: Workspace) { self.init(SeenNumbers(in: workspace)) }

  init(_ seen: SeenNumbers) { (workspace, self.seen) = (seen.workspace, seen) }

  /// Calls `body` with the next id of today, holding that day's lock, so that the job's folder is there before
  /// anyone else looks; and with whether it is the first that is asked for here.
  ///
  /// The folder, durable when `body` returns, shows the number; ``keep(_:)`` brings it to the disk before the folder goes.
  ///
  /// - Throws: ``JobError``, or what `body` throws; the number is then used up.
  func withNextID<Result>(
    now: () -> Timestamp, confirm: (JobID) throws -> Void = { _ in }, _ body: (JobID, Timestamp, Bool) throws -> Result
  ) throws -> Result {
    let folder = workspace.numbersFolder
    try makeFolder(folder)
    while true {
      let day = JobDate(now())
      let lock = try FileLock.wait(for: folder.appending(day.digits))
      let moment = now()
      // Midnight may have passed while waiting: that day's numbers are then another lock's.
      guard JobDate(moment) == day else { continue }
      let given = try highestGiven(lock)
      let (shown, isFirst) = try seen.highest(on: day)
      let id = JobID(date: day, number: max(given, shown) + 1)
      try confirm(id)
      try note(id.number, lock, day)
      let result = try body(id, moment, isFirst)
      _ = consume lock
      return result
    }
  }

  /// Sees to it that no job gets this one's number again, though nothing shows it any more. Durable on return.
  ///
  /// - Throws: ``JobError``.
  func keep(_ id: JobID) throws {
    let file = workspace.numbersFolder.appending(id.date.digits)
    do {
      try makeFolder(file.removingLastComponent())
      let lock = try FileLock.wait(for: file)
      let given = try highestGiven(lock)
      // Also where it says so already: who wrote it may not have come to make it durable.
      try lock.replaceContent(Array("\(max(given, id.number))\n".utf8))
      for folder in [workspace.numbersFolder, workspace.stateFolder] {
        try DurableFile.syncFolder(of: folder)
      }
      _ = consume lock
    } catch {
      throw JobError(
        .io, file.string, "the number of \(id) cannot be kept from being given again", remedy: "Nothing was changed.",
        underlying: error.cause)
    }
  }

  /// The highest number of a day that was ever given, or that a tree shows; 0 when none. No lock is taken: by the time
  /// it is read, the next one may be given.
  ///
  /// - Throws: ``JobError`` with code `io` when a folder is there and cannot be read.
  public func highestUsed(on day: JobDate) throws -> Int {
    let memory = try? DurableFile.read(workspace.numbersFolder.appending(day.digits))
    return max(Self.number(inMemory: memory ?? []), try SeenDay(listing: day, in: workspace).highest)
  }

  /// Sees to it that no job gets a number up to these, of as many days.
  ///
  /// It is on the disk once the caller has brought the file system there: of many days, that takes one wait.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public func keep(upTo ids: [JobID]) throws {
    let folder = workspace.numbersFolder
    try makeFolder(folder)
    for id in ids {
      let lock = try FileLock.wait(for: folder.appending(id.date.digits))
      let given = Self.number(inMemory: try lock.content())
      if given < id.number { try note(id.number, lock, id.date) }
      _ = consume lock
    }
  }

  /// Calls `body` while nobody else can get a number of these days, and sees to it that nobody gets one up to the ids that it
  /// answers with. They are on the disk once the caller has brought the file system there.
  ///
  /// - Throws: ``JobError`` with code `io`, or what `body` throws; no number is then taken.
  public func hold<Result>(_ days: some Collection<JobDate>, _ body: () throws -> (Result, [JobID])) throws -> (
    Result, [JobID]
  ) {
    guard let day = days.first else { return try body() }
    let folder = workspace.numbersFolder
    try makeFolder(folder)
    let lock = try FileLock.wait(for: folder.appending(day.digits))
    let (result, ids) = try hold(Array(days.dropFirst()), body)
    let highest = ids.filter { $0.date == day }.map(\.number).max() ?? 0
    if try highestGiven(lock) < highest { try note(highest, lock, day) }
    _ = consume lock
    return (result, ids)
  }

  /// Not durable yet.
  private func note(_ number: Int, _ lock: borrowing FileLock, _ day: JobDate) throws {
    do {
      try lock.replaceContent(Array("\(number)\n".utf8), durably: false)
    } catch {
      let isFull = (error as? Errno)?.isFull == true
      throw JobError(
        .io, workspace.numbersFolder.appending(day.digits).string, "cannot be written",
        remedy: "No job was made. "
          + (isFull ? "Make room on that disk, and run this again." : "Look whose the file is, and its mode."),
        underlying: error)
    }
  }

  private static func number(inMemory bytes: [UInt8]) -> Int {
    Int(String(decoding: bytes, as: UTF8.self).prefix { !$0.isNewline }) ?? 0
  }

  /// The highest number that a day's file remembers; 0 when none.
  private func highestGiven(_ lock: borrowing FileLock) throws -> Int { Self.number(inMemory: try lock.content()) }
}
