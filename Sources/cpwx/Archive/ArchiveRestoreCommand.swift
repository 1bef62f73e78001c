internal import SeekableTar
internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs
internal import SystemPackage

struct ArchiveRestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Put archived jobs back, as they were to the byte, mode and nanosecond; the archives stay.",
    discussion: """
      A job is written beside its place, every file compared with its hash, and renamed into place when all of it is on \
      the disk. What is there already is never touched, unless --replace moves it aside.

      EXIT CODES
        65  the archive is damaged: nothing was restored, or with --salvage all but what is named
        74  something is there already, or the disk is full

      EXAMPLES
        cpwx archive restore 20251030-001
        cpwx archive restore 20251030-001 --to /tmp/look
        cpwx archive restore --salvage 20251030-001
      Then see: cpwx job show JOB
      """)

  @Argument(help: .init("Jobs, or the paths of their archives.", valueName: "job"))
  var jobs: [String]

  @Option(help: .init("Into this folder, as out/… and logs/… below it.", valueName: "dir"))
  var to: String?

  @Flag(help: "Move a job that is there aside first.")
  var replace = false

  @Flag(help: "Get out of a damaged archive what is still good.")
  var salvage = false

  @OptionGroup var workOptions: WorkOptions

  func validate() throws {
    if to == "" { throw ValidationError("--to takes a folder.") }
  }

  func run() async throws {
    let workspace = try workOptions.open()
    let format = try workOptions.resolved()
    let files = try jobs.map {
      try ArchiveFile(named: $0, in: { workspace }, notice: .console)
    }
    var restoration = JobRestoration(in: workspace, to: to.map { absolute(FilePath($0)) })
    (restoration.replaces, restoration.salvages) = (replace, salvage)
    let inWorkspace = ArchiveRecovery.run(in: workspace) { Console.error("\($0)") }
    let finished = to == nil ? inWorkspace : restoration.finishInterrupted { Console.error("\($0)") }
    let interruption = try ArchiveInterruption()
    var isStopped = false
    var codes: Set<Int32> = []
    var rows: [JSON] = []
    for file in files {
      var row = file.indexed?.document(in: workspace) ?? ["archive": .string(file.name)]
      (row["status"], row["reason"]) = (.string("restored"), .null)
      // The folder in the workspace is not the one that it is restored into.
      if to != nil { row["output_dir"] = .null }
      do {
        try interruption.check()
        if let relative = file.place?.relative, finished.contains(relative) {
          row["reason"] = .string("what was begun earlier is finished")
        } else {
          let meter = ByteMeter("restoring \(file.indexed?.jobID ?? file.name)", isQuiet: workOptions.quiet)
          restoration.progress = { done, total in
            try interruption.check()
            meter.show(done, of: total)
          }
          defer { meter.close() }
          let outcome = try restoration.restore(file)
          row["output_dir"] = .string(to == nil ? workspace.documentPath(outcome.output) : outcome.output.string)
          (row["members"], row["bytes"]) = (.int(outcome.members), .int(outcome.bytes))
          row["lost"] = .strings(outcome.damaged.map(\.path.text))
          meter.close()
          tell(outcome, of: file)
          if !outcome.damaged.isEmpty || !outcome.problems.isEmpty {
            row["status"] = .string("salvaged")
            row["reason"] = .string(
              outcome.damaged.isEmpty
                ? outcome.problems.first
                : outcome.damaged.count == 1 ? "1 member is lost" : "\(outcome.damaged.count) members are lost")
            codes.insert(ExitStatus.damaged.rawValue)
          }
        }
      } catch is CancellationError {
        if !isStopped { Console.error("Stopped. What was not restored yet is as it was.") }
        isStopped = true
        (row["status"], row["reason"]) = (.string("failed"), .string("stopped"))
      } catch {
        let error = error as? JobError ?? JobError(.io, file.name, "cannot be put in place", underlying: error)
        Console.error("\(error)")
        (row["status"], row["reason"]) = (.string("failed"), .string(error.reason))
        codes.insert(ExitStatus(error.code).rawValue)
      }
      rows.append(row)
    }
    Listing(
      rows: rows,
      columns: [
        .init("JOB", key: "job_id"), .init("STATUS", key: "status", style: Style.status),
        .init("SIZE") { $0["bytes"]?.int.map(describeSize) ?? "" }.dispensable(2),
        .init("FOLDER", key: "output_dir", isFlexible: true).cutAtStart.readable(20).dispensable(1),
        .reason { plain($0["reason"] ?? .null) }.rare,
      ]
    ).write(format)
    if isStopped { throw interruption.exitStatus }
    if let code = codes.count == 1 ? codes.first : codes.isEmpty ? nil : 1 { throw ExitStatus(rawValue: code) }
  }

  private func tell(_ outcome: JobRestoration.Outcome, of file: ArchiveFile) {
    for path in outcome.aside { Console.note(wrapping: "What was there is now \(path)") }
    for member in outcome.damaged { Console.error("\(file.name): lost: \(member.path): \(member.reason)") }
    for problem in outcome.problems { Console.error("\(file.name): \(problem)") }
    if !workOptions.quiet, !outcome.excluded.isEmpty {
      Console.note(
        wrapping: "Not in the archive, as they were excluded then: \(outcome.excluded.joined(separator: " "))")
    }
  }
}
