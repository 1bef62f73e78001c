internal import Glibc
internal import Jobs
internal import SystemPackage

/// This process's number.
var processID: Int32 { getpid() }

/// Who runs this process, and where: `user@host`. Who used sudo counts, not root.
public func caller(_ environment: [String: String]) -> String {
  let names = ["SUDO_USER", "USER", "LOGNAME"].compactMap { environment[$0] }.filter { !$0.isEmpty }
  return "\(names.first ?? ownAccount ?? "uid \(getuid())")@\(hostName)"
}

/// What the system calls whoever runs this process: services have no USER.
///
/// The file of accounts is read, for the C library would load what a machine asks for accounts (nsswitch.conf), which ends
/// a program that is linked statically by a signal.
private var ownAccount: String? { accountName(of: getuid(), in: "/etc/passwd") }

/// - Parameter file: lines of `name:password:uid:…`, passwd(5).
func accountName(of user: uid_t, in file: FilePath) -> String? {
  guard let bytes = try? DurableFile.read(file) else { return nil }
  for line in bytes.split(separator: UInt8(ascii: "\n")) {
    let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
    guard fields.count > 3, Int(String(decoding: fields[2], as: UTF8.self)) == Int(user) else { continue }
    return String(decoding: fields[0], as: UTF8.self)
  }
  return nil
}

func sleepBriefly() { usleep(20_000) }
