internal import CLinux
internal import Glibc
internal import SystemPackage

/// A frame that was read, or what was wrong with it.
///
/// Sendable, because the ``Ring`` lets one stage write to it, and others read only after that.
final class FrameSlot: @unchecked Sendable {
  // Read past the kernel's memory, what is before and behind the frame in its pages comes along.
  private let packed: PageBuffer
  private var packedRange = 0..<0
  private let content: PageBuffer
  private var contentSize = 0

  /// What is wrong with it; its content is worth nothing then.
  private(set) var flaw: String?

  init() throws(ArchiveError) {
    packed = try PageBuffer(
      byteCount: Frame.largestCompressed + 2 * PageBuffer.alignment, orThrow: Decompressor.noMemory)
    content = try PageBuffer(byteCount: Frame.largest, orThrow: Decompressor.noMemory)
  }

  /// Its bytes in the archive.
  var frameBytes: UnsafeRawBufferPointer { unsafe packed.bytes(packedRange) }
  /// Its content, once it is opened.
  var plain: UnsafeRawBufferPointer { unsafe content.bytes(0..<contentSize) }

  /// Reads a frame's bytes.
  ///
  /// - Parameter direct: a descriptor of the archive's file that reads past the kernel's memory; `nil` reads the usual way.
  /// - Throws: ``ArchiveError`` with code `io`. A file that ends before is a flaw.
  func load(_ frame: Int, of archive: SeekableArchive, direct: FileDescriptor? = nil) throws(ArchiveError) {
    let (start, size) = (archive.offsets[frame], archive.contents.frames[frame].size)
    let alignment = PageBuffer.alignment
    let before = direct == nil ? 0 : start % alignment
    let wanted = direct == nil ? size : (before + size + alignment - 1) / alignment * alignment
    let got = try unsafe (direct ?? archive.file).fill(
      UnsafeMutableRawBufferPointer(rebasing: packed.memory[..<wanted]), from: start - before)
    packedRange = before..<before + min(size, max(0, got - before))
    contentSize = 0
    flaw = packedRange.count < size ? "the file ends before" : nil
  }

  /// Decompresses what was loaded.
  func open(_ frame: Frame, with decompressor: inout Decompressor) {
    if flaw != nil { return }
    contentSize = frame.plainSize
    let target = unsafe UnsafeMutableRawBufferPointer(rebasing: content.memory[..<contentSize])
    flaw = unsafe decompressor.decompress(frameBytes, into: target)
    if flaw != nil { return }
    let checksum = unsafe frameBytes.loadUnaligned(fromByteOffset: packedRange.count - 4, as: UInt32.self)
    if UInt32(littleEndian: checksum) != frame.checksum { flaw = "its checksum is another one" }
  }
}

/// Frames of an archive, read in order and decompressed several at a time, for stages that each see all of them in order.
///
/// Sendable, because the slots are handed on by the ring, and nothing else changes.
final class FrameReading: @unchecked Sendable {
  private static let opened = Ring.Stages(rawValue: 1)

  /// A stage: it is told by which mark it says that it is done with an item. See ``each(_:_:)``.
  typealias Stage = @Sendable (FrameReading, Ring.Stages) throws -> Void

  let archive: SeekableArchive
  let plan: ReadPlan
  let ring: Ring
  private let slots: [FrameSlot]
  private let workers: Int
  private let stages: [Stage]
  private let direct: Bool

  /// - Throws: ``ArchiveError`` with code `io` where there is no memory.
  init(
    _ archive: SeekableArchive, _ plan: ReadPlan, workers: Int, direct: Bool = false, stages: [Stage]
  ) throws(ArchiveError) {
    self.archive = archive
    self.plan = plan
    self.workers = max(1, workers)
    self.stages = stages
    self.direct = direct
    var all = Self.opened
    for number in stages.indices { all.formUnion(Self.mark(number)) }
    ring = Ring(size: self.workers + 3, all: all)
    slots = try (0..<ring.size).map { _ throws(ArchiveError) in try FrameSlot() }
  }

  private static func mark(_ number: Int) -> Ring.Stages { Ring.Stages(rawValue: 2 << UInt8(number)) }

  /// - Parameter progress: is told the bytes of frames read.
  /// - Throws: ``ArchiveError`` with code `io`, or what a stage or `progress` threw.
  func run(progress: Progress?) throws {
    let direct = direct ? directFile() : nil
    defer { try? direct?.close() }
    let frames = archive.contents.frames
    let total = plan.frames.reduce(0) { $0 + frames[$1].size }
    let load: @Sendable () throws -> Void = { [self] in
      var done = 0
      for (item, frame) in plan.frames.enumerated() {
        guard ring.claim(item) else { return }
        try slots[ring.slot(of: item)].load(frame, of: archive, direct: direct)
        ring.put(item, done: [])
        done += frames[frame].size
        try progress?(done, total)
      }
      ring.end(before: plan.frames.count)
    }
    let open: @Sendable () throws -> Void = { [self] in
      var decompressor = try Decompressor()
      try ring.share(after: [], finishing: Self.opened) { item in
        slots[ring.slot(of: item)].open(frames[plan.frames[item]], with: &decompressor)
      }
    }
    let others = stages.enumerated().map { number, stage in
      { @Sendable [self] in try stage(self, Self.mark(number)) }
    }
    try ring.run([load] + Array(repeating: open, count: workers) + others)
  }

  /// The archive's file once more, to be read past the kernel's memory; `nil` where the file system has no such way.
  private func directFile() -> FileDescriptor? {
    let again = try? FileDescriptor.open(
      FilePath("/proc/self/fd/\(archive.file.rawValue)"), .readOnly, options: [.closeOnExec])
    guard let again else { return nil }
    if linux_set_direct(again.rawValue, 1) == 0 { return again }
    try? again.close()
    return nil
  }

  /// Each frame once it is opened (or as soon as it is read), with what the plan wants of it.
  func each(
    _ mark: Ring.Stages, opened: Bool = true, from first: Int = 0,
    _ body: (FrameSlot, Int, [ReadPlan.Segment]) throws -> Void
  ) throws {
    try ring.each(after: opened ? Self.opened : [], finishing: mark, from: first) { item in
      try body(slots[ring.slot(of: item)], plan.frames[item], plan.segments[item])
    }
  }

  /// One frame once it is opened; `nil` behind the last. For stages that say themselves when they are done with one.
  func wait(for item: Int) -> FrameSlot? {
    ring.wait(for: Self.opened, of: item) ? slots[ring.slot(of: item)] : nil
  }
}
