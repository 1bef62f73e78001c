internal import Glibc
internal import Jobs
internal import SystemPackage

/// The workspace's folders: there, writable, on disks with room.
struct FolderChecks {
  let workspace: Workspace

  /// Below this a film's work may not fit.
  private static let scarce = 10_000_000_000
  private static let nearlyNone = 500_000_000

  /// The folders as the configuration has them.
  var folders: [(name: String, path: FilePath)] {
    [
      ("in", workspace.inputRoot), ("out", workspace.outputRoot), ("logs", workspace.logRoot),
      ("config", workspace.configFolder),
    ]
  }

  func run() -> [CheckResult] {
    folders.map { folder($0, $1) } + state + [archives, disk(workspace.outputRoot)]
  }

  /// The index, locks and numbers, which every run writes: made by the first one, and perhaps as another user's.
  private var state: [CheckResult] {
    let day = workspace.numbersFolder.appending(JobDate(.now).digits)
    let closed =
      [workspace.stateFolder, workspace.numbersFolder].first { isDirectory($0) && !mayAccess($0, W_OK | X_OK) }
      ?? (exists(day) && !mayAccess(day, R_OK | W_OK) ? day : nil)
    return closed.map { [.error("folder .cpwx", "\($0) cannot be written", Self.remedy(for: $0))] } ?? []
  }

  /// Nothing but archiving needs it; and made where a disk is to be mounted, it would pass for that.
  private var archives: CheckResult {
    let (check, path) = ("folder archive", workspace.archiveRoot)
    if isDirectory(path) {
      return mayAccess(path, R_OK | W_OK | X_OK)
        ? .ok(check, path.string) : .warning(check, "\(path) cannot be written", Self.remedy(for: path))
    }
    if let other = Self.other(at: path) { return .warning(check, other.message, other.remedy) }
    let isOwn = path == workspace.root.appending("archive")
    return .warning(
      check, "\(path) is missing",
      isOwn ? "Make it: cpwx doctor --fix" : "Mount its disk, make the folder, or mend ARCHIVE_ROOT.")
  }

  /// What is in the place of a folder, where something is, and what to do then: nothing is made in its place.
  private static func other(at path: FilePath) -> (message: String, remedy: String)? {
    if exists(path) { return ("\(path) is no folder", "Move it away, then: cpwx doctor --fix") }
    if (try? FileStatus(ofLink: path)) == nil { return nil }
    return ("\(path) is a link to where no folder is", "Mount the disk that it leads to, or mend the link.")
  }

  /// No mode helps where the file system itself takes nothing.
  private static func remedy(for path: FilePath) -> String {
    var status = statvfs()
    let isKnown = unsafe path.withPlatformString { unsafe statvfs($0, &status) } == 0
    return isKnown && status.f_flag & UInt(ST_RDONLY) != 0
      ? "Its file system is read-only: have it mounted for writing." : "Give yourself the right: chown or chmod u+rwx"
  }

  private func folder(_ name: String, _ path: FilePath) -> CheckResult {
    let check = "folder \(name)"
    guard isDirectory(path) else {
      let other = Self.other(at: path)
      return .error(check, other?.message ?? "\(path) is missing", other?.remedy ?? "Make it: cpwx doctor --fix")
    }
    let (right, lack) = name == "in" ? (R_OK, "cannot be read") : (W_OK, "cannot be written")
    guard mayAccess(path, right | X_OK) else {
      return .error(check, "\(path) \(lack)", Self.remedy(for: path))
    }
    return .ok(check, path.string)
  }

  private func disk(_ path: FilePath) -> CheckResult {
    var status = statvfs()
    guard unsafe path.withPlatformString({ unsafe statvfs($0, &status) }) == 0 else {
      return .warning("disk", "the room for \(path) is not known", "See: df -h \(path)")
    }
    // Some network file systems say that they have more blocks than can be counted.
    let (bytes, isMore) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return Self.room(isMore ? .max : bytes, for: path)
  }

  static func room(_ free: UInt64, for path: FilePath) -> CheckResult {
    let message = "\(free / 1_000_000_000) GB free for \(path)"
    if free < nearlyNone { return .error("disk", message, "Make room: no job will get through.") }
    if free < scarce { return .warning("disk", message, "A long film may need more; make room.") }
    return .ok("disk", message)
  }
}
