#!/usr/bin/env python3
"""bb_save_build - a number for the code of the market, for bb_save.c: snapshots of other code
are passed over, since what a field means may change where its size does not.

    bb_save_build.py OUTPUT DEPFILE MARKET LIMITS
"""
import hashlib
import pathlib
import sys


def main():
    output, depfile, market, limits = sys.argv[1:]
    sources = sorted(pathlib.Path(market).glob("*.[ch]")) + [pathlib.Path(limits)]
    total = hashlib.sha256()
    for source in sources:
        total.update(source.name.encode() + b"\0" + hashlib.sha256(source.read_bytes()).digest())
    pathlib.Path(output).write_text(
        "/* bb_save_build - made by market/bb_save_build.py. */\n"
        "#ifndef BB_SAVE_BUILD_H\n#define BB_SAVE_BUILD_H\n\n"
        f"#define BB_SAVE_BUILD UINT64_C(0x{total.hexdigest()[:16]})\n\n#endif\n")
    pathlib.Path(depfile).write_text(f"{output}: {' '.join(str(each) for each in sources)}\n")


main()
