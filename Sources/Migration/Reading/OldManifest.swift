internal import Glibc
internal import Jobs
internal import SystemPackage

/// The manifest of an old tree, as far as it can be read.
enum OldManifest: Sendable {
  case none
  case read(Manifest)
  /// Why it tells nothing.
  case unreadable(String)
  /// JSON of something else.
  case foreign

  /// Most of a manifest's bytes, which a plan has no use for.
  private static let unread = JSON.Omission(
    of: ["outputs", "metadata", "fingerprint", "description"], inEntriesOf: "stages")

  /// Without what a plan has no use for.
  init(in scan: TreeScan) {
    let file = RawPath("manifest.json")
    guard let status = scan.status(of: file) else {
      self = .none
      return
    }
    self.init(isRegular: status.st_mode & S_IFMT == S_IFREG, size: status.st_size, leavingOut: Self.unread) {
      try scan.read(file)
    }
  }

  init(wholeAt path: FilePath) {
    guard let status = try? FileStatus(of: path) else {
      self = .none
      return
    }
    self.init(isRegular: status.isRegular, size: status.size, leavingOut: nil) { try DurableFile.read(path) }
  }

  private init(isRegular: Bool, size: Int, leavingOut omission: JSON.Omission?, read: () throws -> [UInt8]) {
    guard isRegular, size <= Self.largest else {
      self = .unreadable(isRegular ? "is too large to be a manifest" : "is no file")
      return
    }
    do {
      let bytes = try read()
      guard bytes.contains(where: { !" \n\r\t\0".utf8.contains($0) }) else {
        self = .unreadable("is empty")
        return
      }
      let document = try JSON(parsing: bytes, leavingOut: omission)
      self = Self.isManifest(document) ? .read(Manifest(document: document)) : .foreign
    } catch let error as JSONSyntaxError {
      self = .unreadable(error.isTruncated ? "is cut short" : "is no valid JSON")
    } catch {
      self = .unreadable("cannot be read")
    }
  }

  /// Bytes.
  private static let largest = 64 << 20

  /// Whether a document is of the application, and not, say, a web page's manifest.
  private static func isManifest(_ document: JSON) -> Bool {
    guard document.object != nil else { return false }
    let isOne = ["stages", "pipeline", "movie_dir", "job_id", "output_dir"].contains { document[$0] != nil }
    return isOne || document["input"]?["file"] != nil
  }

  var manifest: Manifest? {
    if case .read(let manifest) = self { manifest } else { nil }
  }
}
