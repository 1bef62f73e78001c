internal import Glibc

/// This process's number.
var processID: Int32 { getpid() }

/// This machine's name.
var hostName: String {
  var buffer = [CChar](repeating: 0, count: 256)
  gethostname(&buffer, buffer.count - 1)
  return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Who runs this process, and where: `user@host`. Who used sudo counts, not root.
func caller(_ environment: [String: String]) -> String {
  let names = ["SUDO_USER", "USER", "LOGNAME"].compactMap { environment[$0] }.filter { !$0.isEmpty }
  return "\(names.first ?? "uid \(getuid())")@\(hostName)"
}

func sleepBriefly() { usleep(20_000) }
