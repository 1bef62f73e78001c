"""Errors of archives, provoked: by archives that are made to do harm, tables that lie, disks that fail."""

import hashlib
import io
import struct
import subprocess
import tarfile
import unittest
from pathlib import Path

from provoking import CPWX, ErrorCase, through

NAME = b"cpwxTOC1"


class Table:
    """The table of contents of an archive, as cpwx-archive(5) has it, to be changed."""

    def __init__(self, archive):
        self.archive, whole = archive, archive.read_bytes()
        self.seek = len(whole) - 12 * struct.unpack("<I", whole[-9:-5])[0] - 17
        self.place = whole.rindex(NAME, 0, self.seek) - 8
        self.data, self.seek_table = whole[:self.place], whole[self.seek:]
        self.rest = io.BytesIO(through(["zstd", "-dc"], whole[self.place + 56:self.seek]))
        self.head = self.bytes_of(self.number, self.text, self.number, self.number)
        self.tar, self.digest = self.rest.read(32), self.rest.read(32)
        lists = self.rest.tell()
        for fields in ([self.text], [self.text, self.text], [self.text, self.text]):
            for _ in range(self.number()):
                [read() for read in fields]
        self.lists = self.rest.getvalue()[lists:self.rest.tell()]
        count = self.number()
        self.frames = [[self.number() for _ in range(count)] for _ in range(4)]
        count, path = self.number(), b""
        self.paths = []
        for _ in range(count):
            path = path[:self.number()] + self.text()
            self.paths.append(path)
        self.kinds = [self.number() for _ in range(count)]
        self.modes = [self.number() for _ in range(count)]
        self.sizes = [self.number() for kind in self.kinds if kind == 0]
        self.times = self.bytes_of(*[self.number] * (2 * count))
        self.links = [self.text() for kind in self.kinds if kind > 1]
        self.end = self.rest.read()

    def number(self):
        value = shift = 0
        while True:
            byte = self.rest.read(1)[0]
            value, shift = value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    def text(self):
        return self.rest.read(self.number())

    def bytes_of(self, *readers):
        begin = self.rest.tell()
        [read() for read in readers]
        return self.rest.getvalue()[begin:self.rest.tell()]

    @staticmethod
    def packed(value):
        if isinstance(value, bytes):
            return Table.packed(len(value)) + value
        return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + Table.packed(value >> 7)

    def write(self, more=b""):
        """Writes the archive with what the table says now; its own hash is right."""
        fields = [len(self.frames[0]), *sum(self.frames, []), len(self.paths)]
        for path in self.paths:
            fields += [0, path]
        parts = [fields, self.kinds, self.modes, self.sizes]
        table = self.head + self.tar + self.digest + self.lists
        table += b"".join(self.packed(field) for part in parts for field in part)
        table += self.times + b"".join(map(self.packed, self.links)) + self.end + more
        packed = through(["zstd", "-c", f"--stream-size={len(table)}"], table)
        head = struct.pack("<IIQQ", 0x184D2A5C, 48 + len(packed), int.from_bytes(NAME, "little"), len(table))
        self.archive.write_bytes(self.data + head + hashlib.sha256(packed).digest() + packed + self.seek_table)


class HostileTables(ErrorCase):
    def setUp(self):
        super().setUp()
        self.place.pipeline('mkdir "$1/d"; touch "$1/d/empty"; echo a > "$1/d/file"; ln "$1/d/file" "$1/d/hard"; ln -s file "$1/d/link"')
        self.job, self.archive = self.place.archive()
        self.whole = self.archive.read_bytes()

    def lies(self, message, change, command="verify", code=65):
        with self.subTest(message):
            self.archive.write_bytes(self.whole)
            table = Table(self.archive)
            table.write(change(table) or b"")
            self.expect(message, code, self.place.cpwx("archive", command, self.job))

    def named(self, name):
        """Gives the member a name that no member may have."""
        def change(table):
            table.paths[self.member(table, b"/d/empty")] = name
        return change

    @staticmethod
    def member(table, ending):
        return next(number for number, path in enumerate(table.paths) if path.endswith(ending))

    def test_names_that_no_member_may_have(self):
        self.lies("an absolute path", self.named(b"/etc/passwd"))
        self.lies("a '..' in the path", self.named(b"out/../x"))
        self.lies("a '.' in the path", self.named(b"out/./x"))
        self.lies("an empty name in the path", self.named(b"out//x"))
        self.lies("a member without a name", self.named(b""))
        self.lies("a NUL in the name", self.named(b"out/\0"))
        self.lies("a path of N bytes", self.named(b"d/" * 2100))
        self.lies("a name of N bytes", self.named(b"n" * 300))
        self.lies("is there twice, or out of order", self.named(b"out"))

    def test_members_that_cannot_be(self):
        def mode(table):
            table.modes[self.member(table, b"/d/file")] = 0o4755

        def way(table):
            number = self.member(table, b"/d/hard")
            table.paths[number] = table.paths[self.member(table, b"/d/file")] + b"/x"

        def listed(table):
            table.paths[0] = table.paths[-1]

        def hard(table):
            table.links[0] = b"out/none"

        def last(table):
            table.paths[-1] = b"zzz"

        def empty_link(table):
            table.links[1] = b""

        self.lies("would run with another's rights (set-uid or set-gid)", mode)
        self.lies("goes through ..., which is no folder", way)
        self.lies("has the name of the list of hashes", listed)
        self.lies("a hard link to no file before it", hard)
        self.lies("a symbolic link to nothing", empty_link)
        self.lies("the table of contents does not end with the list of hashes", last)

    def test_tables_that_tell_of_other_bytes(self):
        def size(table):
            table.sizes[1] += 512

        def frame(table):
            table.frames[0][0] += 1

        def digest(table):
            table.digest = bytes(32)

        def empty(table):
            # The hashes are the last of the table, one for each file.
            files = [path for path, kind in zip(table.paths, table.kinds) if kind == 0]
            place = len(table.end) - 32 * (len(files) - self.member_of(files))
            table.end = table.end[:place] + bytes(32) + table.end[place + 32:]

        self.lies("the table of contents does not fit the frames", size)
        self.lies("the seek table and the table of contents tell of different frames", frame)
        self.lies("the archive's bytes are not those that were written", digest)

        def state(table):
            place = table.lists.index(b"sha256_state") + len("sha256_state") + 1
            table.lists = table.lists[:place] + b"0" * 64 + table.lists[place + 64:]

        self.lies("the archive's hash is not the one that was recorded (...)", state)

        def patterns(table):
            table.lists = table.packed(100000) + bytes(100000) + table.lists[1:]

        self.lies("the table of contents tells of more than an archive of N bytes can hold", patterns)
        self.lies("the table of contents holds what no table does", lambda table: b"more")
        self.lies("is empty, and the table has another hash for it", empty, command="restore")

    @staticmethod
    def member_of(files):
        return next(number for number, path in enumerate(files) if path.endswith(b"/d/empty"))

    def test_seek_tables_that_are_none(self):
        self.archive.write_bytes(self.whole[:-5] + b"\0" + self.whole[-4:])
        table = Table(self.archive)
        for message, seek in (
                ("the seek table at its end is not as it was written", b"\0" + table.seek_table[1:]),
                ("the seek table tells of more than there is",
                 table.seek_table[:8] + struct.pack("<I", 1 << 30) + table.seek_table[12:])):
            with self.subTest(message):
                self.archive.write_bytes(self.whole[:table.seek] + seek[:-5] + self.whole[-5:])
                self.expect(message, 65, self.place.cpwx("archive", "verify", self.job))
        damaged = bytearray(self.whole)
        damaged[table.place + 60] ^= 1
        self.archive.write_bytes(damaged)
        self.expect(
            "the table of contents has other bytes than were written", 65, self.place.cpwx("archive", "verify", self.job))

    def test_frames_that_are_damaged(self):
        damaged = bytearray(self.whole)
        damaged[30] ^= 1
        self.archive.write_bytes(damaged)
        self.expect("is damaged: ...", 65, self.place.cpwx("archive", "verify", self.job))
        saved = self.place.cpwx("archive", "restore", "--salvage", "--to", "saved", self.job)[1]
        self.expect("lost: ...", None, (None, saved))
        self.archive.write_bytes(bytes(3000))
        self.expect(
            "nothing of the job's folder could be got out of it", 65,
            self.place.cpwx("archive", "restore", "--salvage", self.job))

    def test_an_end_that_is_lost_elsewhere(self):
        elsewhere = Path(self.folder, "elsewhere.tar.zst")
        elsewhere.write_bytes(self.whole[:-1])
        self.expect(
            "is an archive of cpwx, and the table of contents at its end is damaged, or lost", 65,
            self.place.cpwx("archive", "verify", elsewhere))
        self.place.cpwx("archive", "extract", elsewhere, "--to", "there", code=0)
        self.assertEqual(next(self.place.root.glob("there/out/**/d/file")).read_text(), "a\n")

    def test_an_archive_that_is_a_device_or_another_jobs(self):
        device = Path(self.folder, "device.tar.zst")
        device.symlink_to("/dev/zero")
        self.expect("is no file that can be read at any place", 65, self.place.cpwx("archive", "verify", device))
        self.archive.unlink()
        self.archive.with_name("20000101-001.tar.zst").write_bytes(self.whole)
        self.expect("it is not of the job that it is called after: it holds ...", 65, self.place.cpwx(
            "archive", "verify", self.archive.with_name("20000101-001.tar.zst")))


class Places(ErrorCase):
    def test_a_folder_of_archives_that_is_gone_or_cannot_be_read(self):
        self.place.archive()
        root = self.place.root / "archive"
        root.rename(self.place.root / "unmounted")
        for arguments, code in ((["archive", "list"], 0), (["run"], 0), (["archive", "verify", "--all"], 74)):
            with self.subTest(arguments):
                outcome = self.place.cpwx(*arguments, code=code)
                self.expect("is gone, with ... in it", 74, (74, outcome[1]))
        root.mkdir()
        self.expect("is empty, and is to have ... in it", 74, self.place.cpwx("archive", "verify", "--all"))
        root.rmdir()
        root.symlink_to(root)
        self.expect(
            "cannot be read, and what archives there are is not known", 74, self.place.cpwx("archive", "verify", "--all"))

    def test_a_disk_without_room(self):
        self.place.pipeline('head -c 3000000 /dev/urandom > "$1/large"')
        job, _ = self.place.archive()
        disk = Path(self.folder, "disk")
        disk.mkdir()
        self.mount(["-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs"], disk)
        self.expect(
            "there is no room for it: it needs ..., and ... are free on the disk of ...", 74,
            self.place.cpwx("archive", "restore", job, "--to", disk / "there"))
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            info = tarfile.TarInfo("bomb")
            info.size = 3000000
            tar.addfile(info, io.BytesIO(b"a" * info.size))
        foreign = Path(self.folder, "bomb.tar.zst")
        foreign.write_bytes(through(["zstd", "-qc"], out.getvalue()))
        self.expect(
            "there is no room for it and what comes before it: that is more than the N bytes that were free", 74,
            self.place.cpwx("archive", "extract", foreign, "--to", disk / "there"))
        self.assertEqual([path for path in disk.rglob("*") if not path.is_dir()], [])

    def test_a_place_that_something_unreadable_has(self):
        job, archive = self.place.archive("--keep")
        archive.unlink()
        archive.symlink_to(archive.name)
        self.expect("cannot be read, so it is not replaced", 74, self.place.cpwx("archive", "--force", job))


class Secrets(ErrorCase):
    def test_in_names_can_not_be_hidden(self):
        self.place.settings("TMDB_API_KEY=withdrawn-0815")
        self.place.pipeline('touch "$1/withdrawn-0815"')
        job = Path(self.place.job()).name
        self.expect_told("a name, or the text of a link, holds a secret", self.place.cpwx("archive", "--redact", job))


class ArchivedRecords(ErrorCase):
    def test_that_are_none(self):
        job = Path(self.place.job())
        (job / "pipeline.yaml").rename(job / "other.yaml")
        (job / "pipeline.yaml").symlink_to("other.yaml")
        (job / "manifest.json").write_text((job / "manifest.json").read_text().replace("}", "", 1))
        self.place.cpwx("archive", "-q", job.name)
        message = "the manifest in its archive is no valid JSON"
        self.expect(message, 65, self.place.cpwx("job", "rerun", job.name))

    def test_that_lead_elsewhere(self):
        job = Path(self.place.job())
        (job / "pipeline.yaml").rename(job / "other.yaml")
        (job / "pipeline.yaml").symlink_to("other.yaml")
        self.place.cpwx("archive", "-q", job.name, code=0)
        self.expect("has no content", 65, self.place.cpwx("job", "rerun", job.name))

    def test_that_were_left_out(self):
        job = Path(self.place.job())
        (job / "job.env").unlink()
        self.place.cpwx("archive", "-q", job.name, code=0)
        self.expect("holds no ...", 64, self.place.cpwx("job", "rerun", job.name))


class ForeignArchives(ErrorCase):
    def refused(self, message, *members, code=65, change=lambda tar: tar, format=tarfile.PAX_FORMAT, command=("extract", "--to", "there")):
        with self.subTest(message):
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w", format=format, errors="surrogateescape") as tar:
                for name, more in members:
                    info = tarfile.TarInfo(name)
                    for key, value in more.items():
                        setattr(info, key, value)
                    tar.addfile(info, io.BytesIO(bytes(info.size)) if info.isreg() else None)
            archive = Path(self.folder, "foreign.tar.zst")
            archive.write_bytes(through(["zstd", "-qc"], change(out.getvalue())))
            self.expect(message, code, self.place.cpwx("archive", command[0], archive, *command[1:]))
            self.assertFalse((self.place.root / "there").exists())

    def test_members_that_do_harm(self):
        link, hard = {"type": tarfile.SYMTYPE}, {"type": tarfile.LNKTYPE}
        good = ("out/a", {})
        self.refused("a '..' in the path", good, ("../x", {}))
        self.refused("a symbolic link that leads out", ("out/l", {**link, "linkname": "../../x"}))
        self.refused("a symbolic link to an absolute path", ("out/l", {**link, "linkname": "/etc"}))
        self.refused("a symbolic link to nothing", ("out/l", {**link, "linkname": ""}), format=tarfile.USTAR_FORMAT)
        self.refused(
            "a symbolic link that goes up behind another link",
            ("out/a", {**link, "linkname": "b/../.."}), ("out/b", {**link, "linkname": "deep"}), ("out/deep/x", {}))
        self.refused("goes through ..., which is no folder", good, ("out/a/x", {}))
        self.refused("a hard link to no file before it", ("out/h", {**hard, "linkname": "out/none"}))
        self.refused("would run with another's rights (set-uid or set-gid)", ("out/s", {"mode": 0o4755}))
        self.refused("is there twice", good, good)
        self.refused("is no folder, and others before it lie in it", ("out/a/x", {}), good)
        self.refused("a name that is no UTF-8", ("out/\udcff", {}), format=tarfile.GNU_FORMAT)

        # The length of a record of its extended header is no number.
        self.refused("is odd: ...", ("out/\u00e9", {}), change=lambda tar: tar.replace(b" path=", b"xpath="))

        huge = tarfile.TarInfo("out/b")
        huge.size = 1 << 50
        self.refused("has N bytes, more than it may (...)", good, change=lambda tar: tar[:512] + huge.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
        sparse = {"size": 4, "pax_headers": {"GNU.sparse.map": "100,4", "GNU.sparse.size": "10"}}
        self.refused("is damaged: it has more bytes than its header tells", ("out/a", sparse))
        self.refused("the tar cannot be read on: ...", ("out/a", {"size": 5000}), change=lambda tar: tar[:2048])
        self.refused("is cut short", good, change=lambda tar: tar[:512])

    def test_more_members_than_may_be(self):
        archive = Path(self.folder, "many.tar.zst")
        head = tarfile.TarInfo("0000000").tobuf(tarfile.USTAR_FORMAT)
        # In the sum of a header each digit of the name counts.
        rest = int(head[148:154], 8) - sum(head[:7])
        with open(archive, "wb") as file:
            packing = subprocess.Popen(["zstd", "-q1c"], stdin=subprocess.PIPE, stdout=file)
            for thousand in range(1001):
                names = [b"%07d" % number for number in range(thousand * 1000, thousand * 1000 + 1000)]
                packing.stdin.write(b"".join(
                    name + head[7:148] + b"%06o\0 " % (rest + sum(name)) + head[156:] for name in names))
            packing.communicate(bytes(1024))
        self.expect("one more than the N members it may have", 65, self.place.cpwx("archive", "verify", archive))

    def test_paths_that_are_more_than_memory_should_hold(self):
        """Each with two thousand folders, which the archive tells in few bytes."""
        self.refused(
            "its path and those before it are more than N bytes", *[(f"{number:02}" + "/1" * 2046, {}) for number in range(70)],
            command=("verify",))

    def test_a_map_of_holes_that_is_more_than_memory_should_hold(self):
        """In GNU's form of sparse files the map is in front of the content: 8 MiB of it are not, 28 MiB are too much."""
        for entries, code in [(2 << 20, 0), (7 << 20, 65)]:
            holes = b"%d\n" % entries + b"0\n0\n" * entries
            member = tarfile.TarInfo("GNUSparseFile.0/f")
            member.size = len(holes) + -len(holes) % 512
            member.pax_headers = {
                "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "f", "GNU.sparse.realsize": "10"}
            archive = Path(self.folder, "holes.tar.zst")
            tar = member.tobuf(tarfile.PAX_FORMAT) + holes + bytes(-len(holes) % 512 + 1024)
            archive.write_bytes(through(["zstd", "-qc"], tar))
            outcome = self.place.cpwx("archive", "verify", archive)
            if code:
                self.expect("a member's headers, or its map of holes, take more than N bytes", code, outcome)
            else:
                self.assertEqual(outcome[0], 0, outcome[1])

    def test_what_is_not_wanted_of_links(self):
        archive = Path(self.folder, "links.tar.zst")
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("file"))
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.LNKTYPE, "file"
            tar.addfile(link)
        archive.write_bytes(through(["zstd", "-qc"], out.getvalue()))
        self.expect(
            "a hard link to ..., which is not wanted", 65, self.place.cpwx("archive", "extract", archive, "link", "--to", "there"))
        self.expect(
            "is an archive of another program, whose members cannot be read one by one", 64,
            self.place.cpwx("archive", "extract", archive, "file", "-O"))

    def test_archives_of_nothing_and_of_no_kind(self):
        nothing = Path(self.folder, "nothing.tar.zst")
        nothing.write_bytes(through(["zstd", "-qc"], bytes(1024)))
        self.expect("holds nothing", 64, self.place.cpwx("archive", "extract", nothing, "--to", "there"))
        nothing.write_bytes(b"no zstd" * 100)
        self.expect(
            "is damaged, or not compressed by zstd: ...", 65, self.place.cpwx("archive", "extract", nothing, "--to", "there"))

    def wide(self, exponent):
        """A tar's end, compressed with a window of two to the power of that."""
        archive = Path(self.folder, "wide.tar.zst")
        archive.write_bytes(struct.pack("<IBB", 0xFD2FB528, 0, exponent - 10 << 3) + (1024 << 3 | 1).to_bytes(3, "little") + bytes(1024))
        return archive

    def test_windows_that_take_more_memory_than_may_be(self):
        self.expect("was compressed with a window of more than 128 MiB", 65, self.place.cpwx("archive", "verify", self.wide(28)))

    def test_windows_that_take_more_memory_than_there_is(self):
        archive = self.wide(27)
        # With less the program itself has not enough, with more the window has.
        for room in range(64, 1024, 64):
            outcome = self.place.cpwx(f"--as={room << 20}", CPWX, "archive", "verify", archive, program="prlimit")
            if "wide.tar.zst" in outcome[1]:
                break
        self.expect("cannot be read", 74, outcome)
        self.assertIn(f"{archive}: cannot be read (Cannot allocate memory)", outcome[1])

    def test_less_memory_than_zstd_takes_to_write(self):
        job, _ = self.place.archive("--keep")

        def within(room):
            # With one arena for all threads it makes no difference which of them comes first.
            return self.place.cpwx(
                "--core=0:0", f"--as={room << 10}", "timeout", "60", CPWX, "archive", "--keep", "--force", job, program="prlimit",
                environment={"GLIBC_TUNABLES": "glibc.malloc.arena_max=1", "SWIFT_BACKTRACE": "enable=no"})

        enough, short = 1 << 24, 1 << 23
        while within(short)[0] == 0:
            enough, short = short, short // 2
        while enough - short > 1024:
            middle = (enough + short) // 2
            enough, short = (middle, short) if within(middle)[0] == 0 else (enough, middle)
        # With a little less the last threads are not there, of 8 MB each; with much less the buffers are not, which come first.
        for room in range(enough, enough - 96 * 1024, -1024):
            outcome = within(room)
            if "the archive cannot be written" in outcome[1]:
                break
        self.expect("the archive cannot be written", 74, outcome)
        self.assertIn("the archive cannot be written (Cannot allocate memory)", outcome[1])


if __name__ == "__main__":
    unittest.main()
