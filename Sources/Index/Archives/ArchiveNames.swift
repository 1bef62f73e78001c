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

  /// Whether a member is the job's: one of its folders, or in one. A link in a folder's place would lead whatever works on the job elsewhere.
  package func holds(_ member: Member) -> Bool {
    root(of: member.path) != nil || isRoot(member.path) && member.kind == .folder
  }

  private func isRoot(_ path: MemberPath) -> Bool { path == output || path == logs }

  /// What is wrong with an archive that holds another job than it is called after; `nil` for all others.
  package func flaw(in contents: TableOfContents) -> String? {
    guard let other = contents.members.first(where: { !holds($0) }) else { return nil }
    let what =
      isRoot(other.path) ? ", which is no folder" : contents.annotations["job_id"].map { ", of job \($0)" } ?? ""
    return "it is not of the job that it is called after: it holds \(other.path)\(what)"
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
