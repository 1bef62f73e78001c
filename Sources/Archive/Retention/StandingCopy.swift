internal import Hashing
internal import Index
internal import Jobs
internal import SeekableTar
internal import SystemPackage

/// The job's folder beside its archive: whether it holds what the archive holds.
struct StandingCopy {
  private let output: FilePath
  private let logs: FilePath
  private let place: ArchivePlace
  private let file: FilePath

  init(beside place: ArchivePlace, in workspace: Workspace) {
    self.place = place
    file = place.file(in: workspace)
    (output, logs) = (workspace.resolve(documentPath: place.folder), workspace.resolve(documentPath: place.logs))
  }

  /// Why the archive is the only copy of something; `nil` when it is not: all its members are there, with their sizes and times or else
  /// their hashes, and the job's records byte for byte.
  func flaw() -> String? {
    guard isDirectory(output) else { return "the only copy of the job" }
    do {
      let contents = try SeekableArchive(file).contents
      let names = try ArchiveNames(place)
      var roots = [ArchiveSource.Root(names.output, at: output)]
      if logs != output, isDirectory(logs) { roots.append(.init(names.logs, at: logs)) }
      if let lack = try ArchiveSource(roots: roots).lack(of: contents, but: try names.inOutput(".cpwx.lock")) {
        return "the only copy of some of the job: in its folder \(lack)"
      }
      for record in ArchiveNames.records {
        guard let member = contents.member(try names.inOutput(record)) else { continue }
        let bytes = try DurableFile.read(output.appending(record))
        if member.digest?.hex != SHA256.hex(of: bytes) {
          return "the only copy of the job as it was: \(record) has changed since"
        }
      }
      return nil
    } catch {
      return "it cannot be compared with the job's folder (\(error)), and may be the only copy"
    }
  }
}
