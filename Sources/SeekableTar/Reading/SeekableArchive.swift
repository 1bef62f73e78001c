internal import Glibc
internal import Hashing
public import SystemPackage

/// An archive of this format, open: its table is read and checked, its data is not.
public final class SeekableArchive: Sendable {
  public let contents: TableOfContents
  /// Bytes of the whole file.
  public let archiveBytes: Int

  let file: FileDescriptor
  let name: String
  /// Where each frame begins, and after the last one the table.
  let offsets: [Int]

  /// - Throws: ``ArchiveError``: `unsupported` when the file has no table of this format (``ForeignArchive`` may read it), `damaged` when it
  ///   is not as it was written, `refused` when it is made to do harm, `io`.
  public convenience init(_ path: FilePath) throws { try self.init(path, expecting: nil) }

  /// - Parameter expected: what its table should tell. Where it does, its members are held but once.
  convenience init(_ path: FilePath, expecting expected: TableOfContents?) throws {
    let file: FileDescriptor
    do {
      // A FIFO would be waited for.
      file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    } catch {
      throw ArchiveError(.io, file: MemberPath.shown(path.bytes), "cannot be opened", underlying: error)
    }
    try self.init(file, name: MemberPath.shown(path.bytes), expecting: expected)
  }

  /// Takes the descriptor over, and closes it in the end.
  ///
  /// - Parameter name: for messages.
  /// - Throws: as ``init(_:)`` does; the descriptor is closed then.
  public convenience init(_ file: FileDescriptor, name: String) throws {
    try self.init(file, name: name, expecting: nil)
  }

  private init(_ file: FileDescriptor, name: String, expecting expected: TableOfContents?) throws {
    self.file = file
    self.name = name
    do {
      let trailer = try TrailerReading(file, known: expected?.members ?? [])
      var contents = trailer.contents
      if let expected, contents.members == expected.members { contents.members = expected.members }
      if let expected, contents.places == expected.places { contents.places = expected.places }
      self.contents = contents
      offsets = trailer.offsets
      archiveBytes = trailer.archiveBytes
    } catch {
      try? file.close()
      guard var error = error as? ArchiveError else { throw error }
      if error.member == nil { error.file = name }
      throw error
    }
  }

  deinit { try? file.close() }

  /// Of the whole file, as long as its data are as they were written: what `sha256sum` says. Told by its end alone; `nil` where that does not
  /// tell.
  ///
  /// - Throws: ``ArchiveError``
  public func digest() throws -> Digest? {
    guard let state = contents.hashState, let end = offsets.last else { return nil }
    let begin = end - end % SHA256.blockSize
    var hash = SHA256(resuming: state, after: begin)
    hash.update(try file.bytes(at: begin, count: archiveBytes - begin))
    return Digest(hash.finish())
  }
}

/// The end of an archive: seek table, table of contents, and whether they agree.
struct TrailerReading {
  let contents: TableOfContents
  let offsets: [Int]
  let archiveBytes: Int

  /// - Parameter known: what the members should be.
  /// - Throws: ``ArchiveError``
  init(_ file: FileDescriptor, known: [Member]) throws {
    var raw = stat()
    guard unsafe fstat(file.rawValue, &raw) == 0 else {
      throw ArchiveError(.io, "cannot be read", underlying: Errno.current)
    }
    guard raw.st_mode & S_IFMT == S_IFREG else {
      throw ArchiveError(.unsupported, "is no file that can be read at any place")
    }
    archiveBytes = Int(raw.st_size)
    guard archiveBytes >= SeekTable.size(frames: 0) + Trailer.headerSize,
      let count = SeekTable.frameCount(
        footer: try file.bytes(at: archiveBytes - SeekTable.footerSize, count: SeekTable.footerSize))
    else { throw ArchiveError.noTable }
    let seekPlace = archiveBytes - SeekTable.size(frames: count)
    guard seekPlace >= 0,
      let seekTable = SeekTable.decode(try file.bytes(at: seekPlace, count: archiveBytes - seekPlace))
    else { throw ArchiveError(.damaged, "the seek table at its end is not as it was written") }
    var place = 0
    var offsets: [Int] = []
    offsets.reserveCapacity(count + 1)
    for frame in seekTable {
      offsets.append(place)
      place += frame.size
    }
    offsets.append(place)
    guard place < seekPlace, seekPlace - place <= Trailer.largest else {
      throw ArchiveError(.damaged, "the seek table tells of more than there is")
    }
    let limits = TableLimits(archiveBytes: archiveBytes, frames: count)
    var contents = try Trailer.decode(try file.bytes(at: place, count: seekPlace - place), limits, known: known)
    guard
      contents.frames.elementsEqual(
        seekTable, by: { ($0.size, $0.plainSize, $0.checksum) == ($1.size, $1.plainSize, $1.checksum) })
    else { throw ArchiveError(.damaged, "the seek table and the table of contents tell of different frames") }
    try contents.check(limits)
    self.contents = contents
    self.offsets = offsets
  }
}

extension ArchiveError {
  /// What ends otherwise than archives of this format do.
  static var noTable: ArchiveError {
    ArchiveError(.unsupported, "has no table of contents at its end: another program made it, or its end is lost")
  }
}

extension FileDescriptor {
  /// So many bytes from a place on.
  ///
  /// - Throws: ``ArchiveError``: `damaged` when the file is shorter, `io`.
  func bytes(at place: Int, count: Int) throws(ArchiveError) -> [UInt8] {
    var failure: ArchiveError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(ArchiveError) {
        let got = try unsafe fill(UnsafeMutableRawBufferPointer(buffer), from: place)
        if got < count { throw ArchiveError(.damaged, "is cut short") }
        filled = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Reads until the buffer is full, or the file at its end.
  func fill(_ buffer: UnsafeMutableRawBufferPointer, from place: Int) throws(ArchiveError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = unsafe Glibc.pread(rawValue, buffer.baseAddress! + done, buffer.count - done, off_t(place + done))
      if count == 0 { break }
      if count < 0 {
        let reason = Errno.current
        if reason == .interrupted { continue }
        throw ArchiveError(.io, "cannot be read", underlying: reason)
      }
      done += count
    }
    return done
  }
}
