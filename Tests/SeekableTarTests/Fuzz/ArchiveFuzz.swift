internal import Foundation
@testable internal import SeekableTar
internal import SystemPackage

/// What libFuzzer calls, again and again, with bytes of its own making. An error is an answer; a trap, a hang or a leak is none.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard count > 0, let start = unsafe start else { return 0 }
  do {
    try readFuzzed(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
  } catch is ArchiveError {
    return 0
  } catch {
    fatalError("\(error)")
  }
  return 0
}

/// The first byte says what the others are: a table of contents, a seek table, a tar, an archive's end, or a whole archive.
///
/// - Throws: ``ArchiveError`` for bytes that are refused; nothing else is meant to come.
func readFuzzed(_ bytes: [UInt8]) throws {
  let rest = Array(bytes.dropFirst())
  let limits = TableLimits(archiveBytes: 1 << 20, frames: 1 << 10)
  switch bytes[0] % 5 {
  case 0:
    var table = try TableOfContents(decoding: rest, limits)
    try table.check(limits)
    _ = ReadPlan(table, 0...table.members.count)
  case 1:
    guard let frames = SeekTable.decode(rest) else {
      throw ArchiveError(.damaged, "the seek table is not as it was written")
    }
    if SeekTable.encode(frames) != rest { fatalError("a seek table in two forms") }
  case 2: try readTar(rest)
  case 3: _ = try Trailer.decode(rest, limits)
  default: try readArchive(rest)
  }
}

/// A folder in memory, for the one process that fuzzes.
let fuzzFolder = "/dev/shm/cpwx-fuzz-\(getpid())"

private func readTar(_ tar: [UInt8]) throws {
  var compressor = try Compressor()
  let frame = try PageBuffer(byteCount: tar.count * 2 + 1024, orThrow: Compressor.noMemory)
  let size = unsafe try tar.withUnsafeBytes { unsafe try compressor.compress($0, level: 1, into: frame.memory) }
  try save(unsafe Array(frame.bytes(0..<size)))
  var limits = ForeignArchive.Limits()
  limits.bytes = 16 << 20
  try withStaging { _ = try ForeignArchive(FilePath(fuzzFolder + "/file"), limits: limits).extract(into: $0) }
}

private func readArchive(_ bytes: [UInt8]) throws {
  try save(bytes)
  let archive = try SeekableArchive(FilePath(fuzzFolder + "/file"))
  _ = try archive.verify(VerificationOptions(workers: 1))
  try withStaging { _ = try archive.extract(ExtractionOptions(salvage: true, workers: 1), into: $0) }
}

private func save(_ bytes: [UInt8]) throws {
  try FileManager.default.createDirectory(atPath: fuzzFolder, withIntermediateDirectories: true)
  try Data(bytes).write(to: URL(filePath: fuzzFolder + "/file"))
}

private func withStaging(_ body: (FileDescriptor) throws -> Void) throws {
  let staging = fuzzFolder + "/staging"
  try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: staging) }
  let descriptor = try FileDescriptor.open(FilePath(staging), .readOnly, options: [.directory])
  try descriptor.closeAfter { try body(descriptor) }
  let left = try FileManager.default.contentsOfDirectory(atPath: fuzzFolder)
  if Set(left) != ["file", "staging"] { fatalError("written outside: \(left)") }
}
