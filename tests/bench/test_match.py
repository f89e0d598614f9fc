#!/usr/bin/env python3
"""busbar-bench match: what it makes it replays, and whatever does not add up it says.

usage: test_match.py BUSBAR_BENCH
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

BENCH = sys.argv.pop(1)
HEADER, RECORD = 152, 24


def match(*arguments):
    return subprocess.run([BENCH, "match", *map(str, arguments)], capture_output=True, text=True)


class Match(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "flow")
        made = match("--make", self.path, "--resting", 300, "--ops", 4000, "--seed", 7)
        self.assertEqual(made.returncode, 0, made.stderr)

    def spoil(self, at, form, value):
        with open(self.path, "r+b") as file:
            file.seek(at)
            file.write(struct.pack(form, value))

    def test_book_and_market_do_what_the_header_says(self):
        for participants in (2, 3, 50):
            done = match("--workload", self.path, "--latency", "-j",
                         "--participants", participants)
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = [json.loads(line) for line in done.stdout.splitlines()]
            self.assertEqual([line["mode"] for line in lines], ["book", "market"])
            for line in lines:
                self.assertEqual(line["schema"], "busbar.bench.match/1")
                self.assertTrue(line["agrees"])
                self.assertEqual(line["resting"], 300)
                self.assertEqual(line["ops"], 4000)
                self.assertGreater(line["trades"], 500)
                for name in ("", "alone_"):
                    self.assertGreater(line[name + "p50_ns"], 0)
                    self.assertLessEqual(line[name + "p50_ns"], line[name + "p99_ns"])
                    self.assertLessEqual(line[name + "p99_ns"], line[name + "p999_ns"])
                self.assertGreater(line["yardstick_ns"], 0)
                self.assertGreater(line["tenth_ns"], 0)
                self.assertLessEqual(line["tenth_ns"], line["ns_per_op"])
                self.assertLessEqual(line["yardstick_tenth_ns"], line["yardstick_ns"])
            self.assertEqual(lines[0]["fill_hash"], lines[1]["fill_hash"])

    def test_the_same_seed_makes_the_same_bytes(self):
        again = os.path.join(self.folder.name, "again")
        match("--make", again, "--resting", 300, "--ops", 4000, "--seed", 7)
        with open(self.path, "rb") as one, open(again, "rb") as other:
            self.assertEqual(one.read(), other.read())

    def test_a_file_that_does_not_add_up_is_refused(self):
        self.spoil(HEADER + RECORD * 100 + 12, "<I", 77)  # a quantity
        self.assertEqual(match("--workload", self.path).returncode, 2)

    def test_a_record_that_makes_no_sense_is_refused(self):
        for at, form, value in ((0, "<Q", 1 << 40), (8, "<i", 0), (16, "<H", 999), (18, "<B", 3),
                                (19, "<B", 2)):
            with self.subTest(at=at):
                self.spoil(HEADER + RECORD * 100 + at, form, value)
                done = match("--workload", self.path)
                self.assertEqual(done.returncode, 2)
                self.assertIn("make it again", done.stderr)
                self.setUp()

    def test_no_flow_no_figures(self):
        os.truncate(self.path, HEADER + RECORD * 50)
        for arguments in (("--workload", self.path), ("--workload", "/nonexistent"), (),
                          ("--workload", self.path, "--mode", "none")):
            done = match(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertNotEqual(done.stderr, "")


if __name__ == "__main__":
    unittest.main()
