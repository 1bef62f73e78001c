internal import Jobs
internal import SystemPackage

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
  /// Of what moves with it as a whole: the folder of logs, and the job's folder in `jobs/`.
  var logLinks = FolderLinks()
  var preparedLinks = FolderLinks()
  /// The settings that the job had; `nil` for those of the workspace.
  var env: RawPath?
  /// What documents and settings say that are links, by their names: what they lead to may move before this tree does.
  var said: [(name: String, document: JSON)] = []
  /// What was at links, and below them, where some lead out of the tree.
  var ends: [LinkEnd] = []
  var stagesByFiles: [String] = []
  /// It stays where it is.
  var isInPlace = false

  init(name: RawPath) { self.name = name }

  /// What a document that was there is called from now on; `nil` for one that is not kept.
  func kept(_ name: String) -> String? { keptOthers.first { $0.name == name }?.kept }

  /// Whether a document that was there is a link: ``said`` has what it says then, where it says anything.
  func isLink(_ name: String) -> Bool { links.contains { $0.path == RawPath(name) } }

  /// What a link says; `nil` of what is none, or says nothing.
  func said(_ name: String) -> JSON? { said.first { $0.name == name }?.document }

  /// What was at a link, or below one; `nil` of what is to be looked at.
  func end(of path: RawPath) -> LinkEnd? {
    ends.first { $0.path == path } ?? (ends.contains { path.below($0.path) != nil } ? LinkEnd(path) : nil)
  }

  /// All names that come to be in the tree: of documents, of those that are kept beside them, of links to outputs.
  var madeNames: [String] {
    written + [keptManifest].compactMap(\.self) + keptOthers.map(\.kept) + newLinks.map(\.path.text)
  }

  /// A file's new name, in the same folder.
  func newName(of file: RawPath, id: JobID) -> RawPath {
    let rest = file.name.bytes.dropFirst(name.bytes.count)
    return file.folder.appending(RawPath(Array(id.description.utf8) + rest))
  }

  /// Where a file of the tree lies when all is done, from its top.
  func newPlace(of file: RawPath, id: JobID) -> RawPath { renames.contains(file) ? newName(of: file, id: id) : file }

  var document: JSON {
    var document: JSON = ["name": name.document]
    document["folders"] = .array(folders.map(\.document))
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
    if !logLinks.isEmpty { document["log_links"] = logLinks.document }
    if !preparedLinks.isEmpty { document["prepared_links"] = preparedLinks.document }
    document["env"] = env?.document
    if !said.isEmpty {
      // As text: the plan's own depth goes on top of a document's.
      document["said"] = .array(
        said.map { ["name": .string($0.name), "document": RawPath($0.document.bytes(.compact)).document] })
    }
    if !ends.isEmpty { document["link_ends"] = .array(ends.map(\.document)) }
    document["by_files"] = .strings(stagesByFiles)
    document["in_place"] = .bool(isInPlace)
    return document
  }

  init?(_ document: JSON) {
    guard let name = RawPath(document["name"]) else { return nil }
    self.init(name: name)
    func list(_ key: String) -> [JSON] { document[key]?.array ?? [] }
    folders = list("folders").compactMap { TreeScan.Folder($0) }
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
    logLinks = FolderLinks(document["log_links"])
    preparedLinks = FolderLinks(document["prepared_links"])
    env = RawPath(document["env"])
    said = list("said").compactMap { entry in
      guard let name = entry["name"]?.string, let said = RawPath(entry["document"]) else { return nil }
      return (try? JSON(parsing: said.bytes)).map { (name, $0) }
    }
    ends = list("link_ends").compactMap { LinkEnd($0) }
    stagesByFiles = list("by_files").compactMap(\.string)
    isInPlace = document["in_place"]?.bool ?? false
  }
}

/// Links in a folder that moves as a whole, and the folders that they lie in, as they were before.
struct FolderLinks: Sendable {
  var folders: [TreeScan.Folder] = []
  var links: [TreeScan.Link] = []

  var isEmpty: Bool { links.isEmpty }

  init() {}

  /// Of a folder that is there; none of one that cannot be read.
  init(in folder: FilePath) {
    guard let scan = try? TreeScan(folder), !scan.links.isEmpty else { return }
    links = scan.links
    let touched = Set(links.map(\.path.folder))
    folders = scan.folders.filter { touched.contains($0.path) }
  }

  var document: JSON {
    ["folders": .array(folders.map(\.document)), "links": .array(links.map(\.document))]
  }

  init(_ document: JSON?) {
    folders = (document?["folders"]?.array ?? []).compactMap { TreeScan.Folder($0) }
    links = (document?["links"]?.array ?? []).compactMap { TreeScan.Link($0) }
  }
}

extension TreeScan.Folder {
  var document: JSON {
    [
      "path": path.document, "mode": .int(Int(mode)), "modified_ns": .int(modified), "owner": .int(Int(owner)),
      "group": .int(Int(group)), "device": .string(String(device)),
    ]
  }

  init?(_ document: JSON) {
    guard let path = RawPath(document["path"]), let mode = document["mode"]?.int,
      let time = document["modified_ns"]?.int
    else { return nil }
    self.init(
      path: path, mode: UInt32(truncatingIfNeeded: mode), modified: Int64(time),
      owner: UInt32(truncatingIfNeeded: document["owner"]?.int ?? 0),
      group: UInt32(truncatingIfNeeded: document["group"]?.int ?? 0),
      device: document["device"]?.string.flatMap { UInt64($0) } ?? 0)
  }
}

extension TreeScan.Link {
  /// The same, by its whole path.
  func below(_ folder: RawPath) -> TreeScan.Link {
    TreeScan.Link(path: folder.appending(path), target: target, modified: modified)
  }

  /// Whether it leads upwards again where it has gone down: where other links may lead elsewhere, no text tells where to.
  var goesAround: Bool {
    guard target.bytes.first != RawPath.slash else { return false }
    let parts = target.components.filter { $0 != RawPath(".") }
    return parts.drop { $0 == RawPath("..") }.contains(RawPath(".."))
  }

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
