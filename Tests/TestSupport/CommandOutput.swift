internal import Foundation
internal import Testing

/// What another program says on its standard output; it must end well.
@discardableResult
public func output(of arguments: [String]) throws -> String {
  let process = Process()
  let pipe = Pipe()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  process.standardOutput = pipe
  try ProgramStart.alone { try process.run() }
  let said = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(arguments.prefix(2))")
  return String(decoding: said, as: UTF8.self)
}
