import Foundation
import Jobs
import Testing

/// A Docker daemon with Compose, real and of one test alone. Its containers have no network, and nothing of it is left
/// when the test ends.
final class DockerDaemon {
  /// The image that `importImage` makes: busybox, with every program it stands for.
  static let image = "cpwx-test-busybox"

  private let workspace: TestWorkspace
  private let folder: String
  private let name: String
  /// Whether its socket is there also while the daemon is not, which is started anew whenever it ends: as by systemd.
  private let isKept: Bool
  private var daemon: Program?

  /// Starts one, for the time of the test.
  ///
  /// - Parameter isKept: its socket is kept open for it, and it is started anew whenever it ends.
  init(_ workspace: TestWorkspace, isKept: Bool = false) throws {
    (self.workspace, self.isKept) = (workspace, isKept)
    name = "cpwx-docker-" + UUID().uuidString.prefix(8)
    // Its sockets' paths have room for few bytes.
    folder = "/tmp/" + name
    let plugins = folder + "/config/cli-plugins"
    try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: plugins + "/docker-compose", withDestinationPath: Self.compose)
    workspace.atEnd { [self] in stop() }
    try start()
  }

  /// What a program needs to find it.
  var environment: [String: String] {
    ["DOCKER_HOST": "unix://\(folder)/docker.sock", "DOCKER_CONFIG": folder + "/config"]
  }

  /// Starts the daemon, again after `kill`, and waits until it answers.
  func start() throws {
    let options = [
      "--data-root", folder + "/data", "--exec-root", folder + "/exec", "--pidfile", folder + "/pid",
      "-H", isKept ? "fd://" : environment["DOCKER_HOST"] ?? "", "--group", "\(getegid())", "--cgroup-parent",
      "/" + name,
      "--iptables=false", "--ip6tables=false", "--bridge=none", "--ip-forward=false",
    ]
    let keeper = isKept ? ["python3", "-c", Self.keeper] : []
    let daemon = try workspace.startAsRoot(["env", "-C", folder] + keeper + ["dockerd"] + options)
    self.daemon = daemon
    try awaitAnswer()
  }

  private func awaitAnswer() throws {
    let socket = folder + "/docker.sock"
    let answers = try eventually {
      try FileManager.default.fileExists(atPath: socket) && docker("info").code == 0
    }
    try #require(answers, "dockerd does not answer: \(daemon?.errorsSoFar.suffix(2000) ?? "")")
  }

  /// Keeps the socket of a daemon, and starts that anew a second after its end.
  private static let keeper = """
    import os, socket, sys, time
    kept = socket.socket(socket.AF_UNIX)
    kept.bind("docker.sock")
    os.chmod("docker.sock", 0o666)
    kept.listen(64)
    while not os.path.exists("over"):
        pid = os.fork()
        if pid == 0:
            os.dup2(kept.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
            os.execvp(sys.argv[1], sys.argv[1:])
        os.waitpid(pid, 0)
        time.sleep(1)
        # Where the daemon was killed its containerd was too, and is taken for alive as long as nobody has reaped it.
        try:
            os.unlink("exec/containerd/containerd.pid")
        except FileNotFoundError:
            pass
    """

  /// Takes away what it is spoken to by; its containers go on.
  func hide() throws { try FileManager.default.moveItem(atPath: folder + "/docker.sock", toPath: folder + "/away") }

  func show() throws { try FileManager.default.moveItem(atPath: folder + "/away", toPath: folder + "/docker.sock") }

  /// Ends the daemon and waits for that; the containers end with it, of one that is killed when it is started again.
  func end(by signal: Int32 = SIGTERM) throws {
    try send(signal, to: try pid())
    try daemon?.wait()
    daemon = nil
    // A killed one's containerd has died with it, and is taken for alive as long as nobody has reaped it.
    try workspace.startAsRoot(["rm", "-f", folder + "/exec/containerd/containerd.pid"]).wait()
  }

  /// Ends the daemon, whose socket is kept, and waits until another one answers.
  func startAnew(after signal: Int32) throws {
    let old = try pid()
    try send(signal, to: old)
    #expect(eventually { (try? pid()).map { $0 != old } == true })
    try awaitAnswer()
  }

  /// Has its disk be a slow one for the rest of the test: it takes three tenths of a second more for each answer.
  func slowDown() throws {
    let delay = ["-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_exit=300000"]
    let pid = try pid()
    let slower = try workspace.startAsRoot(["strace", "-f", "-qq", "-o", "/dev/null"] + delay + ["-p", pid])
    workspace.atEnd { slower.send(SIGKILL) }
    let isSlow = eventually {
      let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
      return status.contains("TracerPid:") && !status.contains("TracerPid:\t0\n")
    }
    try #require(isSlow, "\(slower.errorsSoFar)")
  }

  private func send(_ signal: Int32, to pid: String) throws {
    try workspace.startAsRoot(["kill", "-\(signal)", pid]).wait()
  }

  private func pid() throws -> String {
    let text = try String(contentsOfFile: folder + "/pid", encoding: .utf8)
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Runs the `docker` client to its end.
  @discardableResult
  func docker(_ arguments: String...) throws -> Outcome {
    try workspace.start(["docker"] + arguments, environment: environment).wait()
  }

  /// The names of all containers, the ended ones too.
  func containers() throws -> [String] { try docker("ps", "-a", "--format", "{{.Names}}").lines }

  /// Runs cpwx to its end.
  func cpwx(_ arguments: String..., environment more: [String: String] = [:]) throws -> Outcome {
    try workspace.start([CPWX.path] + arguments, environment: environment.merging(more) { $1 }).wait(atMost: 300)
  }

  func startCPWX(_ arguments: String..., environment more: [String: String] = [:]) throws -> Program {
    try workspace.start([CPWX.path] + arguments, environment: environment.merging(more) { $1 })
  }

  /// Makes the image of busybox, from this machine's own and without a network.
  func importImage() throws {
    let script = """
      mkdir -p image/bin image/tmp && cp "$(command -v busybox)" image/bin/busybox
      image/bin/busybox --install image/bin
      tar -C image -c . | docker import - "$1"
      """
    try make(script, [Self.image])
  }

  /// Runs a shell script in the daemon's own folder.
  func make(_ script: String, _ arguments: [String]) throws {
    let made = try workspace.start(["sh", "-ec", script, "sh"] + arguments, in: folder, environment: environment)
    try #require(made.wait(atMost: 300).code == 0, "\(made.errorsSoFar)")
  }

  private func stop() {
    let script = """
      touch "$1/over"
      timeout 20 sh -c 'docker ps -aq | xargs -r docker rm -f' >&2
      [ ! -s "$1/pid" ] || kill "$(cat "$1/pid")" && timeout 20 sh -c 'while [ -e "$1/pid" ]; do sleep 0.05; done' sh "$1"
      (find /proc/[0-9]* -maxdepth 1 -name cwd -lname "$1*"; grep -l "$2" /proc/[0-9]*/cgroup) |
        cut -d/ -f3 | sort -u | xargs -r kill -9
      awk -v top="$1/" 'index($5, top) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l
      rm -rf "$1"
      find /sys/fs/cgroup -depth -type d -path "*/$2*" -exec rmdir {} +
      """
    let settings = environment.map { "\($0.key)=\($0.value)" }
    _ = try? workspace.startAsRoot(["env"] + settings + ["sh", "-c", script, "sh", folder, name]).wait()
    _ = try? daemon?.wait(atMost: 5)
  }

  /// `make test` puts it there.
  private static let compose = CPWX.package + "/.build/test-tools/bin/docker-compose"
}
