public import SystemPackage
internal import Jobs

/// The folder that holds the speech engines: a Python environment, model weights and the adapters.
///
/// It is CPWX_ENGINES, else `cpwx/engines` in the XDG data folder (`~/.local/share`), and serves every workspace.
public struct EngineHome: Sendable, Equatable {
  public let root: FilePath

  public init(root: FilePath) { self.root = absolute(root) }

  /// - Throws: ``JobError`` with code `configuration` when neither CPWX_ENGINES, XDG_DATA_HOME nor HOME is set.
  public init(environment: [String: String]) throws {
    func folder(_ key: String) -> FilePath? {
      environment[key].flatMap { $0.isEmpty ? nil : FilePath($0) }
    }
    if let named = folder("CPWX_ENGINES") {
      self.init(root: named)
    } else if let data = folder("XDG_DATA_HOME") ?? folder("HOME")?.appending(".local").appending("share") {
      self.init(root: data.appending("cpwx").appending("engines"))
    } else {
      throw JobError(
        .configuration, "CPWX_ENGINES", "no folder for the speech engines is known: HOME is not set either",
        remedy: "Set CPWX_ENGINES to a folder with room for about 2 GB.")
    }
  }

  public var environment: FilePath { root.appending("venv") }
  public var python: FilePath { environment.appending("bin").appending("python") }
  public var weights: FilePath { root.appending("weights") }
  public var adapters: FilePath { root.appending("adapters") }
  public var programs: FilePath { root.appending("bin") }
  /// What is installed: the requirement files as they were when the setup ended.
  public var installed: FilePath { root.appending("installed") }

  /// What makes or mends the engines, for messages.
  public static let remedy = "Install the speech engines with: cpwx doctor --fix"
}
