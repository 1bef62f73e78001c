import Foundation
import Testing

extension DockerDaemon {
  /// An image of programs of this machine, with Python and a shell, and every library that they need.
  static let toolsImage = "cpwx-test-tools"

  /// Makes the image of tools, without a network.
  func importTools(_ programs: [String] = []) throws {
    let script = """
      image=$1 stage=$2
      shift 2
      mkdir -p tools/usr/bin tools/usr/lib tools/usr/lib64 tools/tmp
      for place in bin lib lib64; do ln -s "usr/$place" "tools/$place"; done
      python=$(readlink -f /usr/bin/python3)
      standard=/usr/lib/${python##*/}
      programs="$python $(command -v busybox) $(for name; do command -v "$name"; done)"
      needed=$(ldd $programs "$stage" "$standard"/lib-dynload/*.so | grep -o '/[^ ]* (' | tr -d ' (')
      of_libc=$(dpkg -L libc6 | grep '/lib.*[.]so')
      cp -L --parents $programs $(printf '%s\\n' $needed $of_libc | sort -u) tools
      cp -a --parents "$standard" tools
      ln -s "${python##*/}" tools/usr/bin/python3
      ln -s busybox tools/usr/bin/sh
      tar -C tools -c . | docker import - "$image"
      """
    try make(script, [Self.toolsImage, Self.stageProgram] + programs)
  }

  /// Builds config/Dockerfile's image under the name that config/docker-compose.yml has for it, upon the tools, with the
  /// built programs and without engines.
  func buildStages() throws {
    try importTools(["ffmpeg", "ffprobe", "curl"])
    let script = """
      mkdir programs
      strip -o programs/cpwx "$1"
      strip -o programs/cpwx-stage "$2"
      docker build --network none --build-arg BASE="$3" --build-arg ENGINES=none -t cpwx-stages -f "$4" programs
      """
    try make(script, [CPWX.path, Self.stageProgram, Self.toolsImage, CPWX.package + "/config/Dockerfile"])
  }

  private static let stageProgram = CPWX.path + "-stage"
}
