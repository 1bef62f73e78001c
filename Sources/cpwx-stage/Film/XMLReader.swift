internal import Jobs

/// An element of an XML document: its name in lower case, its text, its children.
struct XMLElement: Sendable, Equatable {
  var name: String
  var text = ""
  /// The first entity in its text that nobody knows, which stands there as it is.
  var unknownEntity: String?
  var children: [XMLElement] = []

  func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// The text of the first child of that name, without white space at its ends; `nil` when there is none.
  func text(of name: String) -> String? { first(name)?.text.trimmed.nonEmpty }

  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

/// Reads the XML that media managers write, and forgives what they get wrong: elements left open, stray ampersands, a
/// link after the end. Attributes and processing instructions are skipped; there are no external entities.
struct XMLReader {
  private var rest: Substring
  /// The open elements, the document first.
  private var open = [XMLElement(name: "")]

  private static let deepest = 200

  /// The elements at the top of `text`.
  static func elements(in text: String) -> [XMLElement] {
    var reader = XMLReader(rest: text[...])
    reader.read()
    return reader.open[0].children
  }

  private init(rest: Substring) { self.rest = rest }

  private mutating func read() {
    while let start = rest.firstIndex(of: "<") {
      decode(rest[..<start])
      rest = rest[start...]
      if rest.hasPrefix("<!--") {
        skip(past: "-->")
      } else if rest.hasPrefix("<![CDATA[") {
        rest = rest.dropFirst("<![CDATA[".count)
        let end = rest.firstRange(of: "]]>")
        append(String(rest[..<(end?.lowerBound ?? rest.endIndex)]))
        rest = rest[(end?.upperBound ?? rest.endIndex)...]
      } else if rest.hasPrefix("<?") || rest.hasPrefix("<!") {
        skip(past: ">")
      } else {
        readTag()
      }
    }
    decode(rest)
    while open.count > 1 { close() }
  }

  private mutating func readTag() {
    guard let end = tagEnd() else {
      rest = ""
      return
    }
    var tag = rest[rest.index(after: rest.startIndex)..<end]
    rest = rest[rest.index(after: end)...]
    if tag.hasPrefix("/") {
      let name = Self.name(tag.dropFirst())
      guard open.dropFirst().contains(where: { $0.name == name }) else { return }
      while open.count > 1, open.last?.name != name { close() }
      close()
    } else {
      let isEmpty = tag.hasSuffix("/")
      if isEmpty { tag = tag.dropLast() }
      open.append(XMLElement(name: Self.name(tag)))
      if isEmpty || open.count > Self.deepest { close() }
    }
  }

  /// The `>` that ends the tag, not one within a quoted attribute.
  private func tagEnd() -> Substring.Index? {
    var quote: Character?
    for index in rest.indices {
      let character = rest[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == ">" {
        return index
      } else if character == "\"" || character == "'" {
        quote = character
      }
    }
    return rest.firstIndex(of: ">")
  }

  private mutating func skip(past mark: String) {
    rest = rest.firstRange(of: mark).map { rest[$0.upperBound...] } ?? ""
  }

  private mutating func append(_ text: String) { open[open.count - 1].text += text }

  private mutating func close() {
    guard open.count > 1, let element = open.popLast() else { return }
    open[open.count - 1].children.append(element)
  }

  private static func name(_ tag: Substring) -> String {
    tag.prefix { !$0.isWhitespace }.lowercased()
  }

  private static let entities = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " "].merging(
    zip(latin.split(separator: " ").map(String.init), latinScalars.map { String(Character(Unicode.Scalar($0))) })
  ) { first, _ in first }

  private static let latinScalars: ClosedRange<UInt8> = 0xA0...0xFF

  /// HTML's names for U+00A0 to U+00FF, in that order: XML does not know them, and media managers write them.
  private static let latin =
    "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro "
    + "para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil "
    + "Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave "
    + "Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml "
    + "igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute "
    + "thorn yuml"

  /// Appends `text` with its entities decoded; an ampersand that begins none stays.
  private mutating func decode(_ text: Substring) {
    var result = ""
    var rest = text
    while let start = rest.firstIndex(of: "&") {
      result += rest[..<start]
      rest = rest[start...]
      let name = rest.dropFirst().prefix { $0 != ";" && $0 != "&" && !$0.isWhitespace }
      let end = rest.index(rest.startIndex, offsetBy: name.count + 1)
      let isWhole = end < rest.endIndex && rest[end] == ";"
      if isWhole, let value = Self.value(of: name) {
        result += value
        rest = rest[rest.index(after: end)...]
      } else {
        if isWhole, name.first?.isLetter == true, open[open.count - 1].unknownEntity == nil {
          open[open.count - 1].unknownEntity = String(name)
        }
        result += "&"
        rest = rest.dropFirst()
      }
    }
    append(result + rest)
  }

  private static func value(of name: Substring) -> String? {
    if let known = entities[String(name)] { return known }
    guard name.hasPrefix("#") else { return nil }
    let isHexadecimal = name.dropFirst().first.map { $0 == "x" || $0 == "X" } ?? false
    let digits = name.dropFirst(isHexadecimal ? 2 : 1)
    return UInt32(digits, radix: isHexadecimal ? 16 : 10).flatMap(Unicode.Scalar.init).map { String(Character($0)) }
  }
}
