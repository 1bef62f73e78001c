internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs
internal import SystemPackage

struct ArchiveExtractCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Take files out of an archive: of a job, or any .tar.zst file.",
    discussion: """
      MEMBER is a path as cpwx archive show has it, or from the job's folder or that of its logs on; a folder means all \
      in it. Of an archive of cpwx only what is needed is read. Nothing that is there is written over, and nothing comes \
      to lie outside of DIR, whatever the archive says: hostile names, links and devices are refused (65), and so is another program's \
      archive of more than 1 TiB, a million members, 256 MiB of paths or 16 MiB of one member's headers, or one compressed with a window of more than 128 MiB. \
      One that is more than the disk has room for is not begun, or, of another program, ended when that is seen (74); nothing of it stays.

      EXIT CODES
        1   done, but a MEMBER that was named is not in it
        65  the archive is damaged, or hostile; nothing was extracted

      EXAMPLES
        cpwx archive extract 20251030-001 subtitles/subtitles.srt -O
        cpwx archive extract 20251030-001 '*.srt' transcription --to /tmp/look
        cpwx archive extract /mnt/copy/film.tar.zst --to /tmp/look
      Then see: cpwx archive show JOB
      """)

  @Argument(help: .init("A job, or an archive's path.", valueName: "job-or-file"))
  var archive: String

  @Argument(help: .init("What to take out; * ? [a-z] ** match names. With --to, all by default.", valueName: "member"))
  var members: [String] = []

  @Flag(name: [.customShort("O"), .customLong("to-stdout")], help: "Write the files' content to standard output.")
  var toStdout = false

  @Option(help: .init("Into this folder. (default: this one)", valueName: "dir"))
  var to: String?

  @OptionGroup var workspaceOptions: WorkspaceOptions

  func validate() throws {
    if to == "" { throw ValidationError("--to takes a folder.") }
    if toStdout, to != nil { throw ValidationError("Either -O or --to.") }
    if members.isEmpty, to == nil { throw ValidationError("Name members, or with --to DIR take all.") }
  }

  func run() async throws {
    let file = try ArchiveFile(named: archive, in: { try workspaceOptions.open() }, notice: .console)
    var extraction = MemberExtraction(of: file, members)
    if toStdout {
      Interruption.endsQuietly()
      do {
        return try tell(missing: try extraction.write(to: .standardOutput).missing, of: file)
      } catch let error as JobError where error.underlying as? Errno == .brokenPipe {
        // Started by who ignores SIGPIPE.
        throw ExitStatus(rawValue: 141)
      }
    }
    let folder = absolute(FilePath(to ?? "."))
    try refusePart(of: file, below: folder)
    let meter = ByteMeter("extracting", isQuiet: workspaceOptions.quiet)
    let interruption = try ArchiveInterruption()
    extraction.progress = { done, total in
      try interruption.check()
      meter.show(done, of: total)
    }
    defer { meter.close() }
    let written: MemberExtraction.Written
    do {
      written = try extraction.write(below: folder)
    } catch is CancellationError {
      meter.close()
      Console.error("Stopped. Nothing was extracted.")
      throw interruption.exitStatus
    }
    meter.close()
    if !workspaceOptions.quiet {
      Console.note(
        wrapping:
          "\(written.members) \(written.members == 1 ? "member" : "members"), \(describeSize(written.bytes)), in \(folder)"
      )
    }
    try tell(missing: written.missing, of: file)
  }

  /// In the workspace's own `out/` a part of an archived job would pass for the job: its film would be run once more, and
  /// a restore find its place taken.
  private func refusePart(of file: ArchiveFile, below folder: FilePath) throws {
    guard !members.isEmpty, let place = file.place, let workspace = try? workspaceOptions.open(),
      let out = realPath(folder.appending("out")), out == realPath(workspace.outputRoot),
      !exists(workspace.resolve(documentPath: place.folder))
    else { return }
    throw JobError(
      .usage, file.indexed?.jobID ?? file.name, "is archived, and a part of it in \(out) would pass for the job",
      remedy: "Nothing was extracted. --to DIR takes another folder; cpwx archive restore puts the whole job back.")
  }

  private func tell(missing: [String], of file: ArchiveFile) throws {
    for pattern in missing { Console.error("\(pattern): nothing in \(file.name) is called so") }
    if !missing.isEmpty { throw ExitStatus.someFailed }
  }
}
