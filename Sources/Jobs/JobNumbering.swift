internal import SystemPackage

/// Hands out the numbers of a day's jobs: one writer at a time, none given twice.
///
/// The day's file under `.cpwx/numbers/` is both the lock and the memory of the highest number ever given, so that a
/// number stays used when its job is archived or deleted. What the trees hold counts too: other writers make jobs there.
public struct JobNumbering: Sendable {
  public let workspace: Workspace

  public init(workspace: Workspace) { self.workspace = workspace }

  /// Calls `body` with the next id of `today()`, holding that day's lock, so that the job's folder is there before
  /// anyone else looks.
  ///
  /// The folder, durable when `body` returns, shows the number; ``keep(_:)`` brings it to the disk before the folder goes.
  ///
  /// - Throws: ``JobError``, or what `body` throws; the number is then used up.
  func withNextID<Result>(
    now: () -> Timestamp, confirm: (JobID) throws -> Void = { _ in }, _ body: (JobID, Timestamp) throws -> Result
  ) throws -> Result {
    let folder = workspace.stateFolder.appending("numbers")
    try makeFolder(folder)
    while true {
      let day = JobDate(now())
      let lock = try FileLock.wait(for: folder.appending(day.digits))
      let moment = now()
      // Midnight may have passed while waiting: that day's numbers are then another lock's.
      guard JobDate(moment) == day else { continue }
      let given = try highestGiven(lock)
      let id = JobID(date: day, number: max(given, try highestSeen(on: day)) + 1)
      try confirm(id)
      try lock.replaceContent(Array("\(id.number)\n".utf8), durably: false)
      let result = try body(id, moment)
      _ = consume lock
      return result
    }
  }

  /// Sees to it that no job gets this one's number again, though nothing shows it any more. Durable on return.
  ///
  /// - Throws: ``JobError``.
  func keep(_ id: JobID) throws {
    let file = workspace.stateFolder.appending("numbers").appending(id.date.digits)
    do {
      try makeFolder(file.removingLastComponent())
      let lock = try FileLock.wait(for: file)
      let given = try highestGiven(lock)
      // Also where it says so already: who wrote it may not have come to make it durable.
      try lock.replaceContent(Array("\(max(given, id.number))\n".utf8))
      for folder in [workspace.stateFolder.appending("numbers"), workspace.stateFolder] {
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
    let memory = try? DurableFile.read(workspace.stateFolder.appending("numbers").appending(day.digits))
    return max(Self.number(inMemory: memory ?? []), try highestSeen(on: day))
  }

  /// Sees to it that no job gets a number up to these, of as many days.
  ///
  /// It is on the disk once the caller has brought the file system there: of many days, that takes one wait.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public func keep(upTo ids: [JobID]) throws {
    let folder = workspace.stateFolder.appending("numbers")
    try makeFolder(folder)
    for id in ids {
      let lock = try FileLock.wait(for: folder.appending(id.date.digits))
      let given = Self.number(inMemory: try lock.content())
      if given < id.number { try lock.replaceContent(Array("\(id.number)\n".utf8), durably: false) }
      _ = consume lock
    }
  }

  private static func number(inMemory bytes: [UInt8]) -> Int {
    Int(String(decoding: bytes, as: UTF8.self).prefix { !$0.isNewline }) ?? 0
  }

  /// The highest number that a day's file remembers; 0 when none.
  private func highestGiven(_ lock: borrowing FileLock) throws -> Int { Self.number(inMemory: try lock.content()) }

  /// The highest number that the trees show for a day, of any user and in any width; 0 when none.
  ///
  /// - Throws: ``JobError`` when a folder is there and cannot be read: numbers may hide in it.
  private func highestSeen(on day: JobDate) throws -> Int {
    var highest = 0
    let start = Array("\(day.digits)-".utf8)
    for root in [workspace.outputRoot, workspace.logRoot, workspace.archiveRoot] {
      let folder = root.pushing(FilePath(day.folders))
      for name in try listed(folder) {
        // Jobs lie below the users, and in older trees beside them.
        if let beside = Self.number(name.utf8[...], after: start) {
          highest = max(highest, beside)
        } else {
          for inner in try listed(folder.appending(name)) {
            highest = max(highest, Self.number(inner.utf8[...], after: start) ?? 0)
          }
        }
      }
    }
    let marker = ".env.job_".utf8
    for name in try listed(workspace.configFolder) where name.utf8.starts(with: marker) {
      highest = max(highest, Self.number(name.utf8.dropFirst(marker.count), after: start) ?? 0)
    }
    return highest
  }

  /// The number in a name that is `start`, three digits or more, and perhaps endings: `20251030-001.tar.zst`.
  ///
  /// Over bytes, because each new job reads the names of all that day's.
  private static func number(_ name: Substring.UTF8View, after start: [UInt8]) -> Int? {
    guard name.starts(with: start) else { return nil }
    let rest = name.dropFirst(start.count)
    var number = 0
    var width = 0
    for byte in rest {
      if byte == UInt8(ascii: "."), width >= 3 { return number }
      guard byte >= 0x30, byte <= 0x39, width < 15 else { return nil }
      number = number * 10 + Int(byte - 0x30)
      width += 1
    }
    return width >= 3 ? number : nil
  }

  private func listed(_ folder: FilePath) throws -> [String] {
    do {
      return try unsortedNames(in: folder)
    } catch {
      throw JobError(
        .io, folder.string, "cannot be read", remedy: "No job was made: its number might be taken there.",
        underlying: error)
    }
  }
}
