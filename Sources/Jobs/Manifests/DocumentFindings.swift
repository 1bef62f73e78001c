public import SystemPackage

extension Manifest {
  /// Everything that is not as documented in the file at `path`; of one that is no manifest, why.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public static func findings(ofFileAt path: FilePath) throws -> [ManifestFinding] {
    let bytes = try DurableFile.read(path)
    let mark = ManifestFinding(
      path: "$", severity: .error, message: "begins with a byte-order mark, which no JSON does; Python refuses the file"
    )
    let start = bytes.starts(with: byteOrderMark) ? [mark] : []
    do {
      let manifest = Manifest(document: try Jobs.document(of: bytes, at: path))
      return start + manifest.findings(in: path.removingLastComponent())
    } catch let error as JobError where error.code == .damaged {
      let place = (error.underlying as? JSONSyntaxError)?.path ?? "$"
      let text = error.underlying.map { "\(error.message): \($0)" } ?? error.message
      return start + [ManifestFinding(path: place, severity: .error, message: text)]
    }
  }
}

extension JSON {
  /// What readers of JSON do not agree about, wherever it stands.
  func findings(at path: String) -> [ManifestFinding] {
    func error(_ path: String, _ message: String) -> ManifestFinding {
      ManifestFinding(path: path, severity: .error, message: message)
    }
    switch self {
    case .null, .bool, .string: return []
    case .opaque(let literal): return literal.isText ? [] : [error(path, "holds bytes that are no UTF-8")]
    case .number(let digits):
      // Python writes the words; they are read for what they are.
      let isTooLarge = digits.first?.isNumber == true || digits.dropFirst().first?.isNumber == true
      guard isTooLarge, double?.isFinite == false else { return [] }
      return [error(path, "is \(digits.prefix(60)), more than a number can be")]
    case .array(let elements):
      return elements.enumerated().flatMap { $1.findings(at: "\(path)[\($0)]") }
    case .object(let object):
      var names: Set<[UInt8]> = []
      return object.members.flatMap { member in
        let place = "\(path).\(member.name)"
        var found: [ManifestFinding] = []
        if member.literal?.isText == false { found.append(error(place, "has a name that is no UTF-8")) }
        if !names.insert(member.literal ?? Array(member.name.utf8)).inserted {
          found.append(error(place, "stands there twice; most readers take the last"))
        }
        return found + member.value.findings(at: place)
      }
    }
  }
}

extension [UInt8] {
  fileprivate var isText: Bool { String(validating: self, as: UTF8.self) != nil }
}
