internal import Jobs

/// An entry as this program alone reads it back, a tenth of the work that its JSON is: each of its members behind the one
/// before. What passes a member on its way in passes it on its way out, so that both are always of one order.
struct EntryBytes {
  private(set) var bytes: [UInt8]
  private let isWriting: Bool
  private var position = 0

  /// Of an entry.
  init(_ entry: MigrationEntry) {
    (bytes, isWriting) = ([], true)
    bytes.reserveCapacity(1024)
    var entry = entry
    entry.pass(&self)
  }

  private init(reading bytes: [UInt8]) { (self.bytes, isWriting) = (bytes, false) }

  /// The entry that bytes were made of.
  static func entry(of bytes: [UInt8]) -> MigrationEntry {
    var reader = EntryBytes(reading: bytes)
    var entry = MigrationEntry(kind: .other, path: "", source: RawPath([]))
    entry.pass(&reader)
    return entry
  }

  mutating func pass<Number: FixedWidthInteger & BitwiseCopyable>(_ number: inout Number) {
    if isWriting {
      unsafe withUnsafeBytes(of: number) { unsafe bytes += $0 }
    } else {
      number = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: position, as: Number.self) }
      position += MemoryLayout<Number>.size
    }
  }

  mutating func pass(_ flag: inout Bool) {
    var number: UInt8 = flag ? 1 : 0
    pass(&number)
    flag = number != 0
  }

  mutating func pass(_ path: inout RawPath) {
    var count = Int32(path.bytes.count)
    pass(&count)
    if isWriting {
      bytes += path.bytes
    } else {
      path = RawPath(Array(bytes[position..<(position + Int(count))]))
      position += Int(count)
    }
  }

  mutating func pass(_ text: inout String) {
    var raw = isWriting ? RawPath(text) : RawPath([])
    pass(&raw)
    if !isWriting { text = raw.text }
  }

  mutating func pass(_ document: inout JSON) {
    var raw = RawPath(isWriting ? document.bytes(.compact) : [])
    pass(&raw)
    if !isWriting { document = (try? JSON(parsing: raw.bytes)) ?? document }
  }

  mutating func pass<Choice: RawRepresentable>(_ choice: inout Choice) where Choice.RawValue == String {
    var text = choice.rawValue
    pass(&text)
    choice = Choice(rawValue: text) ?? choice
  }

  /// - Parameter start: any value, which is then read into.
  mutating func pass<Value>(_ value: inout Value?, from start: Value, _ each: (inout Self, inout Value) -> Void) {
    var isThere = value != nil
    pass(&isThere)
    var inner = value ?? start
    if isThere { each(&self, &inner) }
    value = isThere ? inner : nil
  }

  mutating func pass<Value>(_ list: inout [Value], from start: Value, _ each: (inout Self, inout Value) -> Void) {
    var count = Int32(list.count)
    pass(&count)
    if isWriting {
      for var value in list { each(&self, &value) }
      return
    }
    list = []
    list.reserveCapacity(Int(count))
    for _ in 0..<count {
      var value = start
      each(&self, &value)
      list.append(value)
    }
  }

  mutating func pass(_ text: inout String?) { pass(&text, from: "") { $0.pass(&$1) } }
  mutating func pass(_ texts: inout [String]) { pass(&texts, from: "") { $0.pass(&$1) } }
  mutating func pass(_ path: inout RawPath?) { pass(&path, from: RawPath([])) { $0.pass(&$1) } }
  mutating func pass(_ paths: inout [RawPath]) { pass(&paths, from: RawPath([])) { $0.pass(&$1) } }
  mutating func pass(_ number: inout Int?) { pass(&number, from: 0) { $0.pass(&$1) } }

  mutating func pass(_ links: inout [TreeScan.Link]) {
    pass(&links, from: TreeScan.Link(path: RawPath([]), target: RawPath([]), modified: 0)) { bytes, link in
      bytes.pass(&link.path)
      bytes.pass(&link.target)
      bytes.pass(&link.modified)
    }
  }

  mutating func pass(_ folders: inout [TreeScan.Folder]) {
    let start = TreeScan.Folder(path: RawPath([]), mode: 0, modified: 0, owner: 0, group: 0, device: 0)
    pass(&folders, from: start) { bytes, folder in
      bytes.pass(&folder.path)
      bytes.pass(&folder.mode)
      bytes.pass(&folder.modified)
      bytes.pass(&folder.owner)
      bytes.pass(&folder.group)
      bytes.pass(&folder.device)
    }
  }

  mutating func pass(_ links: inout FolderLinks) {
    pass(&links.folders)
    pass(&links.links)
  }
}

extension MigrationEntry {
  fileprivate mutating func pass(_ bytes: inout EntryBytes) {
    bytes.pass(&kind)
    bytes.pass(&path)
    bytes.pass(&source)
    bytes.pass(&layout, from: .flat) { $0.pass(&$1) }
    bytes.pass(&title)
    bytes.pass(&year)
    bytes.pass(&titleSource)
    bytes.pass(&yearSource)
    bytes.pass(&status, from: .pending) { $0.pass(&$1) }
    bytes.pass(&completedStages)
    bytes.pass(&failedStages)
    var moment = created?.microseconds
    bytes.pass(&moment, from: 0) { $0.pass(&$1) }
    created = moment.map { Timestamp(microseconds: $0) }
    bytes.pass(&dateSource)
    bytes.pass(&userID)
    var name = id?.description
    bytes.pass(&name)
    id = name.flatMap { JobID($0) }
    bytes.pass(&oldID)
    bytes.pass(&oldUser)
    bytes.pass(&outputDir)
    bytes.pass(&twins)
    bytes.pass(&problems, from: .info("")) { bytes, problem in
      bytes.pass(&problem.severity)
      bytes.pass(&problem.message)
    }
    bytes.pass(&inputFile)
    bytes.pass(&links)
    bytes.pass(&work, from: EntryWork(name: RawPath([]))) { $1.pass(&$0) }
  }
}

extension EntryWork {
  fileprivate mutating func pass(_ bytes: inout EntryBytes) {
    bytes.pass(&name)
    bytes.pass(&folders)
    bytes.pass(&renames)
    bytes.pass(&links)
    bytes.pass(&newLinks, from: (RawPath([]), RawPath([]))) { bytes, link in
      bytes.pass(&link.path)
      bytes.pass(&link.target)
    }
    bytes.pass(&newFolders)
    bytes.pass(&keptManifest)
    bytes.pass(&keptOthers, from: ("", "")) { bytes, other in
      bytes.pass(&other.name)
      bytes.pass(&other.kept)
    }
    bytes.pass(&written)
    bytes.pass(&logs)
    bytes.pass(&logFolder)
    bytes.pass(&prepared)
    bytes.pass(&logLinks)
    bytes.pass(&preparedLinks)
    bytes.pass(&env)
    bytes.pass(&said, from: ("", .null)) { bytes, said in
      bytes.pass(&said.name)
      bytes.pass(&said.document)
    }
    bytes.pass(&ends, from: LinkEnd(RawPath([]))) { bytes, end in
      bytes.pass(&end.path)
      bytes.pass(&end.isThere, from: false) { $0.pass(&$1) }
      bytes.pass(&end.size)
    }
    bytes.pass(&stagesByFiles)
    bytes.pass(&isInPlace)
  }
}
