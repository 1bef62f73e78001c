internal import Jobs
internal import SystemPackage

/// What is on the way to a plan, in a file without a name: so much that it is better not held in memory.
final class PlanSpool: Sendable {
  private let file: FileDescriptor

  /// - Throws: ``JobError`` with code `io`.
  init() throws {
    let folder = temporaryFolder
    do {
      file = try Self.open(in: folder)
    } catch {
      throw JobError(
        .io, folder.string, "no room for a plan", remedy: "TMPDIR names another folder.", underlying: error)
    }
  }

  /// `O_TMPFILE`, which Swift does not show: what is opened is a new file in a folder.
  private static let newFile: FileDescriptor.OpenOptions = [.directory, .init(rawValue: 0o2000_0000)]

  /// The file never has a name, so that none is left, however the process ends.
  private static func open(in folder: FilePath) throws -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        folder, .readWrite, options: [newFile, .closeOnExec], permissions: [.ownerReadWrite])
    } catch {
      // A file system that knows only files with names.
      let path = folder.appending("cpwx-plan-\(UInt64.random(in: .min ... .max))")
      let file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
      unlink(path)
      return file
    }
  }

  deinit { try? file.close() }

  /// Adds bytes at the end.
  ///
  /// - Parameter end: where all before them end.
  /// - Throws: ``JobError`` with code `io`; then nothing is added.
  func add(_ bytes: [UInt8], at end: Int64) throws(JobError) {
    do {
      try file.writeAll(toAbsoluteOffset: end, bytes)
    } catch {
      throw JobError(.io, "the plan", "no room for a plan", remedy: "TMPDIR names another folder.", underlying: error)
    }
  }

  /// Adds entries; they are there to be read after ``flush()``.
  struct Writer {
    let spool: PlanSpool
    private var buffer: [UInt8] = []
    private var written: Int64 = 0

    init(_ spool: PlanSpool) { self.spool = spool }

    /// Where the next one will begin.
    var end: Int64 { written + Int64(buffer.count) }

    mutating func add(_ entry: EntryBytes) throws {
      buffer += entry.bytes
      if buffer.count > 1 << 20 { try flush() }
    }

    mutating func flush() throws {
      try spool.add(buffer, at: written)
      written += Int64(buffer.count)
      buffer.removeAll(keepingCapacity: true)
    }
  }

  /// - Throws: ``JobError`` with code `io`.
  func bytes(at place: Range<Int64>) throws(JobError) -> [UInt8] {
    let bytes = try? unsafe [UInt8](unsafeUninitializedCapacity: place.count) { buffer, count in
      count = try unsafe file.read(fromAbsoluteOffset: place.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
    }
    guard let bytes, bytes.count == place.count else { throw JobError(.io, "the plan", "cannot be read back") }
    return bytes
  }
}
