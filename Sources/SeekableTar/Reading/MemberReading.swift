internal import Glibc
internal import Hashing
public import SystemPackage

extension SeekableArchive {
  /// The content of a file, or of the file that a hard link is a link to. Only its own frames are read, and its hash is checked.
  ///
  /// - Parameter limit: bytes that it may have.
  /// - Throws: ``ArchiveError``: `damaged`; `refused` when it is larger; `unsupported` when the member has no content; `io`.
  public func bytes(of member: Member, limit: Int = 64 << 20) throws -> [UInt8] {
    let number = try file(for: member)
    let size = contents.members[number].size
    if size > limit { throw ArchiveError(.refused, member.path, "has \(size) bytes, more than it may (\(limit))") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    try unsafe read(number) { unsafe bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Writes the content of a file, or of the file that a hard link is a link to, where `output` stands; to a pipe, too.
  ///
  /// - Throws: as ``bytes(of:limit:)`` does. When it throws `damaged`, wrong bytes may have been written.
  public func copy(_ member: Member, to output: FileDescriptor) throws {
    try unsafe read(try file(for: member)) { bytes in
      do {
        try unsafe output.writeAll(bytes)
      } catch {
        throw ArchiveError(.io, member.path, "cannot be written out", underlying: error)
      }
    }
  }

  /// The number of the member with the content.
  private func file(for member: Member) throws(ArchiveError) -> Int {
    let path = member.kind == .hardLink ? MemberPath(unchecked: member.target) : member.path
    guard let number = contents.index(of: path), contents.members[number].kind == .file else {
      throw ArchiveError(.unsupported, member.path, "has no content")
    }
    return number
  }

  private func read(_ number: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let plan = ReadPlan(contents, [number])
    let slot = try FrameSlot()
    var decompressor = try Decompressor()
    var hash = SHA256()
    let member = contents.members[number]
    for (frame, segments) in zip(plan.frames, plan.segments) {
      try slot.load(frame, of: self)
      slot.open(contents.frames[frame], with: &decompressor)
      if let flaw = slot.flaw { throw ArchiveError(.damaged, member.path, "is damaged: \(flaw)") }
      for segment in segments {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: slot.plain[segment.range])
        unsafe hash.update(bytes)
        try unsafe body(bytes)
      }
    }
    if Digest(hash.finish()) != member.digest {
      throw ArchiveError(.damaged, member.path, "has other bytes than its hash tells")
    }
  }
}
