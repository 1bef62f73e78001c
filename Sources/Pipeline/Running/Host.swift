internal import Glibc
internal import Jobs

/// This process's number.
var processID: Int32 { getpid() }

/// Who runs this process, and where: `user@host`. Who used sudo counts, not root.
public func caller(_ environment: [String: String]) -> String {
  let names = ["SUDO_USER", "USER", "LOGNAME"].compactMap { environment[$0] }.filter { !$0.isEmpty }
  return "\(names.first ?? accountName(of: getuid()))@\(hostName)"
}

func sleepBriefly() { usleep(20_000) }
