internal import Glibc
internal import Jobs
internal import SystemPackage

/// Entries on the way to a plan, in a file without a name: of a hundred thousand trees, none is held in memory.
final class PlanSpool {
  private let file: FileDescriptor
  private var buffer: [UInt8] = []
  private var written: Int64 = 0

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

  /// Where a record lies.
  struct Place {
    var offset: Int64
    var length: Int
  }

  func add(_ record: JSON) throws -> Place {
    let bytes = record.bytes(.compact)
    let place = Place(offset: written + Int64(buffer.count), length: bytes.count)
    buffer += bytes
    if buffer.count > 1 << 20 { try flush() }
    return place
  }

  private func flush() throws {
    do {
      try file.writeAll(buffer)
    } catch {
      throw JobError(.io, "the plan", "cannot be kept", remedy: "TMPDIR names another folder.", underlying: error)
    }
    written += Int64(buffer.count)
    buffer.removeAll(keepingCapacity: true)
  }

  func record(at place: Place) throws -> MigrationEntry {
    try flush()
    var bytes = [UInt8](repeating: 0, count: place.length)
    let count = try bytes.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: place.offset, into: $0) }
    guard count == place.length, let entry = MigrationEntry(try JSON(parsing: bytes)) else {
      throw JobError(.io, "the plan", "cannot be read back")
    }
    return entry
  }
}
