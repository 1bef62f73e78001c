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
    self.init { name in try? DurableFile.read(paths.output.appending(name)) }
  }

  /// Of an archived one.
  init(of archive: SeekableArchive, _ place: ArchivePlace) throws {
    let names = try ArchiveNames(place)
    self.init { name in
      guard let path = try? names.inOutput(name), let member = archive.contents.member(path) else { return nil }
      return try? archive.bytes(of: member)
    }
  }

  private init(_ file: (String) -> [UInt8]?) {
    func document(_ name: String) -> JSON? { file(name).flatMap { try? JSON(parsing: $0) } }
    let info = document("job_info.json")
    created = info?["created_at"]?.string
    film = document("manifest.json")?["input"]?["sha256"]?.string ?? info?["input"]?["sha256"]?.string
  }

  /// What is known of both, and is not the same; `nil` when nothing is.
  func difference(from other: JobIdentity) -> String? {
    if let created, let made = other.created, created != made { return "made at \(created)" }
    if let film, let has = other.film, film != has { return "of another film" }
    return nil
  }
}
