internal import Glibc
internal import Jobs
internal import SystemPackage

/// Entries on the way to a plan, in a file without a name: so many that they are better not held in memory.
final class PlanSpool: Sendable {
  private let file: FileDescriptor

  /// - Throws: ``JobError`` with code `io`.
  init() throws {
    let folder = FilePath(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")
    let path = folder.appending("cpwx-plan-\(UInt64.random(in: .min ... .max))")
    do {
      file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
    } catch {
      throw JobError(
        .io, folder.string, "no room for a plan", remedy: "TMPDIR names another folder.", underlying: error)
    }
    unlink(path)
  }

  deinit { try? file.close() }

  /// Where an entry lies.
  struct Place {
    var offset: Int64
    var length: Int32
  }

  /// Adds entries; they are there to be read after ``flush()``.
  struct Writer {
    let spool: PlanSpool
    private var buffer: [UInt8] = []
    private var written: Int64 = 0

    init(_ spool: PlanSpool) { self.spool = spool }

    mutating func add(_ entry: EntryBytes) throws -> Place {
      let place = Place(offset: written + Int64(buffer.count), length: Int32(entry.bytes.count))
      buffer += entry.bytes
      if buffer.count > 1 << 20 { try flush() }
      return place
    }

    mutating func flush() throws {
      do {
        try spool.file.writeAll(buffer)
      } catch {
        throw JobError(.io, "the plan", "no room for a plan", remedy: "TMPDIR names another folder.", underlying: error)
      }
      written += Int64(buffer.count)
      buffer.removeAll(keepingCapacity: true)
    }
  }

  /// - Throws: ``JobError`` with code `io`.
  func entry(at place: Place) throws(JobError) -> MigrationEntry {
    let bytes = try? [UInt8](unsafeUninitializedCapacity: Int(place.length)) { buffer, count in
      count = try file.read(fromAbsoluteOffset: place.offset, into: UnsafeMutableRawBufferPointer(buffer))
    }
    guard let bytes, bytes.count == Int(place.length) else { throw JobError(.io, "the plan", "cannot be read back") }
    return EntryBytes.entry(of: bytes)
  }
}
