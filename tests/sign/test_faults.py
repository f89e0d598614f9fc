#!/usr/bin/env python3
"""Faults planted in the burst check, one at a time: the tests beside this file must find each.

usage: test_faults.py SOURCE_ROOT VECTORS.json.gz COMPILER...

Builds field, burst and verdicts from a copy of the sources, runs them (they must pass), then
plants each fault in the copy and demands that at least one of them fails.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# What is broken, where, and how.  The text must be there: who changes that line chooses another.
FAULTS = [
    ("field: a carry out of the top comes back too small", "wire/bb_field.h",
     "r.limbs[0] += 19 * carry;", "r.limbs[0] += 18 * carry;"),
    ("field: p itself counts as below p", "wire/bb_field.c",
     "(t.limbs[0] + 19) >> 51", "(t.limbs[0] + 18) >> 51"),
    ("field, four at once: the low part's offset is left out", "wire/bb_field4.h",
     "(0x1.8p104 + 0x1p52)", "(0x1.8p104)"),
    ("field, eight at once: 2p where it is subtracted is not 2p", "wire/bb_field8.h",
     "(limb == 0 ? 2 * 19 : 2)", "(limb == 0 ? 2 * 18 : 2)"),
    ("group: the wrong square root of two", "wire/bb_group.c",
     "*x = bb_fe_mul(x, &bb_fe_sqrtm1);", ""),
    ("scalar: a limb of the order", "wire/bb_scalar.c",
     "UINT64_C(0x14def9dea2f79cd6)", "UINT64_C(0x14def9dea2f79cd7)"),
    ("scalar: the top digit is lost", "wire/bb_scalar.c",
     "words[3] >> 1 | UINT64_C(1) << 63", "words[3] >> 1"),
    ("table: Montgomery's trick multiplies by the wrong z", "wire/bb_table.c",
     "inverse = bb_fe_mul(&inverse, &points[m].z);",
     "inverse = bb_fe_mul(&inverse, &products[m].z);"),
    ("table: the points of two teeth change places", "wire/bb_table.c",
     "&twice[__builtin_ctz(m)]", "&twice[__builtin_ctz(m) ^ 1]"),
    ("encoding: R without the sign of x", "wire/bb_burst.c",
     "bytes[31] |= (uint8_t)(bb_fe_is_odd(&x) << 7);", ""),
    ("encoding: S is not looked at", "wire/bb_burst.c",
     "!bb_scalar_canonical(check->signature + 32) ||", ""),
    ("encoding: R may be of small order", "wire/bb_burst.c",
     "|| small_order(check->signature)", ""),
]

# Code that a CPU without these cannot run cannot be found wrong there.
NEEDS = {"wire/bb_field4.h": "avx2", "wire/bb_field8.h": "avx512ifma"}

LIBRARIES = ["-lsodium", "-lcrypto", "-lcunit"]
PROGRAMS = {"field": ["test_field"], "burst": ["test_burst", "600"], "verdicts": ["verdicts"]}


def flags_of(path):
    """As wire/meson.build has them, by the file's name."""
    if "ifma" in path.name:
        return ["-mavx512f", "-mavx512dq", "-mavx512ifma", "-mbmi2"]
    if "avx2" in path.name:
        return ["-mavx2", "-mfma", "-mbmi2"]
    if "wide" in path.name:
        return ["-mavx512f", "-mavx512bw"]
    if "sha" in path.name:
        return ["-msha", "-msse4.1"]
    return ["-mbmi2", "-madx"] if "bmi2" in path.name else []


class Copy:
    """The sources in a folder of their own, and what was built from them."""

    def __init__(self, root, folder, compiler):
        self.folder = folder
        self.compiler = [*compiler, "-std=gnu11", "-O1", "-w", "-I", str(folder)]
        for part in ("base", "wire", "tests/sign"):
            shutil.copytree(root / part, folder / part)
        shutil.copy(root / "tests/bb_test.h", folder / "tests")
        self.sources = sorted([*folder.glob("base/*.c"), *folder.glob("wire/*.c")])
        self.tests = [folder / "tests/sign" / f"{words[0]}.c" for words in PROGRAMS.values()]
        self.objects, self.faulty = {}, {}

    def included(self, path, seen):
        """The files that a source is made of."""
        seen.add(path)
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
            if self.folder / name not in seen:
                self.included(self.folder / name, seen)
        return seen

    def build(self, changed=None):
        """Compiles what the changed file is part of (at first: everything), links the tests."""
        for path in [*self.sources, *self.tests]:
            if changed is None:
                self.objects[path] = path.with_suffix(".o")
            elif changed not in self.included(path, set()):
                continue
            target = path.with_suffix(".o" if changed is None else ".faulty.o")
            subprocess.run([*self.compiler, *flags_of(path), "-c", path, "-o", target],
                           check=True)
            if changed is not None:
                self.faulty[path] = target
        objects = {**self.objects, **self.faulty}
        for test in self.tests:
            subprocess.run([*self.compiler, objects[test],
                            *(objects[path] for path in self.sources), *LIBRARIES, "-o",
                            test.with_suffix("")], check=True)
        self.faulty = {}

    def failing(self, vectors):
        """The name of the first test that fails, or None."""
        for name, words in PROGRAMS.items():
            command = [self.folder / "tests/sign" / words[0], *words[1:]]
            if name == "verdicts":
                command = [sys.executable, self.folder / "tests/sign/test_verdicts.py",
                           command[0], vectors]
            done = subprocess.run(command, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=120)
            if done.returncode != 0:
                return name
        return None


def main():
    root, vectors, compiler = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    cpu = set(re.findall(r"\w+", pathlib.Path("/proc/cpuinfo").read_text()))
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="busbar-faults-") as folder:
        copy = Copy(root, pathlib.Path(folder), compiler)
        copy.build()
        found = copy.failing(vectors)
        assert found is None, f"{found} fails without any fault"
        for what, name, old, new in FAULTS:
            if name in NEEDS and NEEDS[name] not in cpu:
                print(f"{what}: this CPU does not run that code", flush=True)
                continue
            path = copy.folder / name
            text = path.read_text()
            assert text.count(old) == 1, f"{name} has no single {old!r}: plant another fault"
            path.write_text(text.replace(old, new))
            copy.build(path)
            found = copy.failing(vectors)
            path.write_text(text)
            print(f"{what}: {'found by ' + found if found else 'NOT FOUND'}", flush=True)
            wrong += found is None
    print(f"{len(FAULTS)} faults, {wrong} of them not found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
