#!/usr/bin/env python3
"""tidy - the house rules that a machine can check.  Run by `meson test tidy`.

A rule lives here or it is only advice.  To break one on purpose, name the file
in EXCEPTIONS with the rule and the reason; a reviewer reads that list.
"""
import pathlib
import re
import sys

# Who may include whom.  A folder may always include itself.
CORE = {"base", "wire", "market", "codec"}
ALL = CORE | {"dataplane", "matcher", "ledger", "ctl", "client", "bench", "tests"}
MAY_INCLUDE = {
    "base":      set(),
    "wire":      {"base"},
    "market":    {"base"},
    "codec":     {"base", "wire", "market"},
    "dataplane": CORE,
    "matcher":   {"base", "market"},
    "ledger":    CORE,
    "client":    {"base", "wire"},
    "ctl":       ALL - {"bench", "tests"},
    "bench":     ALL - {"tests"},
    "tests":     ALL,
}

# Files that may touch DPDK, the clock or the heap.  Everything else is pure.
IMPURE = re.compile(r"(.*_duty\.[ch]|dataplane/bb_(port|lcore|roster|rings)\.[ch]|ledger/bb_store\.c"
                    r"|(ctl|client|bench|tests)/.*)$")

PURE_BANS = [
    (r"#include <(rte_|urcu)", "DPDK or liburcu in pure code"),
    (r"\b(malloc|calloc|realloc|free|mmap)\(", "memory comes from the caller"),
    (r"\b(time|clock_gettime|gettimeofday|rte_rdtsc)\(", "time comes in as an argument"),
    (r"\b(rand|random|getrandom|randombytes_buf)\(", "chance comes in as an argument"),
    (r"\b(float|double)\b", "money and energy are integers"),
]
BANS = [
    (r"\b(sprintf|strcpy|strcat|gets|strtok|atoi|atol)\(", "no bound, or no error"),
    (r"\bassert\(", "use BB_ASSERT, which stays on"),
    (r"\btypedef struct\b", "struct is spelled out"),
]
TEXT_BANS = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", "finish it before merge"),
    (r"[ \t]+$", "trailing space"),
]
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
COLUMNS_MAX = 100

DOUBLES = "whole numbers in doubles, exact by the bounds of wire/bb_field4.h; not money"

# {("path", "rule as printed"): "reason"}
EXCEPTIONS = {
    **{(f"wire/{name}", "money and energy are integers"): DOUBLES
       for name in ("bb_field4.h", "bb_burst_avx2.c")},
    ("wire/bb_sign.c", "chance comes in as an argument"):
        "bb_identity_make draws a new secret from the kernel; nothing else does",
}

NOT_OURS = re.compile(r"tests/vectors/|/corpus_|bench/data/")


def strip_comments(text):
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"", blank, text, flags=re.S)


def check_lines(name, text, code):
    folder = name.split("/")[0]
    bans = BANS + ([] if IMPURE.match(name) else PURE_BANS)
    for number, (line, bare) in enumerate(zip(text.split("\n"), code.split("\n")), 1):
        for pattern, why in bans:
            if re.search(pattern, bare):
                yield number, why
        for pattern, why in TEXT_BANS:
            if re.search(pattern, line):
                yield number, why
        if len(line.expandtabs(8)) > COLUMNS_MAX:
            yield number, f"over {COLUMNS_MAX} columns"
        include = re.match(r'#include "([^"]+)"', line)
        if include:
            target = include.group(1).split("/")[0]
            if "/" not in include.group(1):
                yield number, "includes are written from the top folder"
            elif target != folder and target not in MAY_INCLUDE[folder]:
                yield number, f"{folder}/ may not include {target}/"


def check_lengths(text, code):
    if text.count("\n") > FILE_LINES_MAX:
        yield 1, f"file over {FILE_LINES_MAX} lines"
    start = None
    for number, bare in enumerate(code.split("\n"), 1):
        if bare == "{":
            start = number
        elif bare == "}" and start:
            if number - start - 1 > FUNCTION_LINES_MAX:
                yield start, f"function over {FUNCTION_LINES_MAX} lines"
            start = None


def check_header(name, text):
    guard = pathlib.PurePosixPath(name).name.upper().replace(".", "_")
    if name.endswith(".h") and f"#ifndef {guard}\n#define {guard}\n" not in text:
        yield 1, f"include guard is not {guard}"
    if name.endswith(".h") and not text.startswith("/* "):
        yield 1, "a header begins with what it is"


def check(root, path):
    name = path.relative_to(root).as_posix()
    text = path.read_text()
    code = strip_comments(text)
    for checks in (check_lines(name, text, code), check_lengths(text, code),
                   check_header(name, text)):
        for number, why in checks:
            if (name, why) not in EXCEPTIONS:
                yield f"{name}:{number}: {why}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    files = [p for folder in MAY_INCLUDE for p in sorted((root / folder).rglob("*.[ch]"))
             if not NOT_OURS.search(p.relative_to(root).as_posix())]
    found = [e for p in files for e in check(root, p)]
    found += [f"{folder}/: no README.md" for folder in MAY_INCLUDE
              if not (root / folder / "README.md").is_file()]
    used = {(name, why) for name, why in EXCEPTIONS if (root / name).is_file()}
    found += [f"{name}: excepted but not there" for name, why in set(EXCEPTIONS) - used]
    print("\n".join(found) or f"tidy: {len(files)} files, nothing to say")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
