internal import Index
public import Jobs
public import SeekableTar
internal import SystemPackage

/// Looks whether an archive holds what was written: every frame, every hash, the table, the whole.
public struct ArchiveVerification: Sendable {
  public struct Outcome: Sendable {
    public var members: Int?
    /// Of the files in it.
    public var bytes: Int?
    public var archiveBytes: Int?
    public var sha256: String?
    /// Members that are damaged, with the reasons.
    public var damaged: [DamagedMember] = []
    /// Members that are still good, as far as they were looked at, where the archive is not.
    public var good: [MemberPath]?
    /// All else that is wrong.
    public var problems: [String] = []
    /// It could not be read.
    public var error: JobError?

    public var isGood: Bool { damaged.isEmpty && problems.isEmpty && error == nil }
  }

  /// The part of the frames to be read, from 0 to 1; `nil` for all.
  public var sample: Double?
  public var workers = defaultWorkers
  public var progress: Progress?

  public init() {}

  public func verify(_ file: ArchiveFile) -> Outcome {
    var outcome = Outcome()
    outcome.archiveBytes = (try? FileStatus(of: file.file))?.size
    do {
      guard let archive = try file.open() else {
        let members = try file.verifiedForeignMembers(progress: progress)
        (outcome.members, outcome.bytes) = (members.count, members.reduce(0) { $0 + $1.size })
        return outcome
      }
      (outcome.members, outcome.bytes) = (archive.contents.members.count, archive.contents.contentBytes)
      var options = VerificationOptions()
      (options.sample, options.workers, options.progress) = (sample, workers, progress)
      let report = try telling(file.name) { try archive.verify(options) }
      (outcome.damaged, outcome.problems) = (report.damaged, report.problems)
      if let flaw = try Self.flaw(archive.contents, of: file) { outcome.problems.append(flaw) }
      outcome.sha256 = try telling(file.name) { try archive.digest()?.hex }
      if !report.isGood {
        let damaged = Set(report.damaged.map(\.path))
        outcome.good = archive.contents.members.map(\.path).filter { !damaged.contains($0) }
        if outcome.isGood { outcome.problems = ["it does not hold what was written"] }
      }
    } catch let error as JobError where error.code == .damaged {
      outcome.problems.append(error.message)
      if let place = file.place { survey(file, of: place, &outcome) }
    } catch {
      outcome.error = error as? JobError ?? JobError(.io, file.name, "cannot be read", underlying: error)
    }
    return outcome
  }

  /// What is still good of an archive without a table, read from its beginning as far as that goes.
  private func survey(_ file: ArchiveFile, of place: ArchivePlace, _ outcome: inout Outcome) {
    // What ends that, too, changes nothing about what is wrong already.
    guard let names = try? ArchiveNames(place),
      let found = try? ForeignArchive(ofJob: file.file).survey(progress: progress)
    else { return }
    outcome.damaged = found.lost
    if let problem = found.problem { outcome.problems.append(problem) }
    outcome.good = found.members.filter { names.holds($0) }.map(\.path)
  }

  /// What is wrong with an archive though it holds what was written: it is another job's than it is called after. Where its links lead is
  /// looked at when one that lies elsewhere is extracted: a job's may lead anywhere.
  private static func flaw(_ contents: TableOfContents, of file: ArchiveFile) throws -> String? {
    try file.place.flatMap { try ArchiveNames($0).flaw(in: contents) }
  }
}
