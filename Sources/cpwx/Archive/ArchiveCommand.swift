internal import ArgumentParser

struct ArchiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive",
    abstract: "Keep finished jobs as one verified file each; look into the archives, restore, prune.",
    discussion: """
      An archive is archive/Y/M/D/USER/JOB.tar.zst: the job's folder and logs, which tar --zstd -xf reads without cpwx. A \
      job is removed only when its archive is on the disk, was read back from there, and holds what the job holds.

      cpwx archive with jobs or a choice of them archives, as cpwx archive create does.

      EXAMPLES
        cpwx archive --older-than 30d
        cpwx archive --older-than 30d -n
        cpwx archive 20251030-001
        cpwx archive list sholay
        cpwx archive restore 20251030-001
      Then see: cpwx archive create for its options, cpwx archive list
      """,
    subcommands: [
      ArchiveCreateCommand.self, ArchiveListCommand.self, ArchiveShowCommand.self, ArchiveVerifyCommand.self,
      ArchiveRestoreCommand.self, ArchiveExtractCommand.self, ArchivePruneCommand.self,
    ],
    defaultSubcommand: ArchiveCreateCommand.self)
}
