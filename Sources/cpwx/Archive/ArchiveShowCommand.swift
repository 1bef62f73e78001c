internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs
internal import Report
internal import SeekableTar
internal import SystemPackage

struct ArchiveShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what is in an archive: of a job, or any .tar.zst file.",
    discussion: """
      EXAMPLES
        cpwx archive show 20251030-001
        cpwx archive show /mnt/copy/20251030-001.tar.zst --format json
      Then see: cpwx archive extract JOB MEMBER
      """)

  @Argument(help: .init("A job, or an archive's path.", valueName: "job-or-file"))
  var archive: String

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let format = try formatOptions.resolved()
    let file = try ArchiveFile(named: archive, in: { try workspaceOptions.open() }, notice: .console)
    let document = try document(of: file)
    switch format {
    case .json: Console.out(raw: document.bytes())
    case .ndjson, .csv:
      Listing(rows: document["files"]?.array ?? [], columns: [], keys: RowKeys.member).write(format)
    case .table: writeTable(document, moment: file.indexed?.moment)
    }
  }

  private func document(of file: ArchiveFile) throws -> JSON {
    let open = try file.open()
    let members = try open?.contents.members ?? file.foreignMembers()
    var document: JSON
    if let indexed = file.indexed, let workspace = try? workspaceOptions.open() {
      document = indexed.document(in: workspace)
    } else {
      document = [
        "job_id": .string(open?.contents.annotations["job_id"]), "archive": .string(file.name),
        "members": .int(members.count), "bytes": .int(members.reduce(0) { $0 + $1.size }),
        "archive_bytes": .int((try? FileStatus(of: file.file))?.size), "sha256": .string((try? open?.digest())?.hex),
        "status": .string(open == nil ? "foreign" : open?.contents.isRedacted == true ? "redacted" : "archived"),
        "reason": .null, "tar_sha256": .string(open?.contents.tarDigest.hex),
      ]
    }
    document["zstd_version"] = .string(open?.contents.zstdVersion)
    document["excluded"] = .strings(open?.contents.excluded.map(\.pattern) ?? [])
    document["left_out"] = .strings(open?.contents.skipped.map { "\($0.path): \($0.reason)" } ?? [])
    document["files"] = .array(members.map(\.document))
    return document
  }

  private func writeTable(_ document: JSON, moment: Timestamp?) {
    let labels = [
      ("Job", "job_id"), ("User", "user_id"), ("Title", "title"), ("Year", "year"), ("Status", "status"),
      ("Date", "date"), ("Archive", "archive"), ("SHA-256", "sha256"), ("Tar", "tar_sha256"),
    ]
    for (label, key) in labels {
      let text = plain(document[key] ?? .null)
      let value = key == "date" ? ArchiveColumns.dateWithAge(text, moment) : text
      if !value.isEmpty { Console.field(label, value) { key == "status" ? Style.status($0) : $0 } }
    }
    let sizes = ["bytes", "archive_bytes"].compactMap { document[$0]?.int.map { "\(describeSize($0)) (\($0) bytes)" } }
    Console.field("Size", sizes.joined(separator: ", archived "))
    for (label, key) in [("Excluded", "excluded"), ("Left out", "left_out")] {
      for line in document[key]?.array ?? [] { Console.field(label, plain(line)) }
    }
    Console.out("")
    Listing(
      rows: document["files"]?.array ?? [],
      columns: [
        .init("MODE", key: "mode").dispensable(2), .init("SIZE") { $0["size"]?.int.map { "\($0)" } ?? "" },
        .init("CHANGED") { String(($0["mtime"]?.string ?? "").prefix(19).map { $0 == "T" ? " " : $0 }) }
          .dispensable(1),
        .init("PATH", isFlexible: true) { row in
          let target = row["target"]?.string.map { " -> \($0)" } ?? ""
          return "\(row["path"]?.string ?? "")\(row["kind"]?.string == "folder" ? "/" : "")\(target)"
        }.cutAtStart.readable(30),
      ]
    ).write(.table)
  }
}

extension Member {
  /// The documented object of a member.
  var document: JSON {
    [
      "path": .string(path.text), "size": .int(size), "sha256": .string(digest?.hex), "mode": .string(octalMode),
      "mtime": .string(modified.text), "kind": .string(kindName),
      "target": target.isEmpty ? .null : .string(String(decoding: target, as: UTF8.self)),
    ]
  }

  private var octalMode: String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private var kindName: String {
    switch kind {
    case .file: "file"
    case .folder: "folder"
    case .symbolicLink: "symlink"
    case .hardLink: "hardlink"
    }
  }
}

extension MemberPath {
  /// The name as it is, or, where it is no text, as it can be shown.
  var text: String { String(validating: bytes, as: UTF8.self) ?? description }
}

extension ModificationTime {
  /// Universal time, to the nanosecond: `2025-10-30T15:44:30.123456789Z`.
  var text: String {
    let limit: Int64 = 250_000_000_000
    let moment = Timestamp(microseconds: min(max(seconds, -limit), limit) * 1_000_000)
    let digits = String(nanoseconds)
    return moment.universal + "." + String(repeating: "0", count: max(0, 9 - digits.count)) + digits + "Z"
  }
}
