internal import Glibc
internal import Jobs
internal import Synchronization
internal import TextWidth

/// The two streams: results go to standard output, everything else to standard error.
enum Console {
  static func out(_ text: String) { out(raw: Array((text + "\n").utf8)) }

  /// Without a newline of its own. A result that cannot be written ends the program: with 74, or, where its reader went
  /// away, in silence.
  static func out(raw bytes: [UInt8]) {
    guard let reason = write(bytes, to: 1) else { return }
    if reason != EPIPE { error(unsafe "the result cannot be written: \(String(cString: strerror(reason)))") }
    exit(reason == EPIPE ? 141 : ExitStatus.io.rawValue)
  }

  /// A text that is none of a table's: on a terminal broken at words.
  static func out(wrapping text: String, hanging: Int = 0) {
    for line in text.wrapped(to: outColumns, hanging: hanging) { out(line) }
  }

  /// A value with its name before it, in one column with others of a record.
  ///
  /// - Parameter value: foreign; what would make other lines of it, or steer the terminal, is taken out.
  static func field(_ label: String, _ value: String, _ style: (String) -> String = { $0 }) {
    field(label, painted: style(value.onOneLine))
  }

  /// - Parameter painted: with colours, and of our own words.
  static func field(_ label: String, painted: String) {
    if Style.isPlain { return out("\(label): \(painted)") }
    // By itself, so that a long path begins beside its label.
    let lines = painted.wrapped(to: outColumns.map { max(1, $0 - fieldIndent) }, breaking: true)
    for (number, line) in lines.enumerated() { out((number == 0 ? label : "").padded(to: fieldIndent) + line) }
  }

  private static let fieldIndent = 11

  static func note(_ text: String) { write(Secrets.maskedURLs(text).withoutControls + "\n", to: 2) }

  /// Sentences: on a terminal broken at words, but for those that hold a command to be copied.
  static func note(wrapping text: String) { note(text.said(within: errorIsTerminal ? columns : nil)) }

  /// Set once, by the options, before anything is done.
  static var verbosity: (isQuiet: Bool, isVerbose: Bool) {
    get { said.withLock { $0 } }
    set { said.withLock { $0 = newValue } }
  }
  private static let said = Mutex((isQuiet: false, isVerbose: false))

  static var isQuiet: Bool { verbosity.isQuiet }
  static var isVerbose: Bool { verbosity.isVerbose }

  /// What is of help and no more: not said with `-q`.
  static func hint(_ text: String) { if !isQuiet { note(wrapping: text) } }

  /// What `-v` asks for.
  static func detail(_ text: String) { if isVerbose { note(text) } }

  static func error(_ text: String) { note(wrapping: "cpwx: \(text)") }

  static func write(_ text: String, to descriptor: CInt) { _ = write(Array(text.utf8), to: descriptor) }

  /// Draws a line on standard error, a terminal, in the place of the one that was drawn last; cut to its width.
  static func drawLine(_ text: String) { write("\r\u{1B}[K" + text.fitting(max(20, columns - 1)), to: 2) }

  /// Takes away the line that was drawn.
  static func eraseLine() { write("\r\u{1B}[K", to: 2) }

  /// - Returns: `nil` when all is written, else errno.
  private static func write(_ bytes: [UInt8], to descriptor: CInt) -> CInt? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return errno }
      rest = rest.dropFirst(count)
    }
    return nil
  }

  static var errorIsTerminal: Bool { isatty(2) == 1 && terminalIsCapable && !Style.isPlain }
  static var outIsTerminal: Bool { isatty(1) == 1 && terminalIsCapable && !Style.isPlain }

  /// Whether a person reads standard error, so that hints are of use.
  static var errorIsRead: Bool { isatty(2) == 1 }

  /// Whether standard output is a terminal that only writes one line after the other.
  static var isDumb: Bool { isatty(1) == 1 && !terminalIsCapable }

  private static var terminalIsCapable: Bool {
    environmentVariable("TERM").map { $0 != "dumb" } ?? false
  }

  /// Columns of the terminal behind standard output; `nil` when it is none.
  static var outColumns: Int? {
    var size = winsize()
    guard isatty(1) == 1, unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Rows of the terminal behind standard error; 24 when it does not say.
  static var rows: Int {
    var size = winsize()
    guard unsafe ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
    return Int(size.ws_row)
  }

  /// Columns of the terminal behind standard error; 80 when it does not say.
  static var columns: Int {
    var size = winsize()
    guard unsafe ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
