internal import Foundation
@testable internal import SeekableTar
internal import SystemPackage

/// What libFuzzer calls, again and again, with bytes of its own making. An error is an answer; a trap, a hang or a leak is none.
///
/// The first byte says what the others are: a table of contents, a seek table, a tar, an archive's end, or a whole archive.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard count > 0, let start = unsafe start else { return 0 }
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let rest = Array(bytes.dropFirst())
  do {
    switch bytes[0] % 5 {
    case 0:
      var table = try TableOfContents(decoding: rest)
      try table.check()
      _ = ReadPlan(table, 0...table.members.count)
    case 1:
      if let frames = SeekTable.decode(rest), SeekTable.encode(frames) != rest {
        fatalError("a seek table in two forms")
      }
    case 2: try readTar(rest)
    case 3: _ = try Trailer.decode(rest)
    default: try readArchive(rest)
    }
  } catch is ArchiveError {
    return 0
  } catch {
    fatalError("\(error)")
  }
  return 0
}

/// A folder in memory, for the one process that fuzzes.
private let folder = "/dev/shm/cpwx-fuzz-\(getpid())"

private func readTar(_ tar: [UInt8]) throws {
  var compressor = try Compressor()
  let frame = PageBuffer(byteCount: tar.count * 2 + 1024)
  let size = unsafe try tar.withUnsafeBytes { unsafe try compressor.compress($0, level: 1, into: frame.memory) }
  try save(unsafe Array(frame.bytes(0..<size)))
  var limits = ForeignArchive.Limits()
  limits.bytes = 16 << 20
  try withStaging { _ = try ForeignArchive(FilePath(folder + "/file"), limits: limits).extract(into: $0) }
}

private func readArchive(_ bytes: [UInt8]) throws {
  try save(bytes)
  let archive = try SeekableArchive(FilePath(folder + "/file"))
  _ = try archive.verify(VerificationOptions(workers: 1))
  try withStaging { _ = try archive.extract(ExtractionOptions(salvage: true, workers: 1), into: $0) }
}

private func save(_ bytes: [UInt8]) throws {
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  try Data(bytes).write(to: URL(filePath: folder + "/file"))
}

private func withStaging(_ body: (FileDescriptor) throws -> Void) throws {
  let staging = folder + "/staging"
  try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: staging) }
  let descriptor = try FileDescriptor.open(FilePath(staging), .readOnly, options: [.directory])
  try descriptor.closeAfter { try body(descriptor) }
  let left = try FileManager.default.contentsOfDirectory(atPath: folder)
  if Set(left) != ["file", "staging"] { fatalError("written outside: \(left)") }
}
