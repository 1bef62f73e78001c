import Testing

@testable import Pipeline

/// What Docker says of what stands in a container's way, in the words of its versions.
struct DockerTroubleTests {
  private static let runc = """
    Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create \
    failed: runc create failed: unable to start container process:\u{20}
    """
  private static let hook = runc + "error during container init: error running prestart hook #0: exit status 1, "

  @Test(arguments: [
    "Cannot connect to the Docker daemon at unix:///nowhere.sock. Is the docker daemon running?",
    "failed to connect to the docker API at unix:///nowhere.sock; check if the path is correct and if the daemon is "
      + "running: dial unix /nowhere.sock: connect: no such file or directory",
  ])
  func `a daemon that is not there is told with its address`(said: String) {
    #expect(DockerTrouble(said) == .noDaemon("unix:///nowhere.sock"))
  }

  @Test(arguments: [
    "permission denied while trying to connect to the Docker daemon socket at unix:///run/docker.sock: Get \"http://x\"",
    "permission denied while trying to connect to the docker API at unix:///run/docker.sock",
  ])
  func `so is one that may not be spoken to`(said: String) {
    #expect(DockerTrouble(said) == .forbidden("unix:///run/docker.sock"))
  }

  @Test(arguments: [
    "Error response from daemon: could not select device driver \"nvidia\" with capabilities: [[gpu]]",
    "Error response from daemon: failed to discover GPU vendor from CDI: no known GPU vendor found",
    "Error response from daemon: Unknown runtime specified nvidia",
    "Error response from daemon: unknown or invalid runtime name: nvidia",
    hook + "nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown",
    // After an update of the kernel, say.
    hook + "nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1: cannot open shared "
      + "object file: no such file or directory: unknown",
  ])
  func `a GPU that cannot be given to a container is no fault of its image`(said: String) {
    #expect(DockerTrouble(said) == .noGPU)
  }

  @Test(arguments: [
    runc + "exec: \"no-such-program\": executable file not found in $PATH: unknown",
    runc + "exec: \"/nope\": stat /nope: no such file or directory: unknown",
    runc + "exec: \"/etc/hostname\": permission denied: unknown", "Error response from daemon: No command specified",
    "Error response from daemon: no command specified",
  ])
  func `what an image cannot start is told in Docker's own words`(said: String) {
    #expect(DockerTrouble(said) == .noCommand(said))
  }

  @Test(arguments: [
    runc + "error during container init: error mounting \"/films\" to rootfs at \"/app/in\": "
      + "no such file or directory: unknown",
    "Error response from daemon: write /var/lib/docker/x: no space left on device", "",
  ])
  func `what is none of these is none`(said: String) { #expect(DockerTrouble(said) == nil) }

  @Test(arguments: [
    ("Error response from daemon: No such image: films:latest", "films:latest"),
    ("pull access denied for films, repository does not exist or may require 'docker login'", "films"),
    ("manifest for films:none not found: manifest unknown: manifest unknown", "films:none"),
  ])
  func `an image that is not there is named`(said: String, image: String) {
    #expect(DockerTrouble(said) == .noImage(image))
  }
}
