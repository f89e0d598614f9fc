#!/usr/bin/env python3
"""busbar-bench ledger: its figures fit together, and nothing is left behind.

usage: test_bench_ledger.py BUSBAR_BENCH
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BENCH = sys.argv.pop(1)
ROOM = 256 << 20  # of which it takes a good half
TURNS = ("raw_", "direct_", "full_", "window_", "paced_", "raw_paced_")


def ledger(*arguments):
    return subprocess.run([BENCH, "ledger", *map(str, arguments)], capture_output=True, text=True)


class Ledger(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.disk = folder.name

    def measure(self, *arguments):
        done = ledger("--disk", self.disk, "--segment", 16, "--seconds", 0.05, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.listdir(self.disk), [])
        return done.stdout

    def test_the_figures_fit_together(self):
        line = json.loads(self.measure("--block", 65536, "-j"))
        self.assertEqual(line["schema"], "busbar.bench.ledger/1")
        self.assertEqual(line["block_bytes"], 65536)
        self.assertIn(line["write"], ("direct", "buffered"))
        for name in TURNS:
            # A file system may have no O_DIRECT.
            if name != "direct_" or line["write"] == "direct":
                self.assertGreater(line[name + "p50_us"], 0, name)
            self.assertLessEqual(line[name + "p50_us"], line[name + "p99_us"], name)
        # Twice the p99 and a block's age of 1 ms; both sides are rounded.
        for bound, name in (("p99_bound_us", "raw_"), ("p99_bound_paced_us", "raw_paced_")):
            self.assertLessEqual(abs(line[bound] - 2 * line[name + "p99_us"] - 1000), 2)
        # The figures that count: the rate flat out, the latency of senders who wait.
        self.assertEqual(line["mb_per_s"], line["full_mb_per_s"])
        self.assertEqual(line["p50_us"], line["window_p50_us"])
        self.assertEqual(line["p99_us"], line["window_p99_us"])
        self.assertEqual(line["window_blocks"], 2)
        self.assertLessEqual(abs(line["ratio"] - line["mb_per_s"] / line["raw_mb_per_s"]), 0.02)

    def test_turns_that_are_left_out_are_counted(self):
        line = json.loads(self.measure("--block", 4096, "-j"))
        self.assertEqual(line["turns"], 1)
        for name in TURNS:
            still = line[name + "still_turns"]
            self.assertIn(still, (0, 1), name)
            # With one turn a figure of the others is that of all, or there is none.
            if name != "direct_" or line["write"] == "direct":
                self.assertEqual(line[name + "awake_p99_us"],
                                 None if still else line[name + "p99_us"], name)
        self.assertLessEqual(line["still_longest_us"], line["still_us"])
        if any(line[name + "still_turns"] for name in ("full_", "window_", "paced_")):
            self.assertGreaterEqual(line["still_longest_us"], 1000)

    def test_senders_send_no_more_than_their_window(self):
        # What is on its way is the rate times the time that it is; a turn also begins and ends.
        for blocks in (1, 3):
            line = json.loads(self.measure("--block", 65536, "--window", blocks, "-j"))
            self.assertEqual(line["window_blocks"], blocks)
            on_its_way = line["window_mb_per_s"] * line["window_p50_us"]
            self.assertLess(on_its_way, 1.3 * blocks * 65536, line)

    def test_the_table_has_a_row_for_each_turn(self):
        rows = self.measure("--block", 4096).splitlines()
        names = [row[9:18].strip() for row in rows if row.startswith("    4096 ")]
        self.assertEqual(names, ["raw", "direct", "full", "window", "paced", "raw paced"])
        self.assertRegex(rows[-1], r"^[0-9]+ inputs in [0-9]+ blocks verified$")

    def test_what_cannot_be_is_refused(self):
        for arguments in (("--segment", 15), ("--segment", "x"), ("--block", 1), ("--window", 5),
                          ("--disk", "/nonexistent")):
            done = ledger("--disk", self.disk, *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertNotEqual(done.stderr, "")


if __name__ == "__main__":
    if shutil.disk_usage(tempfile.gettempdir()).free < ROOM:
        print(f"SKIPPED: less than {ROOM >> 20} MiB in {tempfile.gettempdir()}", file=sys.stderr)
        sys.exit(77)
    unittest.main()
