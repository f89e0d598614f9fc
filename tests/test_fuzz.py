#!/usr/bin/env python3
"""fuzz.sh lets every target run to its end, and tells last which failed and on what bytes.

The targets are scripts that speak as libFuzzer does.
"""
import os
import pathlib
import subprocess
import tempfile

SCRIPT = pathlib.Path(__file__).with_name("fuzz.sh")
SOUND = 'echo "#9 INITED cov: 5 ft: 9"; echo "#99 DONE cov: 7 ft: 12"; echo "Done 99 runs"'
BROKEN = """for each; do case $each in -artifact_prefix=*) prefix=${each#*=};; esac; done
printf '\\000\\377\\012' >"${prefix}crash-1"; echo "deadly signal"; exit 77"""
SILENT = "exit 1"


def fuzz(**targets):
    """Runs fuzz.sh on a build of these targets; returns its exit code and what it said."""
    with tempfile.TemporaryDirectory() as build:
        folder = pathlib.Path(build) / "tests" / "wire"
        folder.mkdir(parents=True)
        for name, body in targets.items():
            (folder / name).write_text(f"#!/bin/sh\n{body}\n")
            (folder / name).chmod(0o755)
        done = subprocess.run([SCRIPT, build, "1"], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env={**os.environ, "BUSBAR_SEED": "3"})
        return done.returncode, done.stdout.replace(build, "BUILD")


def test_all_that_hold_are_told_with_what_they_covered():
    code, said = fuzz(fuzz_a=SOUND, fuzz_b=SOUND)
    assert code == 0 and len(said.splitlines()) == 2, said
    for name in ("fuzz_a", "fuzz_b"):
        assert f"{name}: Done 99 runs; cov: 5 by the seeds, 7 in the end" in said, said


def test_one_that_fails_stops_no_other_and_is_told_last():
    code, said = fuzz(fuzz_a=BROKEN, fuzz_b=SILENT, fuzz_c=SOUND)
    assert code == 1, said
    assert "fuzz_c: Done 99 runs" in said, said
    assert said.splitlines()[-1] == "2 failed: fuzz_a fuzz_b", said
    assert "fuzz_a failed with seed 3" in said and "deadly signal" in said, said
    assert "00ff0a\n" in said, said
    assert "again: BUILD/tests/wire/fuzz_a BUILD/fuzz-logs/fuzz_a-crash-1" in said, said


def test_a_build_without_targets_is_no_success():
    code, said = fuzz()
    assert code == 1 and "-Dfuzz=true" in said, said


TESTS = [test_all_that_hold_are_told_with_what_they_covered,
         test_one_that_fails_stops_no_other_and_is_told_last,
         test_a_build_without_targets_is_no_success]
for test in TESTS:
    test()
    print(f"{test.__name__}: passed", flush=True)
print(f"{len(TESTS)} passed, 0 failed")
