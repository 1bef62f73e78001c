internal import Glibc
internal import Jobs
internal import SystemPackage

/// The script of an array: each of its tasks does one job, with the same cpwx, in the workspace that it was handed over in.
struct WorkerScript {
  let settings: ClusterSettings
  /// The jobs' folders, from the workspace or absolute.
  let folders: [String]

  /// Task 0 takes the first folder. The workspace is where the script is run: `sbatch` sees to that.
  var bytes: [UInt8] {
    var text: [UInt8] = Array("#!/bin/sh\n# Task N does the job in folder N.\nset --".utf8)
    for folder in folders { text += Self.line(of: folder) }
    text += Array("\nshift \"$SLURM_ARRAY_TASK_ID\"\n".utf8)
    // A task that is run a second time waits for the first one, should that be at work still.
    text += cpwx("-q --no-index --wait --pipeline \"$1/pipeline.yaml\"")
    for argument in settings.workerArguments { text += [0x20] + Self.quoted(Array(argument.utf8)) }
    // Its result is in the job's records; what goes wrong is said on standard error.
    text += Array(" --resume \"$1\" >/dev/null &\n".utf8)
    text += Array(Self.following.utf8)
    return text + cpwx("-q --no-index --clean-up --resume \"$1\"\nexit \"$status\"\n")
  }

  private static func line(of folder: String) -> [UInt8] {
    Array(" \\\n  ".utf8) + quoted(Array(folder.asOperand.utf8))
  }

  /// Bytes that a folder takes in it.
  static func size(of folder: String) -> Int { line(of: folder).count }

  /// Slurm tells this shell alone that the task is to end. One whose cpwx was killed may have containers at work, which do
  /// not end with the task.
  private static let following = """
    run=$!
    trap 'kill -TERM "$run"' TERM
    while :; do
      wait "$run"
      status=$?
      kill -0 "$run" 2>/dev/null || break
    done
    [ "$status" -gt 128 ] && [ "$status" -ne 130 ] && [ "$status" -ne 143 ] || exit "$status"
    echo "cpwx was ended by signal $((status - 128))" >&2

    """

  private func cpwx(_ arguments: String) -> [UInt8] {
    let program = unsafe settings.program.withPlatformString { start in
      unsafe Array(UnsafeRawBufferPointer(start: start, count: strlen(start)))
    }
    return Self.quoted(program) + Array(" run -C . \(arguments)".utf8)
  }

  private static func quoted(_ word: [UInt8]) -> [UInt8] {
    let quote = UInt8(ascii: "'")
    return [quote] + word.flatMap { $0 == quote ? Array("'\\''".utf8) : [$0] } + [quote]
  }
}

extension String {
  /// A path, as a program takes it for one also where it begins as an option does.
  var asOperand: String { hasPrefix("-") ? "./" + self : self }
}
