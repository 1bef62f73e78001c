#!/usr/bin/env python3
"""Where the fuzzer starts from: seeds.py ARCHIVE-BENCH FOLDER makes pieces of a good archive, and small tars of several programs."""
import io
import os
import struct
import subprocess
import sys
import tarfile
import tempfile

TABLE, SEEK_TABLE, TAR, TRAILER, ARCHIVE = range(5)
HEADER = 56


def put(folder, name, kind, data):
    with open(f"{folder}/{name}", "wb") as file:
        file.write(bytes([kind]) + data)


def tree(folder):
    os.makedirs(f"{folder}/a/empty")
    for name, data in (("x", b""), ("a/y", b"text\n" * 40), ("a/\u0939", b"name")):
        with open(f"{folder}/{name}", "wb") as file:
            file.write(data)
    os.symlink("y", f"{folder}/a/link")
    os.link(f"{folder}/a/y", f"{folder}/z")


def main():
    program, folder = sys.argv[1:3]
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        tree(f"{work}/tree")
        subprocess.run([program, "create", f"{work}/tree", f"{work}/archive"], check=True)
        with open(f"{work}/archive", "rb") as file:
            data = file.read()
        count = struct.unpack("<I", data[-9:-5])[0]
        seek_table = len(data) - 17 - 12 * count
        end = sum(struct.unpack("<I", data[place:place + 4])[0] for place in range(seek_table + 8, len(data) - 9, 12))
        put(folder, "archive", ARCHIVE, data)
        put(folder, "seek-table", SEEK_TABLE, data[seek_table:])
        put(folder, "trailer", TRAILER, data[end:seek_table])
        packed = data[end + HEADER:seek_table]
        put(folder, "table", TABLE, subprocess.run(["zstd", "-dcq"], input=packed, stdout=subprocess.PIPE, check=True).stdout)
        put(folder, "tar", TAR, subprocess.run(["zstd", "-dcq", f"{work}/archive"], stdout=subprocess.PIPE, check=True).stdout)
        for name, form in (("pax", tarfile.PAX_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("ustar", tarfile.USTAR_FORMAT)):
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w", format=form) as tar:
                tar.add(f"{work}/tree", "tree")
            put(folder, name, TAR, out.getvalue())


main()
