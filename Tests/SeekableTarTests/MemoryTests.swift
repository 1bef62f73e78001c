import SystemPackage
import Testing

@testable import SeekableTar

struct MemoryTests {
  @Test func `what there is no memory for is told of as an error`() throws {
    let error = #expect(throws: ArchiveError.self) {
      // More than any process may have.
      try PageBuffer(byteCount: 1 << 60, orThrow: Decompressor.noMemory)
    }
    #expect(error?.code == .io && error?.underlying as? Errno == .noMemory, "\(String(describing: error))")
    #expect(error?.description == "cannot be read (Cannot allocate memory)")
  }
}
