internal import SystemPackage

/// The format of a WAV file, from the `fmt ` chunk of its RIFF header (Microsoft's Multimedia Programming Interface).
struct WaveFormat: Sendable, Equatable {
  /// 1 is PCM.
  var encoding: Int
  var channels: Int
  /// Hz
  var sampleRate: Int
  var bitsPerSample: Int

  /// What every speech engine takes.
  static let speech = WaveFormat(encoding: 1, channels: 1, sampleRate: 16_000, bitsPerSample: 16)

  init(encoding: Int, channels: Int, sampleRate: Int, bitsPerSample: Int) {
    (self.encoding, self.channels) = (encoding, channels)
    (self.sampleRate, self.bitsPerSample) = (sampleRate, bitsPerSample)
  }

  /// Reads a file's header; `nil` when it is no WAV. RF64, the form for more than 4 GB, counts as another format.
  init?(of path: FilePath) {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return nil }
    defer { try? file.close() }
    let size = 4096
    guard
      let header = try? unsafe [UInt8](
        unsafeUninitializedCapacity: size,
        initializingWith: { buffer, count in
          count = try unsafe file.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
        })
    else { return nil }
    self.init(header: header)
  }

  init?(header: [UInt8]) {
    func text(_ offset: Int) -> String { String(decoding: header[offset..<offset + 4], as: UTF8.self) }
    func number(_ offset: Int, _ bytes: Int) -> Int {
      (0..<bytes).reduce(0) { $0 | Int(header[offset + $1]) << (8 * $1) }
    }
    guard header.count >= 12, text(0) == "RIFF", text(8) == "WAVE" else { return nil }
    var offset = 12
    while offset + 24 <= header.count {
      let length = number(offset + 4, 4)
      if text(offset) == "fmt " {
        let fields = offset + 8
        self.init(
          encoding: number(fields, 2), channels: number(fields + 2, 2), sampleRate: number(fields + 4, 4),
          bitsPerSample: number(fields + 14, 2))
        return
      }
      offset += 8 + length + length % 2
    }
    return nil
  }
}
