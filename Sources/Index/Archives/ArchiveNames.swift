package import SeekableTar

/// How a job's files are called in its archive: `out/Y/M/D/USER/NAME/…` and `logs/Y/M/D/USER/NAME/…`, wherever the
/// configuration has those folders.
package struct ArchiveNames {
  package let output: MemberPath
  package let logs: MemberPath

  /// - Throws: `ArchiveError` for a name that no archive can hold.
  package init(_ place: ArchivePlace) throws(ArchiveError) {
    output = try MemberPath(Array("out/\(place.relative)".utf8))
    logs = try MemberPath(Array("logs/\(place.relative)".utf8))
  }

  /// Whether a member is the job's: one of its folders, or in one.
  package func holds(_ path: MemberPath) -> Bool { [output, logs].contains { path == $0 || path.isBelow($0) } }

  /// What is wrong with an archive that holds another job than it is called after; `nil` for all others.
  package func flaw(in contents: TableOfContents) -> String? {
    guard let other = contents.members.first(where: { !holds($0.path) }) else { return nil }
    let job = contents.annotations["job_id"].map { ", of job \($0)" } ?? ""
    return "it is not of the job that it is called after: it holds \(other.path)\(job)"
  }

  /// The folder of the job's that a member is in; `nil` for all others.
  package func root(of path: MemberPath) -> MemberPath? { [output, logs].first { path.isBelow($0) } }

  /// The member that is called so in the job's folder.
  package func inOutput(_ name: String) throws(ArchiveError) -> MemberPath {
    try MemberPath(output.bytes + [UInt8(ascii: "/")] + Array(name.utf8))
  }

  /// The records that make a job of a folder; none may be missing in its archive.
  package static let records = ["job.env", "job_info.json", "manifest.json"]
}
