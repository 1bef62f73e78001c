internal import Hashing
public import Jobs
public import SeekableTar
public import SystemPackage

/// The files of a job as they are now, in its folder or in its archive.
public struct JobContent: Sendable {
  private enum Place {
    case folder(FilePath)
    case archive(TableOfContents, root: MemberPath)
  }

  private struct File {
    var size: Int
    /// SHA-256, in hexadecimal; of a file in a folder it is read for that.
    var hash: () throws -> String?
  }

  private let place: Place

  public init(in folder: FilePath) { place = .folder(folder) }

  /// Of any archive that a job's manifest lies in; `nil` when there is none.
  public init?(of archive: SeekableArchive) {
    let manifests = archive.contents.members.filter { $0.path.name.elementsEqual("manifest.json".utf8) }
    guard let highest = manifests.min(by: { $0.path.bytes.count < $1.path.bytes.count }), let root = highest.path.parent
    else { return nil }
    place = .archive(archive.contents, root: root)
  }

  /// A file of the job's folder in its archive.
  func member(_ name: String) -> Member? {
    guard case .archive(let contents, let root) = place else { return nil }
    return contents.member(path: root.bytes + Array("/\(name)".utf8))
  }

  /// What is different in the outputs that two manifests record, though they record the same: one is gone, or has other bytes.
  ///
  /// - Throws: ``JobError`` with code `io` for a file that cannot be read.
  public func differences(
    of manifest: Manifest, to newer: Manifest, in other: JobContent
  ) throws -> [ManifestDifference] {
    var found: [ManifestDifference] = []
    for stage in manifest.stages {
      let name = StageName(stage.name)
      guard let again = newer.stages.first(where: { StageName($0.name) == name }) else { continue }
      for (key, output) in stage.outputs {
        guard let path = output.path, let now = again.outputs.first(where: { $0.key == key })?.file.path else {
          continue
        }
        func add(_ what: String, _ old: JSON, _ new: JSON) {
          if old == new { return }
          found.append(ManifestDifference(stage: "\(name)", key: "outputs.\(key).\(what)", old: old, new: new))
        }
        switch (file(path, of: manifest), other.file(now, of: newer)) {
        case (let old?, let new?) where old.size == new.size:
          add("sha256", .string(try old.hash()), .string(try new.hash()))
        case (let old?, let new?): add("size_bytes", .int(old.size), .int(new.size))
        case (let old, let new): add("exists", .bool(old != nil), .bool(new != nil))
        }
      }
    }
    return found
  }

  private func file(_ recorded: String, of manifest: Manifest) -> File? {
    switch place {
    case .folder(let folder):
      let path = manifest.place(of: recorded, in: folder).path
      guard let status = try? FileStatus(of: path), status.isRegular else { return nil }
      return File(size: status.size) {
        do {
          return try SHA256.hex(ofFileAt: path)
        } catch {
          throw JobError(.io, path.string, "cannot be read", underlying: error)
        }
      }
    case .archive(let contents, let root):
      let parts = FilePath(recorded).components.map(\.string)
      let rest =
        parts.lastIndex(of: String(decoding: root.name, as: UTF8.self)).map { parts[($0 + 1)...] } ?? parts[...]
      guard let member = member(rest.joined(separator: "/")), let digest = member.digest else { return nil }
      let size = member.kind == .hardLink ? contents.member(path: member.target)?.size ?? 0 : member.size
      return File(size: size) { digest.hex }
    }
  }
}

extension TableOfContents {
  fileprivate func member(path bytes: [UInt8]) -> Member? { (try? MemberPath(bytes)).flatMap { member($0) } }
}
