internal import SeekableTar
internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs

struct ArchiveVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read archives and compare every frame and every file with its hash; name what is damaged.",
    discussion: """
      Of a .tar.zst file of another program it is read whether it is whole, and harmless to extract. With -q only what \
      is not well is shown. What is still good of a damaged archive is counted; -v, and --format json, name it.

      EXIT CODES
        0   all is as it was written
        65  an archive is damaged, or hostile
        74  one cannot be read, or with --all ARCHIVE_ROOT cannot

      EXAMPLES
        cpwx archive verify --all
        cpwx archive verify --all --sample 5%
        cpwx archive verify 20251030-001 /mnt/copy/20251030-002.tar.zst
      Then see: cpwx archive restore --salvage JOB
      """)

  @Argument(help: .init("Jobs, or archives' paths.", valueName: "job-or-file"))
  var archives: [String] = []

  @Flag(help: "All archives of the workspace.")
  var all = false

  @Option(help: .init("Read this part of each archive, other frames every time.", valueName: "5%"))
  var sample: String?

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func validate() throws {
    if archives.isEmpty != all { throw ValidationError("Name archives by their jobs or paths, or take --all.") }
  }

  func run() async throws {
    let format = try formatOptions.resolved()
    var verification = ArchiveVerification()
    verification.sample = try sample.map { text in
      let part = try partOption(text, "--sample", asIn: "5%")
      if part > 0 { return part }
      throw JobError(.usage, "--sample \(text)", "is nothing to look at", remedy: "Expected, as in: --sample 5%")
    }
    Interruption.endsQuietly()
    var writer = Listing.Writer(
      format,
      [
        .init("JOB", key: "job_id").rare, .init("STATUS", key: "status", style: Style.status),
        .init("FILES", key: "members").dispensable(2),
        .init("ARCHIVE") { $0["archive_bytes"]?.int.map(describeSize) ?? "" }.dispensable(1),
        .init("FILE", key: "archive", isFlexible: true).cutAtStart, .reason { plain($0["reason"] ?? .null) }.rare,
      ], keys: RowKeys.verifiedArchive)
    var codes: Set<Int32> = []
    for file in try files() {
      let outcome = verification.verify(file)
      for member in outcome.damaged { Console.error("\(file.name): \(member.path): \(member.reason)") }
      for path in outcome.good ?? [] { Console.detail("\(file.name): \(path): is good") }
      for problem in outcome.problems { Console.error("\(file.name): \(problem)") }
      if let error = outcome.error {
        Console.error("\(error)")
        codes.insert(ExitStatus(error.code).rawValue)
      } else if !outcome.isGood {
        codes.insert(ExitStatus.damaged.rawValue)
      }
      if !workspaceOptions.quiet || !outcome.isGood { writer.write([document(outcome, of: file)]) }
    }
    if all, let trouble = JobIndex.archiveTrouble(in: try workspaceOptions.open(), notice: .console) {
      Console.error("\(trouble)")
      codes.insert(ExitStatus(trouble.code).rawValue)
    }
    writer.end(saying: workspaceOptions.quiet ? nil : "There are no archives here.")
    if let code = codes.contains(ExitStatus.damaged.rawValue) ? ExitStatus.damaged.rawValue : codes.first {
      throw ExitStatus(rawValue: code)
    }
  }

  private func files() throws -> [ArchiveFile] {
    guard all else {
      return try archives.map {
        try ArchiveFile(named: $0, in: { try workspaceOptions.open() }, notice: .console)
      }
    }
    let workspace = try workspaceOptions.open()
    let known = try JobIndex.look(in: workspace, notice: .console) { try $0.archives() }
    return known.compactMap { archive in
      archive.place(in: workspace).map { ArchiveFile(archive, at: $0, in: workspace) }
    }
  }

  private func document(_ outcome: ArchiveVerification.Outcome, of file: ArchiveFile) -> JSON {
    var reason = outcome.error?.reason ?? outcome.problems.first
    if let first = outcome.damaged.first {
      let more = outcome.damaged.count > 1 ? " and \(outcome.damaged.count - 1) more" : ""
      reason = "damaged: \(first.path)\(more)" + (outcome.good.map { "; \($0.count) members are good" } ?? "")
    }
    return [
      "job_id": .string(file.indexed?.jobID), "archive": .string(file.name), "members": .int(outcome.members),
      "bytes": .int(outcome.bytes), "archive_bytes": .int(outcome.archiveBytes), "sha256": .string(outcome.sha256),
      "status": .string(outcome.isGood ? "good" : outcome.error == nil ? "damaged" : "failed"),
      "reason": .string(reason), "damaged": .strings(outcome.damaged.map(\.path.text)),
      "good_members": .int(outcome.good?.count ?? (outcome.isGood ? outcome.members : nil)),
      "good": .strings(outcome.good?.map(\.text) ?? []),
    ]
  }
}
