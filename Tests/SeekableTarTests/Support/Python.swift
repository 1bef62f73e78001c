import TestSupport

/// Runs a script for Python, for file names that are no UTF-8 go through no other way as easily.
///
/// - Returns: what it printed.
@discardableResult
func python(_ script: String, _ arguments: [String] = []) throws -> String {
  try output(of: ["python3", "-c", "import os, sys, stat, hashlib\n" + script] + arguments)
}

/// Everything below a folder, a line each: name, kind, mode, time, content or target, and which names are one file.
func listing(_ folder: String) throws -> [String] {
  try python(
    """
    top = os.fsencode(sys.argv[1])
    first = {}
    lines = []
    # By descriptors: whole paths may be longer than the kernel takes.
    for folder, folders, files, at in os.fwalk(top):
      for name in folders + files:
        s = os.lstat(name, dir_fd=at)
        short = (folder + b"/" + name)[len(top) + 1:]
        first.setdefault(s.st_ino, []).append(short)
        what = ""
        if stat.S_ISLNK(s.st_mode): what = repr(os.readlink(name, dir_fd=at))
        if stat.S_ISREG(s.st_mode):
          with open(os.open(name, os.O_RDONLY, dir_fd=at), "rb") as file: what = hashlib.file_digest(file, "sha256").hexdigest()
        lines.append((short, s.st_mode, s.st_mtime_ns, what, s.st_ino))
    for short, mode, time, what, inode in sorted(lines):
      print(repr(short), oct(mode), time, what, sorted(first[inode]))
    """, [folder]
  ).split(separator: "\n").map(String.init)
}
