internal import ArgumentParser
internal import Jobs
internal import Pipeline
internal import SystemPackage
internal import TextWidth

struct ManifestShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a manifest of any kind, as a table or as it is; secrets are masked.",
    discussion: """
      EXAMPLES
        cpwx manifest show latest
        cpwx manifest show --format json 20251030-001
      Then see: cpwx manifest validate JOB
      """)

  @OptionGroup var manifest: ManifestArgument
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let format = try formatOptions.resolved()
    let path = try manifest.path()
    let secrets = manifest.secrets(path)
    let manifest = Manifest(document: Secrets.masked(try Manifest(reading: path).document, secrets))
    switch format {
    case .json: Console.out(raw: manifest.document.bytes())
    case .ndjson: Console.out(manifest.document.text(.compact))
    case .csv: Listing(rows: manifest.stages.map(\.document), columns: []).write(.csv)
    case .table:
      let status = manifest.status(
        isRunning: FileLock.isHeld(path.removingLastComponent().appending(JobPaths.lockName)))
      let head: [(String, String?)] = [
        ("Kind", manifest.kind.rawValue), ("Job", manifest.jobID), ("Title", manifest.title),
        ("Year", manifest.year.map(String.init)), ("Input", manifest.inputFile),
        ("Status", status.rawValue),
      ]
      for case (let label, let value?) in head { Console.field(label, value) }
      if manifest.stages.isEmpty { return }
      Console.out("")
      let rows = StageColumns.rows(manifest.stages.map(\.document), isRunning: status == .running)
      Listing(rows: rows, columns: StageColumns.all).write(.table)
    }
  }
}
