internal import Glibc
internal import Jobs
internal import SystemPackage

/// Moves a tree's files into another tree on the same disk, over nothing: folders that are there are gone into.
struct TreeMerge {
  private let source: FilePath
  private let target: FilePath

  init(of source: FilePath, into target: FilePath) { (self.source, self.target) = (source, target) }

  /// - Throws: ``JobError`` with code `io` when something is there already, or a folder is closed to this user; nothing was moved then.
  func run() throws {
    var moves: [(from: FilePath, to: FilePath)] = []
    try plan(source, target, &moves)
    for (from, to) in moves {
      do {
        try moveToFreeName(from, to: to)
      } catch {
        throw JobError(
          .io, to.string, error == .fileExists ? "is there already; it was not touched" : "cannot be put in place",
          underlying: error)
      }
    }
  }

  private func plan(_ from: FilePath, _ to: FilePath, _ moves: inout [(from: FilePath, to: FilePath)]) throws {
    for name in try componentNames(in: from) {
      let (inner, place) = (from.appending(name), to.appending(name))
      guard let there = try? FileStatus(ofLink: place) else {
        guard mayAccess(to, W_OK | X_OK) else {
          throw JobError(
            .io, to.string, "is closed, and nothing can be put into it",
            remedy:
              "It was not touched, and nothing was extracted. Open it with chmod u+wx, or extract into another folder: --to DIR",
            underlying: Errno.permissionDenied)
        }
        moves.append((inner, place))
        continue
      }
      guard there.isDirectory, let found = try? FileStatus(ofLink: inner), found.isDirectory else {
        throw JobError(
          .io, place.string, "is there already",
          remedy: "It was not touched, and nothing was extracted. --to DIR extracts into another folder.")
      }
      // What is in a folder that is closed in the archive is to be moved out of it.
      setMode(inner, found.permissions.union(.ownerReadWriteExecute))
      try plan(inner, place, &moves)
    }
  }
}
