/// Tags that follow a pattern rather than a list, such as `1080p24`, `BD1080p`, `1920x1080`, `DD5`, `700MB`, `CD1of2`.
enum TechnicalPattern {
  static func matches(_ key: String) -> Bool {
    let bytes = Array(key.utf8)
    guard bytes.count > 2 else { return false }
    if isASCIIDigit(bytes[0]) { return isSize(bytes) }
    return hasNumberedStem(bytes) || isIdentifier(bytes) || isSeason(key) || isEpisode(bytes) || isRip(bytes)
  }

  /// Whether a number and what follows it are a measure: `60 FPS`, `1400 MB`. What has four digits else is a year.
  static func isMeasure(_ number: String, of unit: String) -> Bool {
    measures.contains(unit) && (number.utf8.count < 4 || thousands.contains(unit))
  }

  /// The same of a number with a fraction, as long as such are written: `23.976 FPS`, `1.45GB`.
  static func isMeasure(_ number: String, _ fraction: Substring, of unit: String) -> Bool {
    switch unit {
    case "fps": number.utf8.count == 2 && (1...3).contains(fraction.utf8.count)
    case "gb", "gib", "mbps", "khz": number.utf8.count <= 2 && (1...2).contains(fraction.utf8.count)
    case "mb", "mib": number.utf8.count == 3 && (1...2).contains(fraction.utf8.count)
    default: false
    }
  }

  /// Whether a number tells how many there are: `2 CD`, `3 DVDs`. Before a `DVD`, it is a title's: `Film 2 DVD`.
  static func isCount(_ number: String, of volume: String) -> Bool {
    number.utf8.count == 1 && (volume == "cd" || volume.hasSuffix("s"))
  }

  /// Whether this word makes a tag of the number behind it (`CD 1`).
  static func isVolume(_ key: String) -> Bool { volumes.contains(key) }

  private static let measures = Set(list("fps mb mib gb gib kbps mbps bit bits ch khz"))

  /// Units that releases have thousands of.
  private static let thousands: Set<String> = ["mb", "mib", "kbps"]

  private static let volumes = Set(list("cd cds dvd dvds disc disk ep eps"))

  /// What a number of channels or a version is glued to; the part behind its dot is a word of its own.
  private static let numbered = Set(
    list("aac ac eac dd ddp ddpa flac opus lpcm pcm truehd dts dtshd dtsx atmos mp hdr hevc"))

  private static let ripSources = Set(
    list(
      """
      dvd predvd pdvd bd br uhd bluray hd hdtv tv pdtv dsr dvb dth sat web wbb webdl dl vod ppv vhs ld dm cam hdcam
      ts tc scr
      """))

  private static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
  }

  private static func isSize(_ bytes: [UInt8]) -> Bool {
    let digits = bytes.prefix(while: isASCIIDigit).count
    guard digits < bytes.count else { return false }
    if bytes[digits...].elementsEqual("in1".utf8) { return true }
    let rest = bytes[(digits + 1)...]
    switch bytes[digits] {
    case UInt8(ascii: "p"), UInt8(ascii: "i"):
      return digits >= 3 && rest.allSatisfy(isASCIIDigit)
    case UInt8(ascii: "x"):
      return (3...4).contains(digits) && (3...4).contains(rest.count) && rest.allSatisfy(isASCIIDigit)
    default:
      let unit = text(bytes[digits...])
      return measures.contains(unit) || volumes.contains(unit)
    }
  }

  private static func hasNumberedStem(_ bytes: [UInt8]) -> Bool {
    guard let digit = bytes.firstIndex(where: isASCIIDigit) else {
      return bytes.starts(with: "dts".utf8)
    }
    let rest = bytes[digit...].drop(while: isASCIIDigit)
    let stem = text(bytes[..<digit])
    if !rest.isEmpty {
      if ripSources.contains(stem) { return isSize(Array(bytes[digit...])) }
      return volumes.contains(stem) && rest.starts(with: "of".utf8)
    }
    return numbered.contains(stem) || (volumes.contains(stem) && digit + 1 == bytes.count)
  }

  private static func isIdentifier(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 9 && bytes.starts(with: "tt".utf8) && bytes.dropFirst(2).allSatisfy(isASCIIDigit)
  }

  /// `S01`; at the beginning it may be a word of a title.
  static func isSeason(_ key: String) -> Bool {
    key.utf8.count == 3 && key.utf8.first == UInt8(ascii: "s") && key.utf8.dropFirst().allSatisfy(isASCIIDigit)
  }

  /// `S01E02`
  private static func isEpisode(_ bytes: [UInt8]) -> Bool {
    guard bytes[0] == UInt8(ascii: "s") else { return false }
    let season = bytes.dropFirst().prefix(while: isASCIIDigit)
    let rest = bytes[season.endIndex...]
    return season.count >= 2 && rest.first == UInt8(ascii: "e") && rest.count > 1
      && rest.dropFirst().allSatisfy(isASCIIDigit)
  }

  /// `WEBRip`, `BDMux`, and `BDRipMux` with them.
  private static func isRip(_ bytes: [UInt8]) -> Bool {
    if bytes.suffix(3).elementsEqual("mux".utf8), ripSources.contains(text(bytes.dropLast(3))) { return true }
    guard let rip = bytes.lastIndex(of: UInt8(ascii: "r")), bytes[rip...].starts(with: "rip".utf8)
    else { return false }
    return ripSources.contains(text(bytes[..<rip]))
  }
}
