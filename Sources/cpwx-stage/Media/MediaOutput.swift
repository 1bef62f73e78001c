internal import Jobs
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A media file while ffmpeg writes it: beside its place, under a name that one run of the stage has at a time.
struct MediaOutput: Sendable {
  let path: FilePath
  let temporary: FilePath

  /// - Throws: ``JobError`` with code `io` when the folder cannot be made.
  init(_ path: FilePath, _ context: StageContext) throws {
    self.path = path
    temporary = path.removingLastComponent().appending(".\(path.lastComponent?.string ?? "output").part")
    try makeFolder(path.removingLastComponent())
    context.removeLeftover(temporary)
  }

  /// Makes what was written durable and puts it in its place.
  ///
  /// - Throws: ``JobError`` with code `io`; the old file then stands.
  func commit() throws {
    do {
      try DurableFile.replace(path, by: temporary)
    } catch {
      discard()
      throw JobError(
        .io, path.string, "cannot be written", remedy: "Check the room on that disk; the file stands as it was.",
        underlying: error.cause)
    }
  }

  func discard() { unlink(temporary) }
}

/// Makes `link` another name of `path`, replacing what stands there: a hard link, or a relative symbolic one where the
/// file system has none.
///
/// - Throws: `Errno`.
func linkFile(_ path: FilePath, as link: FilePath) throws {
  let temporary = link.removingLastComponent().appending(".link-\(link.lastComponent?.string ?? "")")
  unlink(temporary)
  let made = unsafe path.withPlatformString { path in
    unsafe temporary.withPlatformString { unsafe Glibc.link(path, $0) }
  }
  if made != 0 {
    let target = path.lastComponent?.string ?? ""
    let linked = unsafe temporary.withPlatformString { unsafe symlink(target, $0) }
    guard linked == 0 else { throw Errno(rawValue: errno) }
  }
  try rename(temporary, to: link)
  try DurableFile.syncFolder(of: link)
  // Renaming one hard link over another of the same file leaves both.
  unlink(temporary)
}
