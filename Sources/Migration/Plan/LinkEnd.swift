internal import Glibc
internal import Jobs

/// What was at a path of a tree when the plan was made, where links may lead out of the tree. What they lead to may move
/// before the tree does, and their texts are for its new place before it is there.
struct LinkEnd: Sendable {
  /// From the tree's top, as it was before.
  var path: RawPath
  /// Whether anything was there; `nil` where that is not known.
  var isThere: Bool?
  /// Bytes; `nil` of a folder.
  var size: Int?

  init(_ path: RawPath, isThere: Bool? = nil, size: Int? = nil) {
    (self.path, self.isThere, self.size) = (path, isThere, size)
  }

  init(_ path: RawPath, _ status: stat?) {
    self.init(path, isThere: status != nil)
    if let status, status.st_mode & S_IFMT != S_IFDIR { size = Int(status.st_size) }
  }

  /// Of all links of a folder, and the outputs of stages below them, if one of them may lead out of it.
  ///
  /// - Parameter place: where the folder will be in the tree.
  static func all(in scan: TreeScan, at place: RawPath = RawPath([])) -> [LinkEnd] {
    guard scan.links.contains(where: \.leadsOut) else { return [] }
    let links = scan.links.map(\.path)
    let outputs = StageFiles.all.map(\.documented).filter { output in
      links.contains { output.below($0)?.isEmpty == false }
    }
    return (links + outputs).map { LinkEnd(place.appending($0), scan.status(of: $0)) }
  }

  var document: JSON { ["path": path.document, "exists": .bool(isThere ?? false), "size_bytes": .int(size)] }

  init?(_ document: JSON) {
    guard let path = RawPath(document["path"]) else { return nil }
    self.init(path, isThere: document["exists"]?.bool, size: document["size_bytes"]?.int)
  }
}

extension TreeScan.Link {
  /// Whether it may lead out of the folder that was scanned, or names where that lies.
  fileprivate var leadsOut: Bool {
    let ups = target.components.count { $0 == RawPath("..") }
    return goesAround || target.bytes.first == RawPath.slash || ups >= path.components.count
  }
}
