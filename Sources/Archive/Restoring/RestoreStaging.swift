internal import Jobs
internal import SystemPackage

/// A job that is being put back: `.restore-NAME.partial` beside its place while it is written, `.restore-NAME.ready` once
/// all of it is on the disk.
///
/// From the moment it is ready it only has to be moved, and whoever finds it so does. A partial one whose lock is free was
/// left by a process that died, and is removed.
struct RestoreStaging {
  /// The folders that the job's own go to.
  let output: FilePath
  let logs: FilePath
  private let name: String

  private static let prefix = ".restore-"
  private static let partialEnding = ".partial"
  private static let readyEnding = ".ready"
  /// In a ready one: what is in the place meanwhile is moved aside.
  private static let replacing: FilePath.Component = ".cpwx.replace"

  init?(output: FilePath, logs: FilePath) {
    guard let name = output.lastComponent?.string else { return nil }
    (self.output, self.logs, self.name) = (output, logs, name)
  }

  private func beside(_ target: FilePath, _ ending: String) -> FilePath {
    target.removingLastComponent().appending(Self.prefix + name + ending)
  }

  var partial: FilePath { beside(output, Self.partialEnding) }
  var ready: FilePath { beside(output, Self.readyEnding) }
  /// Where the logs are written when they lie on another disk.
  var partialLogs: FilePath { beside(logs, Self.partialEnding) }
  private var readyLogs: FilePath { beside(logs, Self.readyEnding) }
  /// Whether the logs have a place apart from the job's folder.
  var hasLogsApart: Bool { logs != output }

  /// Makes the folders to write into, anew.
  ///
  /// - Returns: the lock to hold as long as that goes on.
  func begin(isReplacing: Bool) throws -> FileLock {
    for target in [output, logs] { try makeFolder(target.removingLastComponent()) }
    let lock = try makePartial()
    let leftLogs = hasLogsApart ? [partialLogs, readyLogs] : []
    for left in [partial.appending("out"), partial.appending("logs")] + leftLogs { try removeTree(left) }
    unlink(partial.appending(Self.replacing))
    if isReplacing { try DurableFile.write([], to: partial.appending(Self.replacing)) }
    if !isOneDisk { try makeFolder(partialLogs, mode: [.ownerReadWriteExecute]) }
    return lock
  }

  /// Keeps restorations of the job away until ``discard()``.
  ///
  /// - Throws: ``JobError`` with code `locked` when one is at work.
  func reserve() throws -> FileLock {
    try makeFolder(output.removingLastComponent())
    return try makePartial()
  }

  private func makePartial() throws -> FileLock {
    var attempt = 0
    while true {
      attempt += 1
      try makeFolder(partial, mode: [.ownerReadWriteExecute])
      do {
        return try FileLock.take(partial.appending(JobPaths.lockName), subject: name)
      } catch let error as JobError where error.underlying as? Errno == .noSuchFileOrDirectory && attempt < 10 {
        // Another restoration looked in between, and took it for one that was left.
      }
    }
  }

  /// Where parts of an archive are written, each with the first byte of the names in it where there are two: on two disks each gets its own,
  /// `out/…` here, `logs/…` there.
  var parts: [(folder: FilePath, first: UInt8?)] {
    isOneDisk ? [(partial, nil)] : [(partial, UInt8(ascii: "o")), (partialLogs, UInt8(ascii: "l"))]
  }

  /// Whether the job's folder and its logs lie on one disk.
  var isOneDisk: Bool {
    let devices = [output, logs].map { try? FileStatus(of: $0.removingLastComponent()).device }
    return devices[0] == devices[1]
  }

  /// All is written and on the disk.
  func markReady() throws {
    do {
      if hasLogsApart, isDirectory(partialLogs) {
        try renameToFreeName(partialLogs, to: readyLogs)
        try DurableFile.syncFolder(of: readyLogs)
      }
      try renameToFreeName(partial, to: ready)
      try DurableFile.syncFolder(of: ready)
    } catch {
      throw JobError(.io, ready.string, "cannot be written", underlying: error.cause)
    }
  }

  /// Something is in the place of what is ready, which waits.
  struct Taken: Error {
    var path: FilePath
  }

  /// Puts what is ready in its place; the logs first, for a job is there when its folder is.
  ///
  /// - Parameter relative: the job's place below the roots.
  /// - Returns: where what was there has been moved to.
  /// - Throws: ``Taken``, ``JobError``.
  @discardableResult
  func place(_ relative: String) throws -> [FilePath] {
    let replaces = exists(ready.appending(Self.replacing))
    var aside: [FilePath] = []
    var placed: [(source: FilePath, target: FilePath)] = []
    for (root, target) in [("logs", logs), ("out", output)] {
      for staging in [ready, readyLogs] {
        let source = staging.appending(root).pushing(FilePath(relative))
        guard isTaken(source) else { continue }
        if replaces, let moved = try moveAside(target) { aside.append(moved) }
        do {
          try moveToFreeName(source, to: target)
          placed.append((source, target))
          try DurableFile.syncFolder(of: target)
        } catch {
          if error as? Errno == .fileExists {
            // Nothing of it may stay without the rest.
            for (source, target) in placed.reversed() { try? moveToFreeName(target, to: source) }
            throw Taken(path: target)
          }
          throw JobError(
            .io, target.string, "cannot be put in place",
            remedy: "It was not touched. What was restored waits in \(source).", underlying: error.cause)
        }
      }
    }
    try removeReady()
    return aside
  }

  /// Removes what is ready, in whose place something else is, or of which nothing is left. Who looks for what others have left may put its lock's file into a folder that is going.
  func removeReady() throws {
    if hasLogsApart { try removeTree(readyLogs) }
    var attempt = 0
    while true {
      attempt += 1
      do {
        return try removeTree(ready)
      } catch let error as JobError where error.underlying as? Errno == .directoryNotEmpty && attempt < 10 {}
    }
  }

  /// Removes what was begun.
  func discard() {
    if hasLogsApart {
      try? removeTree(partialLogs)
      // Logs on another disk are ready a moment before the rest is.
      if !isTaken(ready) { try? removeTree(readyLogs) }
    }
    try? removeTree(partial)
  }

  private func moveAside(_ target: FilePath) throws -> FilePath? {
    guard isTaken(target) else { return nil }
    let stamp = ".replaced-\(name)-\(Timestamp.now.format("%Y%m%dT%H%M%S"))"
    let aside = try setAside(target, as: stamp)
    try? DurableFile.syncFolder(of: aside)
    return aside
  }

  /// Those below the roots of jobs that were begun, with their places below the roots.
  static func all(below outputRoot: FilePath, _ logRoot: FilePath) -> [(staging: RestoreStaging, relative: String)] {
    JobCatalog.folders(below: outputRoot).flatMap { folder -> [(RestoreStaging, String)] in
      let found = Set(names(in: folder).filter { $0.hasPrefix(prefix) }.compactMap(jobName))
      return found.sorted().compactMap { name in
        var relative = folder.appending(name)
        guard relative.removePrefix(outputRoot) else { return nil }
        let staging = RestoreStaging(output: folder.appending(name), logs: logRoot.pushing(relative))
        return staging.map { ($0, relative.string) }
      }
    }
  }

  private static func jobName(_ folder: String) -> String? {
    for ending in [partialEnding, readyEnding] where folder.hasSuffix(ending) {
      return String(folder.dropFirst(prefix.count).dropLast(ending.count))
    }
    return nil
  }

  /// Brings to an end what a process that died had begun.
  ///
  /// - Returns: whether the job is in its place now because of it.
  /// - Throws: ``JobError`` with code `locked` when nobody died, and it is at work.
  func finish(_ relative: String) throws -> Bool {
    if isDirectory(ready) {
      guard let lock = try lock(ready) else { return false }
      if FileLock.isHeld(output.appending(JobPaths.lockName)) {
        throw JobError(
          .io, output.string, "is in use, and was to be replaced by what waits in \(ready)",
          remedy: "Nothing was changed. Run this again when the job is not run any more.")
      }
      do {
        try place(relative)
      } catch let taken as Taken {
        throw JobError(
          .io, taken.path.string, "is there already",
          remedy: "It was not touched. What was restored waits in \(ready).", underlying: Errno.fileExists)
      }
      _ = consume lock
      return true
    }
    guard isDirectory(partial) else { return false }
    guard let lock = try lock(partial) else { return false }
    discard()
    _ = consume lock
    return false
  }

  /// - Returns: `nil` when another process has gone on with it, or brought it to its end, meanwhile.
  private func lock(_ folder: FilePath) throws -> FileLock? {
    do {
      return try FileLock.take(folder.appending(JobPaths.lockName), subject: name)
    } catch let error as JobError where error.underlying as? Errno == .noSuchFileOrDirectory {
      return nil
    }
  }
}
