#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The variables the process was started with.
func processEnvironment() -> [String: String] {
  var variables: [String: String] = [:]
  var entry = environ
  while let text = entry.pointee {
    let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
    entry += 1
  }
  return variables
}

/// Ends the process.
func leave(_ status: Int32) -> Never { exit(status) }
