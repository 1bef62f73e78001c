import Engines
import Jobs
import SystemPackage
import TestSupport
import Testing

struct EngineHomeTests {
  @Test(arguments: [
    (["CPWX_ENGINES": "/srv/e", "HOME": "/root"], "/srv/e"),
    (["CPWX_ENGINES": "", "XDG_DATA_HOME": "/data"], "/data/cpwx/engines"),
    (["HOME": "/home/me"], "/home/me/.local/share/cpwx/engines"),
  ])
  func `the home is where the environment says`(environment: [String: String], path: String) throws {
    #expect(try EngineHome(environment: environment).root.string == path)
  }

  @Test func `without any of the variables it says what to set`() async throws {
    let error = try await expectError(.configuration) { _ = try EngineHome(environment: [:]) }
    #expect(error.description.contains("CPWX_ENGINES"))
  }

  @Test func `the stage program is kept for a lone copy of the main one`() throws {
    let temporary = try TemporaryHome()
    let folder = temporary.home.root.appending("build")
    #expect(try temporary.home.keepStageProgram(beside: folder) == nil)
    try makeFolder(folder)
    try temporary.write("#!/bin/sh\n", to: folder.appending("cpwx-stage"))
    for _ in 0..<2 {
      let kept = try #require(try temporary.home.keepStageProgram(beside: folder))
      #expect(try FileStatus(of: kept).permissions.contains(.ownerExecute))
    }
    try temporary.write("#!/bin/bash\n", to: folder.appending("cpwx-stage"))
    let kept = try #require(try temporary.home.keepStageProgram(beside: folder))
    #expect(try temporary.text(kept) == "#!/bin/bash\n")
  }
}
