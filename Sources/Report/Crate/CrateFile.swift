internal import Hashing
internal import Jobs
internal import SystemPackage

/// A file of a crate.
struct CrateFile {
  let path: FilePath
  /// Its path from the crate's folder, as a URI has it.
  let id: String
  let document: JSON

  /// `nil` for what is no file below `folder`, or is not there any more.
  ///
  /// - Throws: ``JobError`` with code `io` when it cannot be read.
  init?(_ path: FilePath, in folder: FilePath, description: String) throws {
    guard path.starts(with: folder), path != folder, (try? FileStatus(of: path)) != nil else { return nil }
    guard let status = try? FileStatus(ofLink: path), status.isRegular else { return nil }
    var inner = path
    _ = inner.removePrefix(folder)
    let bytes = unsafe inner.withPlatformString { unsafe Array(UnsafeBufferPointer(start: $0, count: inner.length)) }
    id = percentEncoded(bytes.map { UInt8(bitPattern: $0) })
    self.path = path
    let hash: String
    do {
      hash = try SHA256.hex(ofFileAt: path)
    } catch {
      throw JobError(.io, path.string, "cannot be read", underlying: error)
    }
    var document: JSON = [
      "@id": .string(id), "@type": .string("File"), "name": .string(inner.string),
      "contentSize": .string(String(status.size)), "sha256": .string(hash),
      "encodingFormat": .string(Self.mediaTypes[path.extension?.lowercased() ?? ""] ?? "application/octet-stream"),
    ]
    document["description"] = description.isEmpty ? nil : .string(description)
    self.document = document
  }

  private static let mediaTypes = [
    "json": "application/json", "srt": "application/x-subrip", "txt": "text/plain", "wav": "audio/wav",
    "mp4": "video/mp4", "mkv": "video/x-matroska", "csv": "text/csv", "vtt": "text/vtt",
  ]
}
