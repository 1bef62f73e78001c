public import SystemPackage

/// What the system calls a user: services have no USER. One that it does not know is told by number.
///
/// The file of accounts is read, for the C library would load what a machine asks for accounts (nsswitch.conf), which ends
/// a program that is linked statically by a signal.
///
/// - Parameter file: lines of `name:password:uid:…`, passwd(5).
public func accountName(of user: UInt32, in file: FilePath = "/etc/passwd") -> String {
  let unknown = "uid \(user)"
  guard let bytes = try? DurableFile.read(file) else { return unknown }
  for line in bytes.split(separator: UInt8(ascii: "\n")) {
    let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
    guard fields.count > 3, Int(String(decoding: fields[2], as: UTF8.self)) == Int(user) else { continue }
    return String(decoding: fields[0], as: UTF8.self)
  }
  return unknown
}
