import Foundation
import SystemPackage
import Testing

@testable import Jobs

struct `A workspace` {
  @Test func `has the standard folders unless its configuration names others`() throws {
    let site = try TemporaryWorkspace(
      env: Array("OUTPUT_ROOT=./results/\nLOG_ROOT=${BASE}/logs\nIN_ROOT=\nARCHIVE_ROOT=/a/../b\n".utf8))
    let workspace = try Workspace(at: site.root, environment: ["BASE": "/var", "CPWX_STATE": "/state"])
    #expect(workspace.inputRoot == site.path("in"))
    #expect(workspace.outputRoot == site.path("results"))
    #expect(workspace.logRoot == "/var/logs")
    #expect(workspace.archiveRoot == "/b")
    #expect(workspace.stateFolder == "/state")
    #expect(try site.workspace.stateFolder == site.path(".cpwx"))
  }

  @Test(arguments: ["./out", "logs/", "in"])
  func `is refused when its archives would lie among what they are of`(folder: String) throws {
    let site = try TemporaryWorkspace(env: Array("ARCHIVE_ROOT=\(folder)\n".utf8))
    let error = #expect(throws: JobError.self) { try site.workspace }
    #expect(error?.code == .configuration && error?.subject == "ARCHIVE_ROOT")
  }

  @Test func `is refused when a folder is told as only a shell would find it`() throws {
    let site = try TemporaryWorkspace(env: Array("ARCHIVE_ROOT=~/archive\n".utf8))
    let error = #expect(throws: JobError.self) { try site.workspace }
    #expect(error?.code == .configuration && error?.subject == "ARCHIVE_ROOT")
  }

  @Test(arguments: ["IN_ROOT", "OUTPUT_ROOT", "LOG_ROOT", "ARCHIVE_ROOT"])
  func `is refused when a folder's path is no UTF-8`(key: String) throws {
    let site = try TemporaryWorkspace(env: Array("PLACE=caf".utf8) + [0xE9] + Array("\n\(key)=${PLACE}/x\n".utf8))
    let error = #expect(throws: JobError.self) { try site.workspace }
    #expect(error?.code == .configuration && error?.subject.hasPrefix("\(key)=\(site.root)/caf") == true)
    let good = try TemporaryWorkspace(env: Array("\(key)=café/x\n".utf8))
    #expect(throws: Never.self) { try good.workspace }
  }

  @Test func `writes paths inside itself from itself, and reads them back`() throws {
    let site = try TemporaryWorkspace()
    let workspace = try site.workspace
    for path: FilePath in [site.path("out/a"), "/elsewhere/b", site.root, site.path("it's \"x\"\n/-y")] {
      #expect(workspace.resolve(documentPath: workspace.documentPath(path)) == path)
    }
    #expect(workspace.documentPath(site.path("out/a")) == "out/a")
    #expect(workspace.documentPath(FilePath(site.root.string + "-twin/a")) == site.root.string + "-twin/a")
  }

  @Test func `is the folder given, then the one the environment names, then the nearest above`() async {
    await #expect(processExitsWith: .success) {
      let given = try TemporaryWorkspace(env: nil)
      let named = try TemporaryWorkspace(env: nil)
      let above = try TemporaryWorkspace()
      try above.folder("out/deep/down")
      _ = FileManager.default.changeCurrentDirectoryPath(above.path("out/deep/down").string)
      let environment = ["CPWX_WORKSPACE": named.root.string]
      #expect(try Workspace.find(given.root, environment: environment).root == given.root)
      #expect(try Workspace.find(nil, environment: environment).root == named.root)
      #expect(
        try Workspace.find(nil, environment: ["CPWX_WORKSPACE": ""]).root.lastComponent == above.root.lastComponent)
      _ = FileManager.default.changeCurrentDirectoryPath(given.root.string)
      #expect { try Workspace.find(nil, environment: [:]) } throws: { ($0 as? JobError)?.code == .configuration }
    }
  }

  @Test func `is there once its folder holds anything of it`() throws {
    let site = try TemporaryWorkspace()
    #expect(try site.workspace.isThere)
    try site.folder("bare")
    #expect(try !Workspace(at: site.path("bare"), environment: [:]).isThere)
    try site.folder("bare/out")
    #expect(try Workspace(at: site.path("bare"), environment: [:]).isThere)
  }

  @Test func `is refused where there is no folder or no such configuration`() throws {
    let site = try TemporaryWorkspace()
    for place in ["none", "config/.env"] {
      #expect { try Workspace(at: site.path(place), environment: [:]) } throws: {
        ($0 as? JobError)?.code == .configuration
      }
    }
    #expect { try Workspace(at: site.root, configFile: site.path("other.env"), environment: [:]) } throws: {
      ($0 as? JobError)?.code == .configuration
    }
  }

  @Test func `refuses a configuration that holds what no text does, and takes the rest as it can be read`() throws {
    let damaged = try TemporaryWorkspace(env: [0, 0, 0xFF, 0x0A] + Array("OUTPUT_ROOT=a\n".utf8))
    #expect { try damaged.workspace } throws: { ($0 as? JobError)?.code == .configuration }
    let odd = try TemporaryWorkspace(env: [0xFF, 0x0A] + Array("OUTPUT_ROOT=a\n".utf8))
    #expect(try odd.workspace.outputRoot == odd.path("a"))
  }
}
