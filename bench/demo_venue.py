"""demo_venue - a venue in a folder: made, started, asked, stopped; and its market set up."""
import json
import os
import socket
import subprocess
import time

from demo_ledger import TECHNICAL

ZONES = {1: "Town", 2: "Hills", 3: "Harbour"}

# Line, from, to, Wh a quarter-hour either way for each participant, fee.
LINES = ((1, 1, 2, 20, 2000), (2, 2, 3, 12, 1500), (3, 3, 1, 8, 1000))

# What a surplus earns, what a deficit costs, and what penalties are counted by.
IMBALANCE = {"long": 40000, "short": 360000, "reference": 200000}

# Seconds before a delivery, but the last three.  The generator keeps to them: gen_gates.h.
CALENDAR = {"days_ahead": 2, "open_before_s": 129600, "auction_before_s": 14400,
            "continuous_before_s": 11700, "closure_before_s": 1800, "clearing_s": 1500,
            "metering_after_s": 14400, "dispute_s": 3600, "dispute_again_s": 3600}


class Failed(Exception):
    """A step went wrong; the text says which and where to look."""


def start_of(quarter):
    return time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(quarter * 900))


class Venue:
    """The daemon that serves a venue, and the commands that manage it."""

    def __init__(self, build, folder, participants, seed):
        self.bin = build / "bin"
        self.folder = folder
        self.participants = participants
        self.seed = seed
        self.port = f"net_memif0,role={{}},socket={folder}/port0.sock,socket-abstract=no"
        self.daemon = None

    def run(self, program, *args, **kwargs):
        """Runs one program to its end and returns what it printed."""
        done = subprocess.run([self.bin / program, *map(str, args)], text=True,
                              stdout=subprocess.PIPE, **kwargs)
        if done.returncode != 0:
            raise Failed(f"{program} {args[0]} ended with {done.returncode}: {done.stdout}")
        return done.stdout

    def ctl(self, *args):
        """Runs busbarctl on this venue and returns its JSON answer."""
        return json.loads(self.run("busbarctl", "-C", self.folder, "-j", *args).splitlines()[-1])

    def rows(self, command):
        """Asks the control socket for a list, page by page."""
        rows, first = [], 1 if command in ("members", "accounts") else 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
            control.connect(str(self.folder / "control.sock"))
            while True:
                control.send(json.dumps({"command": command, "first": first}).encode())
                answer = json.loads(control.recv(1 << 17))
                rows += answer[command]
                if answer["next"] <= first:
                    return rows
                first = answer["next"]

    def make(self, products):
        self.run("busbarctl", "init", self.folder, "--name", "Demo Valley",
                 "--participants", self.participants + 3, "--products", products,
                 "--courses", 512, "--positions", max(4096, 128 * self.participants),
                 "--orders", 131072, "--levels", 1 << 20, "--ipv4", "10.0.0.1",
                 "--device", self.port.format("server"),
                 "--unsafe-filesystem")  # a trial, wherever temporary folders are

    def set_clock(self, start, speed):
        """The venue's time begins at start, and runs so many times as fast as ours."""
        config = self.folder / "busbard.conf"
        text = config.read_text().split("\n[time]\n")[0]
        if "tick_ms" not in text:
            text = text.replace("mbufs = ", "tick_ms = 5\nmbufs = ", 1)
        config.write_text(f"{text}\n[time]\nstart = {start}\nspeed = {speed}\n")

    def start(self):
        log = open(self.folder / "busbard.log", "a")
        self.daemon = subprocess.Popen(
            [self.bin / "busbard", "--config", self.folder / "busbard.conf"],
            stdout=subprocess.PIPE, stderr=log, text=True)
        ready = self.daemon.stdout.readline()
        if "ready" not in ready:
            raise Failed(f"busbard did not start; see {log.name}: "
                         + (self.folder / "busbard.log").read_text()[-500:])
        return ready.strip()

    def stop(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.terminate()
            if self.daemon.wait(timeout=60) != 0:
                raise Failed(f"busbard ended with {self.daemon.returncode}")

    def community(self, command, *more):
        """What busbar-gen says about the community, into a file for busbarctl."""
        file = self.folder / f"{command}.csv"
        file.write_text(self.run("busbar-gen", command, "--participants", self.participants,
                                 "--seed", self.seed, "--zones", len(ZONES), *more))
        return file

    def register(self):
        """Traders with caps and covered accounts, a meter operator, a grid company."""
        self.ctl("member", "add", "--roles", "meter", "--file", self.community("meter"))
        self.ctl("member", "add", "--file", self.community("roster", "--market"))
        self.ctl("account", "deposit", "--file", self.community("deposits"))
        self.ctl("key", "new", self.folder / "grid.key")
        self.ctl("member", "add", self.participants + 3, "--roles", "grid", "--key-file",
                 self.folder / "grid.key.pub")

    def grid(self, *args):
        self.ctl("grid", *args, "--participant", self.participants + 3,
                 "--key", self.folder / "grid.key")

    def open_market(self, first, count, rebate_days):
        """Rules, lines, and imbalance prices of the quarter-hours that are to be traded."""
        self.ctl("param", "set", "ZONES", "list=" + ",".join(map(str, ZONES)))
        self.ctl("param", "set", "TERMS", "price_min=0", "price_max=500000", "tick=100",
                 "lot_wh=100", "quantity_max_wh=1000000")
        self.ctl("param", "set", "CLEARING", "kappa=20000")
        self.ctl("param", "set", "SETTLEMENT", "imbalance_required=1",
                 f"lines_required={len(LINES)}",
                 *(f"price_{name}={price}" for name, price in IMBALANCE.items()))
        for line, source, sink, wh, fee in LINES:
            self.grid("line", line, source, sink, "--capacity", wh * self.participants,
                      "--fee", fee)
        self.ctl("param", "set", "REBATE", f"rebate_days={rebate_days}")
        self.ctl("param", "set", "CALENDAR", *(f"{k}={v}" for k, v in CALENDAR.items()))
        self.wait_for(first, count, ("DEFINED",), 30)
        self.grid("imbalance", "--start", start_of(first), "--count", count,
                  *(word for name, price in IMBALANCE.items() for word in (f"--{name}", price)))
        self.wait_for(first, count, ("OPEN",), 30)

    def states(self, first, count):
        return {row["quarter"]: row["state"] for row in self.rows("courses")
                if first <= row["quarter"] < first + count}

    def wait_for(self, first, count, states, seconds):
        """Waits until all delivery intervals of the day are in one of these states."""
        end = time.monotonic() + seconds
        while True:
            found = self.states(first, count)
            if len(found) == count and set(found.values()) <= set(states):
                return
            if self.daemon.poll() is not None:
                raise Failed(f"busbard ended; see {self.folder}/busbard.log")
            if time.monotonic() > end:
                raise Failed(f"not all of {count} quarter-hours came to {states} in {seconds} s: "
                             f"{sorted(set(found.values()))}")
            time.sleep(0.1)

    def accounts(self):
        """Balances by account; all participants are one, beside the technical ones."""
        sums = dict.fromkeys(("participants", *TECHNICAL), 0)
        for row in self.rows("accounts"):
            sums[row["name"] or "participants"] += row["balance"]
        return sums

    def end_period(self, quarter):
        """The venue's clock goes on at quarter; waits until what FUND collected is shared."""
        self.stop()
        self.set_clock(start_of(quarter), 1)
        self.start()
        end = time.monotonic() + 60
        while any(row["metered_wh"] != 0 or row["locked"] != 0 for row in self.rows("accounts")):
            if time.monotonic() > end:
                raise Failed("the rebate was not paid in 60 s")
            time.sleep(0.1)

    def start_day(self, cpu, speed, day, first, count):
        """The community trades, as a process of its own."""
        return subprocess.Popen(
            list(map(str, (self.bin / "busbar-gen", "day", "--venue", self.folder / "venue.json",
                           "--participants", self.participants, "--seed", self.seed,
                           "--zones", len(ZONES), "--day", day, "--first", first,
                           "--quarters", count, "--speed", speed, "--device",
                           self.port.format("client"), "--lcore", cpu, "-j"))),
            stdout=subprocess.PIPE, text=True)


def cpus():
    """Two CPUs to poll on: one for the community, the last for the appliance; or none."""
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[-2], allowed[-1]) if len(allowed) >= 2 else None
