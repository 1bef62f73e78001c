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

  /// - Parameter whole: with what a plan has no use for.
  init(in scan: TreeScan, whole: Bool = false) {
    if !scan.isPlainFile(Self.file) {
      guard let status = scan.status(of: Self.file) else {
        self = .none
        return
      }
      guard status.st_mode & S_IFMT == S_IFREG else {
        self = .unreadable(Self.noFile)
        return
      }
    }
    self.init(leavingOut: whole ? nil : Self.unread) { try scan.read(Self.file, atMost: Self.largest) }
  }

  init(wholeAt path: RawPath, in tree: OpenTree) {
    guard let status = tree.status(of: path) else {
      self = .none
      return
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      self = .unreadable(Self.noFile)
      return
    }
    self.init(leavingOut: nil) {
      if status.st_size > Self.largest { throw Errno.fileTooLarge }
      return try tree.read(path)
    }
  }

  private init(leavingOut omission: JSON.Omission?, read: () throws -> [UInt8]) {
    do {
      let bytes = try OldText.utf8(read())
      guard bytes.contains(where: { !" \n\r\t\0".utf8.contains($0) }) else {
        self = .unreadable("is empty")
        return
      }
      let document = try JSON(parsing: bytes, leavingOut: omission)
      self = Self.isManifest(document) ? .read(Manifest(document: document)) : .foreign
    } catch let error as JSONSyntaxError {
      self = .unreadable(error.isTruncated ? "is cut short" : "is no valid JSON")
    } catch Errno.fileTooLarge {
      self = .unreadable("is too large to be a manifest")
    } catch {
      self = .unreadable("cannot be read")
    }
  }

  private static let file = RawPath("manifest.json")
  private static let noFile = "is no file"

  /// Bytes.
  static let largest = 64 << 20

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
