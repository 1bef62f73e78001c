internal import Jobs
internal import SystemPackage

/// What is on the way to a plan, in a file without a name: so much that it is better not held in memory.
final class PlanSpool: Sendable {
  private let file: FileDescriptor

  /// - Throws: ``JobError`` with code `io`.
  init() throws(JobError) {
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

  /// - Parameter index: of the first of the values, which all are of one size.
  /// - Throws: ``JobError`` with code `io`.
  func write<Value: BitwiseCopyable>(_ values: [Value], at index: Int) throws(JobError) {
    do {
      _ = try unsafe values.withUnsafeBytes {
        try unsafe file.writeAll(toAbsoluteOffset: Int64(index * MemoryLayout<Value>.stride), $0)
      }
    } catch {
      throw JobError(.io, "the plan", "no room for a plan", remedy: "TMPDIR names another folder.", underlying: error)
    }
  }

  /// - Throws: ``JobError`` with code `io`.
  func values<Value: BitwiseCopyable>(_ range: Range<Int>) throws(JobError) -> [Value] {
    let size = MemoryLayout<Value>.stride
    let values = try? unsafe [Value](unsafeUninitializedCapacity: range.count) { buffer, count in
      count =
        try unsafe file.read(
          fromAbsoluteOffset: Int64(range.lowerBound * size), into: UnsafeMutableRawBufferPointer(buffer)) / size
    }
    guard let values, values.count == range.count else { throw JobError(.io, "the plan", "cannot be read back") }
    return values
  }
}
