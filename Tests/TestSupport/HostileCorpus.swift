/// Archives that were made to do harm.
public enum HostileCorpus {
  /// Makes one archive a case, `NAME.tar.zst`.
  ///
  /// - Parameters:
  ///   - top: the folder that the members lie in.
  ///   - outside: a folder with the file `kept`, which they are after.
  /// - Returns: the cases, with what is to be named in the refusal.
  public static func make(in folder: String, below top: String = "out", outside: String) throws
    -> [(name: String, named: String)]
  {
    try output(of: ["python3", "-c", script, folder, top, outside]).split(separator: "\n").map {
      let parts = $0.split(separator: "\t").map(String.init)
      return (parts[0], parts[1])
    }
  }

  private static let script = """
    import os, sys
    import tarfile, io, subprocess, struct
    os.chdir(sys.argv[1]); top, outside = sys.argv[2:4]; up = "../" * (top.count("/") + 1)
    def entry(name, data=b"harm", type=tarfile.REGTYPE, link="", mode=0o644, size=None, **more):
      info = tarfile.TarInfo(name); info.type = type; info.linkname = link; info.mode = mode; info.mtime = 1700000000
      info.size = len(data) if type == tarfile.REGTYPE else 0
      info.pax_headers = more
      return info, data
    def make(case, named, *entries, format=tarfile.PAX_FORMAT, change=lambda tar: tar):
      out = io.BytesIO()
      with tarfile.open(fileobj=out, mode="w", format=format, errors="surrogateescape") as tar:
        for info, data in entries: tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
      packed = subprocess.run(["zstd", "-qc"], input=change(out.getvalue()), stdout=subprocess.PIPE, check=True).stdout
      open(case + ".tar.zst", "wb").write(packed)
      print(case, named, sep="\\t")
    good = entry(top + "/a/good")
    link = lambda name, to: entry(name, type=tarfile.SYMTYPE, link=to)
    for format, suffix in (tarfile.PAX_FORMAT, ""), (tarfile.GNU_FORMAT, "-gnu"), (tarfile.USTAR_FORMAT, "-ustar"):
      make("absolute" + suffix, outside + "/x", good, entry(outside + "/x"), format=format)
      make("parent" + suffix, "../outside/x", good, entry("../outside/x"), format=format)
      make("parent-within" + suffix, top + "/a/../" + up + "../outside/x", good, entry(top + "/a/../" + up + "../outside/x"), format=format)
      make("link-out" + suffix, top + "/l", good, link(top + "/l", up + "../outside"), format=format)
      make("link-absolute" + suffix, top + "/l", good, link(top + "/l", outside), format=format)
      make("through-link" + suffix, top + "/l/x", good, link(top + "/l", "a"), entry(top + "/l/x"), format=format)
      make("hard-link-out" + suffix, top + "/h", good, entry(top + "/h", type=tarfile.LNKTYPE, link="../outside/kept"), format=format)
      make("hard-link-absolute" + suffix, top + "/h", good, entry(top + "/h", type=tarfile.LNKTYPE, link=outside + "/kept"), format=format)
      make("hard-link-to-link" + suffix, top + "/h", link(top + "/l", "a"), entry(top + "/h", type=tarfile.LNKTYPE, link=top + "/l"), format=format)
    make("link-chain", top + "/c", link(top + "/b", "."), link(top + "/c", "b/.."), link(top + "/d", "c/../.."))
    make("link-chain-later", top + "/a", link(top + "/a", "b/../.."), link(top + "/b", "deep"), entry(top + "/deep/x"))
    make("through-file", top + "/a/good/x", good, entry(top + "/a/good/x"))
    make("link-then-file", top + "/l", good, link(top + "/l", "a/new"), entry(top + "/l"))
    make("file-over-folder", top + "/a", good, entry(top + "/a"))
    make("device", top + "/d", good, entry(top + "/d", type=tarfile.CHRTYPE))
    make("block-device", top + "/d", good, entry(top + "/d", type=tarfile.BLKTYPE))
    make("fifo", top + "/f", good, entry(top + "/f", type=tarfile.FIFOTYPE))
    make("set-uid", top + "/s", good, entry(top + "/s", mode=0o4755))
    make("set-gid", top + "/s", good, entry(top + "/s", mode=0o2755))
    make("twice", top + "/a/good", good, good)
    make("twice-tidied", top + "/a/good", good, entry("./" + top.replace("/", "//") + "//a/good"))
    make("case-of-folder", top + "/a", good, entry(top + "/a", type=tarfile.DIRTYPE), entry(top + "/a"))
    make("bad-encoding", top + "/\\\\xff", good, entry(top + "/\\udcff"), format=tarfile.GNU_FORMAT)
    make("long-name", "n" * 300, good, entry(top + "/" + "n" * 300))
    make("long-path", "d/d", good, entry(top + "/" + "d/" * 2100 + "x"))
    make("bomb", top + "/b", good, entry(top + "/b", b"a" * (30 << 20)))
    big = entry(top + "/b"); big[0].size = 1 << 50
    make("huge-size", top + "/b", good, change=lambda tar: tar[:1536 if len(tar) > 1536 else None][:1024] + big[0].tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    make("sparse-bomb", top + "/s", good, entry(top + "/s", b"1\\n0\\n0\\n".ljust(512, b"\\0"), **{"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": top + "/s", "GNU.sparse.realsize": str(1 << 50)}))
    make("no-end", "after " + top + "/a/good", good, change=lambda tar: tar[:1024])
    make("cut-member", top + "/a/good: the tar cannot be read on", entry(top + "/a/good", b"x" * 5000), change=lambda tar: tar[:2048])
    make("no-tar", "tar", change=lambda tar: b"this is no tar at all" * 100)
    unnamed = bytearray(entry("x")[0].tobuf(tarfile.USTAR_FORMAT)); unnamed[0] = 0; unnamed[148:156] = b" " * 8
    unnamed[148:155] = b"%06o\\0" % sum(unnamed)
    make("empty-name", "'': a member without a name", good, change=lambda tar: tar[:1024] + unnamed + bytes(1536))
    """
}
