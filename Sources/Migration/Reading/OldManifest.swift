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

  init(in folder: FilePath, whole: Bool = false, name: String = "manifest.json") {
    let path = folder.appending(name)
    guard let status = try? FileStatus(of: path) else {
      self = .none
      return
    }
    guard status.isRegular, status.size <= Self.largest else {
      self = .unreadable(status.isRegular ? "is too large to be a manifest" : "is no file")
      return
    }
    do {
      let bytes = try DurableFile.read(path)
      guard bytes.contains(where: { !" \n\r\t\0".utf8.contains($0) }) else {
        self = .unreadable("is empty")
        return
      }
      let document = try JSON(parsing: bytes, leavingOut: whole ? nil : Self.unread)
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
