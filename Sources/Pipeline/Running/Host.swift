internal import Glibc
internal import Jobs

/// This process's number.
var processID: Int32 { getpid() }

/// Who runs this process, and where: `user@host`. Who used sudo counts, not root.
public func caller(_ environment: [String: String]) -> String {
  let names = ["SUDO_USER", "USER", "LOGNAME"].compactMap { environment[$0] }.filter { !$0.isEmpty }
  return "\(names.first ?? accountName ?? "uid \(getuid())")@\(hostName)"
}

/// What the system calls whoever runs this process: services have no USER.
private var accountName: String? {
  var account = passwd()
  var found: UnsafeMutablePointer<passwd>?
  var texts = [CChar](repeating: 0, count: 4096)
  guard getpwuid_r(getuid(), &account, &texts, texts.count, &found) == 0, let found else { return nil }
  return String(cString: found.pointee.pw_name)
}

func sleepBriefly() { usleep(20_000) }
