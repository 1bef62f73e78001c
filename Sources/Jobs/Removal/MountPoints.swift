internal import SystemPackage

/// The places where other file systems are mounted.
enum MountPoints {
  /// A place at or below `folder` where something is mounted: what is seen there is not the folder's own.
  static func below(_ folder: FilePath) -> FilePath? {
    guard let folder = realPath(folder), let table = try? DurableFile.read("/proc/self/mountinfo") else { return nil }
    for line in table.split(separator: 0x0A) {
      let fields = line.split(separator: 0x20, maxSplits: 5)
      guard fields.count == 6 else { continue }
      let place = FilePath(String(decoding: unescaped(fields[4]), as: UTF8.self))
      if place.starts(with: folder) { return place }
    }
    return nil
  }

  /// Spaces and the like stand there as `\040`.
  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3).filter { (0x30...0x37).contains($0) }
      if byte == UInt8(ascii: "\\"), digits.count == 3 {
        result.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 0x30) })
        rest = rest.dropFirst(3)
      } else {
        result.append(byte)
      }
    }
    return result
  }
}
