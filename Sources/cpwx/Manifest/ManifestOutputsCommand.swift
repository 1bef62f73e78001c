internal import ArgumentParser
internal import Jobs
internal import SystemPackage

struct ManifestOutputsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outputs",
    abstract: "List the files that a job's stages recorded as made; secrets are masked.",
    discussion: """
      EXAMPLES
        cpwx manifest outputs latest
        cpwx manifest outputs latest --format csv
      Then see: cpwx job path JOB
      """)

  @OptionGroup var manifest: ManifestArgument
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let format = try formatOptions.resolved()
    let path = try self.manifest.path()
    let folder = path.removingLastComponent()
    let manifest = try Manifest(reading: path)
    let rows: [JSON] = manifest.stages.flatMap { stage in
      stage.outputs.map { key, file in
        let found = file.path.map { manifest.place(of: $0, in: folder) }
        let now = found.flatMap { try? FileStatus(of: $0.path) }
        let shown = found?.isElsewhere == true ? found?.path.string : file.path
        return [
          "stage_name": .string(stage.name), "key": .string(key), "path": .string(shown),
          "exists": .bool(now != nil), "size_bytes": .int(now?.size ?? file.size),
          "description": .string(file.description),
        ]
      }
    }
    let secrets = self.manifest.secrets(path)
    Listing(
      rows: rows.map { Secrets.masked($0, secrets) },
      columns: [
        .init("STAGE", key: "stage_name"), .init("KEY", key: "key"),
        .init("SIZE") { $0["size_bytes"]?.int.map(describeSize) ?? "" },
        .init("BYTES", key: "size_bytes").dispensable(1),
        .init("THERE") { $0["exists"]?.bool == true ? "yes" : "no" },
        .init("PATH", isFlexible: true) { row in
          guard let recorded = row["path"]?.string else { return "" }
          var place = manifest.place(of: recorded, in: folder).path
          return place.removePrefix(folder) ? place.string : recorded
        }.cutAtStart,
      ],
      keys: RowKeys.output
    ).write(format, orSay: "No stage has recorded a file.")
  }
}
