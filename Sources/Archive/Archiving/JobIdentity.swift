internal import Index
internal import Jobs
internal import SeekableTar
internal import SystemPackage

/// What tells jobs of one name apart, which two workspaces may have: when they were made, and of which film.
struct JobIdentity {
  private let created: String?
  private let film: String?

  /// Of a job that is there.
  init(of paths: JobPaths) {
    self.init(
      info: try? DurableFile.read(paths.info),
      manifest: try? DurableFile.read(paths.output.appending("manifest.json")))
  }

  /// Of an archived one.
  ///
  /// - Throws: `ArchiveError` when its records cannot be read.
  init(of archive: SeekableArchive, _ place: ArchivePlace) throws {
    let names = try ArchiveNames(place)
    func record(_ name: String) throws -> [UInt8]? {
      guard let member = archive.contents.member(try names.inOutput(name)), member.kind != .symbolicLink
      else { return nil }
      return try archive.bytes(of: member)
    }
    self.init(info: try record("job_info.json"), manifest: try record("manifest.json"))
  }

  private init(info: [UInt8]?, manifest: [UInt8]?) {
    let info = info.flatMap { try? JSON(parsing: $0) }
    let manifest = manifest.flatMap { try? JSON(parsing: $0) }
    created = info?["created_at"]?.string
    film = manifest?["input"]?["sha256"]?.string ?? info?["input"]?["sha256"]?.string
  }

  /// What is known of both, and is not the same; `nil` when nothing is.
  func difference(from other: JobIdentity) -> String? {
    if let created, let made = other.created, created != made { return "made at \(created)" }
    if let film, let has = other.film, film != has { return "of another film" }
    return nil
  }
}
