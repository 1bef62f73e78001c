internal import Glibc

/// The two streams: results go to standard output, everything else to standard error.
enum Console {
  static func out(_ text: String) { write(text.utf8.isEmpty ? "\n" : text + "\n", to: 1) }

  /// Without a newline of its own.
  static func out(raw bytes: [UInt8]) { write(bytes, to: 1) }

  static func note(_ text: String) { write(text + "\n", to: 2) }

  static func error(_ text: String) { write("cpwx: \(text)\n", to: 2) }

  static func write(_ text: String, to descriptor: CInt) { write(Array(text.utf8), to: descriptor) }

  private static func write(_ bytes: [UInt8], to descriptor: CInt) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // A reader that went away, or a full disk behind a redirection: there is no better place to say so.
      if count <= 0 { return }
      rest = rest.dropFirst(count)
    }
  }

  static var errorIsTerminal: Bool { isatty(2) == 1 && terminalIsCapable }
  static var outIsTerminal: Bool { isatty(1) == 1 && terminalIsCapable }

  private static var terminalIsCapable: Bool {
    guard let name = getenv("TERM") else { return false }
    return String(cString: name) != "dumb"
  }

  /// Columns of the terminal behind standard error; 80 when it does not say.
  static var columns: Int {
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
