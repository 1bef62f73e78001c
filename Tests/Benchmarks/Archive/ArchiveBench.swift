internal import SeekableTar
internal import SystemPackage

/// Does with an archive what is asked, once: to be timed from outside, beside other programs.
///
///     archive-bench create FOLDER ARCHIVE        and create-verified: synced, and read back from the disk
///     archive-bench restore ARCHIVE FOLDER
///     archive-bench member ARCHIVE PATH          to standard output
///     archive-bench verify ARCHIVE
@main
struct ArchiveBench {
  static func main() throws {
    let words = CommandLine.arguments
    guard words.count > 2 else {
      throw ArchiveError(.unsupported, "create, create-verified, restore, member or verify")
    }
    let first = FilePath(words[2])
    switch words[1] {
    case "create": try create(first, FilePath(words[3]), isVerified: false)
    case "create-verified": try create(first, FilePath(words[3]), isVerified: true)
    case "restore":
      let folder = try FileDescriptor.open(FilePath(words[3]), .readOnly, options: [.directory])
      _ = try SeekableArchive(first).extract(into: folder)
    case "member":
      let archive = try SeekableArchive(first)
      guard let member = archive.contents.member(try MemberPath(FilePath(words[3]))) else {
        throw ArchiveError(.unsupported, file: words[3], "is not in the archive")
      }
      try archive.copy(member, to: .standardOutput)
    default:
      let report = try SeekableArchive(first).verify()
      if !report.isGood { throw ArchiveError(.damaged, file: words[2], report.problems.joined(separator: ", ")) }
    }
  }

  private static func create(_ folder: FilePath, _ archive: FilePath, isVerified: Bool) throws {
    let source = ArchiveSource(roots: [.init(try MemberPath(Array("out".utf8)), at: folder)])
    let file = try FileDescriptor.open(
      archive, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
    let written = try file.closeAfter {
      let written = try source.write(to: file)
      if isVerified { try synced(file) }
      return written
    }
    if isVerified { try written.readBack(archive) }
  }
}
