internal import Index
internal import Jobs
internal import SeekableTar
internal import SystemPackage

/// The files in an archive as they can be named: of a job, from its folder or that of its logs on.
struct ArchiveMembers {
  let paths: [String]

  init(of name: String, in workspace: Workspace?) {
    let file = absolute(FilePath(name))
    if (try? FileStatus(of: file))?.isRegular == true {
      paths = Self.paths(in: file)
      return
    }
    let index = workspace.map { IndexAsItStands(of: $0) }
    guard let workspace, let job = index?.job(named: name), let archive = job.archive else {
      paths = []
      return
    }
    let folders = [job.folder, job.logs].compactMap { $0 }.map { $0 + "/" }
    paths = Self.paths(in: workspace.resolve(documentPath: archive)).map { path in
      folders.first { path.hasPrefix($0) }.map { String(path.dropFirst($0.count)) } ?? path
    }
  }

  private static func paths(in file: FilePath) -> [String] {
    let members = (try? SeekableArchive(file))?.contents.members ?? []
    return members.filter { $0.kind != .folder }.compactMap { String(validating: $0.path.bytes, as: UTF8.self) }
  }
}
