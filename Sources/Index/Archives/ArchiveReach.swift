internal import GRDB
internal import Glibc
public import Jobs
internal import SystemPackage

/// Whether the archives of a workspace can be looked at. What cannot be read, or lies on a disk that is not mounted, is not gone.
struct ArchiveReach {
  private let root: FilePath

  init(in workspace: Workspace) { root = workspace.archiveRoot }

  /// Whether nothing is in the folder of archives, as in one that a disk is to be mounted at.
  var isBare: Bool { names(in: root).allSatisfy { $0.hasPrefix(".") || $0 == "lost+found" } }

  /// Why something in the folder of archives, or that folder, cannot be looked at; `nil` when it can, or is gone.
  func flaw(of path: FilePath) -> Errno? {
    guard path.starts(with: root) else { return nil }
    do throws(Errno) {
      _ = try FileStatus(of: path)
    } catch {
      let isGone = error == .noSuchFileOrDirectory || error == .notDirectory
      return isGone && exists(root) && !isBare ? nil : error
    }
    return mayAccess(path, isDirectory(path) ? R_OK | X_OK : R_OK) ? nil : .permissionDenied
  }
}

extension JobIndex {
  /// Why archives may not be seen, though they may be there; `nil` when all are.
  ///
  /// - Parameter deep: whether the folders in that of the archives are looked at as well.
  public static func archiveTrouble(in workspace: Workspace, deep: Bool = true, notice: IndexNotice) -> JobError? {
    let root = workspace.archiveRoot
    let reach = ArchiveReach(in: workspace)
    guard let reason = reach.flaw(of: root) ?? (reach.isBare ? .noSuchFileOrDirectory : nil) else {
      return deep ? folderTrouble(in: workspace, notice) : nil
    }
    if reason == .noSuchFileOrDirectory {
      let known =
        (try? look(in: workspace, leavingNone: true, notice: notice) { index in
          // Those of another ARCHIVE_ROOT are none of this one's.
          try index.archives().count
        }) ?? 0
      // None were made yet.
      if known == 0 { return nil }
      let archives = known == 1 ? "1 archive" : "\(known) archives"
      let remedy = "Mount its disk, or mend ARCHIVE_ROOT. If they are gone for good: cpwx job reindex"
      if exists(root) {
        return JobError(
          .io, root.string, "is empty, and is to have \(archives) in it", remedy: remedy)
      }
      return JobError(
        .io, root.string, "is gone, with \(archives) in it", remedy: remedy, underlying: reason)
    }
    return unreadable(root, reason)
  }

  private static func unreadable(_ folder: FilePath, _ reason: Errno) -> JobError {
    JobError(
      .io, folder.string, "cannot be read, and what archives there are is not known",
      remedy: "Let this user read it, or mend ARCHIVE_ROOT.", underlying: reason)
  }

  /// A folder of archives that could not be read when the index came to it, and still cannot.
  private static func folderTrouble(in workspace: Workspace, _ notice: IndexNotice) -> JobError? {
    let reach = ArchiveReach(in: workspace)
    let root = workspace.documentPath(workspace.archiveRoot)
    let unread = try? look(in: workspace, leavingNone: true, notice: notice) { index in
      try index.read { db in
        // '0' comes after '/'.
        try String.fetchAll(
          db, sql: "SELECT path FROM folders WHERE path >= ? AND path < ? AND modified = 0 ORDER BY path",
          arguments: [root + "/", root + "0"])
      }
    }
    for path in unread ?? [] {
      let folder = workspace.resolve(documentPath: path)
      if let reason = reach.flaw(of: folder) { return unreadable(folder, reason) }
    }
    return nil
  }
}
