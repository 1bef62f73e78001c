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
    for folder in folders { text += Array(" \\\n  ".utf8) + Self.quoted(Array(folder.utf8)) }
    text += Array("\nshift \"$SLURM_ARRAY_TASK_ID\"\nexec ".utf8)
    text += Self.quoted(
      settings.program.withPlatformString { start in
        Array(UnsafeRawBufferPointer(start: start, count: strlen(start)))
      })
    // A task that is run a second time waits for the first one, should that be at work still.
    text += Array(" run -C . -q --no-index --wait --pipeline \"$1/pipeline.yaml\"".utf8)
    for argument in settings.workerArguments { text += [0x20] + Self.quoted(Array(argument.utf8)) }
    // Its result is in the job's records; what goes wrong is said on standard error.
    return text + Array(" --resume \"$1\" >/dev/null\n".utf8)
  }

  private static func quoted(_ word: [UInt8]) -> [UInt8] {
    let quote = UInt8(ascii: "'")
    return [quote] + word.flatMap { $0 == quote ? Array("'\\''".utf8) : [$0] } + [quote]
  }
}
