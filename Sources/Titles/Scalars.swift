func isASCIIDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

extension StringProtocol {
  /// Whether this is one or more of the digits 0 to 9, which is how every release writes its numbers.
  var isNumber: Bool { !isEmpty && utf8.allSatisfy(isASCIIDigit) }

  /// Whether this is a single letter, as initials are.
  var isInitial: Bool { unicodeScalars.count == 1 && unicodeScalars.allSatisfy(\.isLetter) }
}

extension Unicode.Scalar {
  var isLatinLetter: Bool {
    switch value {
    case 0x41...0x5A, 0x61...0x7A, 0xAA, 0xBA, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x24F, 0x1E00...0x1EFF: true
    default: false
    }
  }

  var isSmallLetter: Bool { isASCII ? ("a"..."z").contains(self) : properties.isLowercase }

  var isCapitalLetter: Bool { isASCII ? ("A"..."Z").contains(self) : properties.isUppercase }

  var isBlank: Bool { isASCII ? value <= 0x20 || value == 0x7F : properties.isWhitespace }

  var isLetter: Bool { isASCII ? isLatinLetter : properties.isAlphabetic }

  /// Whether words end here. Apostrophes, `!`, `?`, `&` and the like belong to titles' words.
  var separatesWords: Bool {
    switch self {
    case ".", "_", "-", ",", ";", ":", "+", "*", "/", "\\", "|", "~", "=", "#", "<", ">", "\"", "`": true
    case "(", ")", "[", "]", "{", "}": true
    case _ where isASCII: isBlank
    case "·", "•", "・", "–", "—", "“", "”", "„", "«", "»", "：", "，", "、", "。", "｜", "⧸": true
    case _ where closingBracket != nil || closingBrackets.contains(self): true
    default: isBlank
    }
  }

  /// What closes the bracket this scalar opens, or `nil` when it opens none.
  var closingBracket: Unicode.Scalar? {
    switch self {
    case "(": ")"
    case "[": "]"
    case "{": "}"
    case "（": "）"
    case "［": "］"
    case "【": "】"
    case "「": "」"
    case "『": "』"
    case "《": "》"
    default: nil
    }
  }
}

let closingBrackets: [Unicode.Scalar] = [")", "]", "}", "）", "］", "】", "」", "』", "》"]
