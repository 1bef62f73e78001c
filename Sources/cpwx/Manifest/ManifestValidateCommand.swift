internal import ArgumentParser
internal import Jobs
internal import SystemPackage

struct ManifestValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Say what in a manifest is not as documented, by JSON path.",
    discussion: """
      Exit code 0 when all is well or merely odd, 65 when something is wrong.

      EXAMPLES
        cpwx manifest validate latest
        cpwx manifest validate out/Movie_Name_2023/manifest.json --format json
      Then see: cpwx manifest show JOB
      """)

  @OptionGroup var manifest: ManifestArgument
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let format = try formatOptions.resolved()
    let path = try manifest.path()
    let findings = try Manifest.findings(ofFileAt: path)
    let secrets = manifest.secrets(path)
    let listing = Listing(
      rows: findings.map {
        Secrets.masked(
          ["path": .string($0.path), "severity": .string($0.severity.rawValue), "message": .string($0.message)], secrets
        )
      },
      columns: [.init("SEVERITY", key: "severity"), .init("PATH", key: "path"), .init("WHAT", key: "message").whole],
      keys: RowKeys.finding)
    if findings.isEmpty && format == .table { Console.out("\(path): as documented") }
    listing.write(format)
    if findings.contains(where: { $0.severity == .error }) { throw ExitStatus.damaged }
  }
}
