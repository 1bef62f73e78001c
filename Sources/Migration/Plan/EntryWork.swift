internal import Jobs

/// What is to be done to one tree, and what it looked like before, so that it can be undone.
///
/// Names are given as they are before. What they become follows from the job's id.
struct EntryWork: Sendable {
  /// The name of the folder that names of files in it embed: its own, or where somebody renamed it, an older one.
  var name: RawPath
  /// Folders whose content changes, the top one first.
  var folders: [TreeScan.Folder] = []
  /// Files whose names embed the folder's.
  var renames: [RawPath] = []
  var links: [TreeScan.Link] = []
  /// Links from where today's pipeline looks for an output to where an older one put it.
  var newLinks: [(path: RawPath, target: RawPath)] = []
  var newFolders: [RawPath] = []
  /// What the old manifest is called from now on; `nil` where there is none.
  var keptManifest: String?
  /// The same of job.env and job_info.json, where those told of another place or id.
  var keptOthers: [(name: String, kept: String)] = []
  /// What is written: of job.env, job_info.json and manifest.json those that are to be.
  var written: [String] = []
  /// Log files, by their whole paths.
  var logs: [RawPath] = []
  /// A folder of logs that moves as a whole.
  var logFolder: RawPath?
  /// The job's folder in `jobs/`, which moves into the job.
  var prepared: RawPath?
  /// The settings that the job had; `nil` for those of the workspace.
  var env: RawPath?
  var stagesByFiles: [String] = []
  /// It stays where it is.
  var isInPlace = false

  init(name: RawPath) { self.name = name }

  /// What a document that was there is called from now on; `nil` for one that is not kept.
  func kept(_ name: String) -> String? { keptOthers.first { $0.name == name }?.kept }

  /// A file's new name, in the same folder.
  func newName(of file: RawPath, id: JobID) -> RawPath {
    let rest = file.name.bytes.dropFirst(name.bytes.count)
    return file.folder.appending(RawPath(Array(id.description.utf8) + rest))
  }

  /// Where a file of the tree lies when all is done, from its top.
  func newPlace(of file: RawPath, id: JobID) -> RawPath { renames.contains(file) ? newName(of: file, id: id) : file }

  var document: JSON {
    var document: JSON = ["name": name.document]
    document["folders"] = .array(
      folders.map {
        [
          "path": $0.path.document, "mode": .int(Int($0.mode)), "modified_ns": .int($0.modified),
          "owner": .int(Int($0.owner)), "group": .int(Int($0.group)), "device": .string(String($0.device)),
        ]
      })
    document["renames"] = .array(renames.map(\.document))
    document["links"] = .array(links.map(\.document))
    document["new_links"] = .array(newLinks.map { ["path": $0.path.document, "target": $0.target.document] })
    document["new_folders"] = .array(newFolders.map(\.document))
    document["kept_manifest"] = keptManifest.map { .string($0) }
    if !keptOthers.isEmpty {
      document["kept_others"] = .array(keptOthers.map { ["name": .string($0.name), "kept": .string($0.kept)] })
    }
    document["written"] = .strings(written)
    document["logs"] = .array(logs.map(\.document))
    document["log_folder"] = logFolder?.document
    document["prepared"] = prepared?.document
    document["env"] = env?.document
    document["by_files"] = .strings(stagesByFiles)
    document["in_place"] = .bool(isInPlace)
    return document
  }

  init?(_ document: JSON) {
    guard let name = RawPath(document["name"]) else { return nil }
    self.init(name: name)
    func list(_ key: String) -> [JSON] { document[key]?.array ?? [] }
    folders = list("folders").compactMap { entry in
      guard let path = RawPath(entry["path"]), let mode = entry["mode"]?.int, let time = entry["modified_ns"]?.int
      else { return nil }
      return TreeScan.Folder(
        path: path, mode: UInt32(truncatingIfNeeded: mode), modified: Int64(time),
        owner: UInt32(truncatingIfNeeded: entry["owner"]?.int ?? 0),
        group: UInt32(truncatingIfNeeded: entry["group"]?.int ?? 0),
        device: entry["device"]?.string.flatMap { UInt64($0) } ?? 0)
    }
    renames = list("renames").compactMap { RawPath($0) }
    links = list("links").compactMap { TreeScan.Link($0) }
    newLinks = list("new_links").compactMap { entry in
      guard let path = RawPath(entry["path"]), let target = RawPath(entry["target"]) else { return nil }
      return (path, target)
    }
    newFolders = list("new_folders").compactMap { RawPath($0) }
    keptManifest = document["kept_manifest"]?.string
    keptOthers = list("kept_others").compactMap { entry in
      guard let name = entry["name"]?.string, let kept = entry["kept"]?.string else { return nil }
      return (name, kept)
    }
    written = list("written").compactMap(\.string)
    logs = list("logs").compactMap { RawPath($0) }
    logFolder = RawPath(document["log_folder"])
    prepared = RawPath(document["prepared"])
    env = RawPath(document["env"])
    stagesByFiles = list("by_files").compactMap(\.string)
    isInPlace = document["in_place"]?.bool ?? false
  }
}

extension TreeScan.Link {
  var document: JSON {
    ["path": path.document, "target": target.document, "modified_ns": .int(modified)]
  }

  init?(_ document: JSON) {
    guard let path = RawPath(document["path"]), let target = RawPath(document["target"]),
      let time = document["modified_ns"]?.int
    else { return nil }
    self.init(path: path, target: target, modified: Int64(time))
  }
}
