#!/usr/bin/env python3
"""demo - a community trades a day on a real appliance; then its ledger is proven.

Makes a venue in a temporary folder, starts busbard and, as a second process, busbar-gen;
a real DPDK port (net_memif) is the wire between them.  Needs no root, no hugepages, no
network card.  The last line of standard output is one JSON object.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

DAY = "2025-06-11"


def say(text=""):
    print(text, flush=True)


class Failed(Exception):
    """A step went wrong; the text says which and where to look."""


class Venue:
    """A venue in a folder, the daemon that serves it, and the commands that manage it."""

    def __init__(self, build, folder, participants):
        self.bin = build / "bin"
        self.folder = folder
        self.participants = participants
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

    def make(self):
        self.run("busbarctl", "init", self.folder, "--name", "Demo Valley",
                 "--participants", self.participants + 1, "--products", 96,
                 "--orders", 262144, "--levels", 1 << 20, "--ipv4", "10.0.0.1",
                 "--device", f"net_memif0,role=server,socket={self.folder}/port0.sock,"
                             "socket-abstract=no")

    def start(self):
        log = open(self.folder / "busbard.log", "w")
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
            if self.daemon.wait(timeout=30) != 0:
                raise Failed(f"busbard ended with {self.daemon.returncode}")

    def fill(self, seed):
        """Registers the community and the quarter-hours of its day."""
        roster = self.folder / "roster.csv"
        roster.write_text(self.run("busbar-gen", "roster", "--participants",
                                   self.participants, "--seed", seed))
        self.ctl("member", "add", "--file", roster)
        self.ctl("product", "add", "--zone", 1, "--start", DAY + "T00:00Z", "--count", 96,
                 "--band", "0:500000", "--tick", 100, "--lot", 100, "--max", 1000000)


def table(rows):
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        say(f"  {name:<{width}}  {value}")


def demo(venue, seed, cpus):
    say(f"venue      {venue.folder}")
    venue.make()
    say(f"appliance  {venue.start()}")
    began = time.monotonic()
    venue.fill(seed)
    say(f"community  {venue.participants} participants, 96 quarter-hours of {DAY}, "
        f"registered in {time.monotonic() - began:.1f} s")

    socket = venue.folder / "port0.sock"
    out = venue.run("busbar-gen", "run", "--venue", venue.folder / "venue.json",
                    "--participants", venue.participants, "--seed", seed,
                    "--device", f"net_memif0,role=client,socket={socket},socket-abstract=no",
                    "--lcore", cpus[0], "-j")
    sent = json.loads(out.splitlines()[-1])
    status = venue.ctl("status")
    venue.stop()

    say("verifying the whole ledger, then replaying it")
    verified = venue.ctl("ledger", "verify")
    replayed = venue.ctl("ledger", "replay")
    if replayed["state_root"] != status["state_root"] or verified["height"] != status["height"]:
        raise Failed("the ledger on disk is not what the appliance said")

    say()
    table([("participants", f"{sent['participants']:,}, of which {sent['participants_traded']:,} traded"),
           ("packets", f"{sent['packets']:,} sent, {sent['answered']:,} answered, "
                       f"{sum(sent['refused'].values()):,} refused, {sent['lost']:,} lost"),
           ("orders", f"{sent['orders']:,}"),
           ("trades", f"{sent['trades']:,}"),
           ("energy", f"{sent['energy_wh'] / 1e6:,.3f} MWh"),
           ("blocks", f"{verified['blocks']:,}, {verified['inputs']:,} inputs"),
           ("rate", f"{sent['orders_per_s']:,.0f} orders a second"),
           ("latency", f"p50 {sent['latency_p50_us']:,.0f} us, p99 {sent['latency_p99_us']:,.0f} us, "
                       "from first sending to durable answer"),
           ("state root", verified["state_root"]),
           ("verify", verified["result"]),
           ("replay", replayed["result"]),
           ("files", f"{venue.folder} (ledger/, busbard.log, keys); remove it when done")])
    say()
    say(json.dumps({
        "schema": "busbar.demo/1",
        **{key: sent[key] for key in ("participants", "participants_traded", "packets", "orders",
                                      "trades", "energy_wh")},
        "blocks": verified["blocks"],
        **{key: sent[key] for key in ("orders_per_s", "latency_p50_us", "latency_p99_us")},
        "state_root": verified["state_root"],
        "verify": verified["result"], "replay": replayed["result"]}))
    if sent["participants_traded"] != sent["participants"] or sent["lost"] != 0:
        raise Failed("not every participant traded, or something was lost")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("--participants", default=1000, type=int)
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--folder", type=pathlib.Path, help="default: a new temporary one")
    arguments = parser.parse_args()

    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        say("demo: two CPUs are needed, one for the appliance and one for the community")
        return 1
    folder = arguments.folder or pathlib.Path(tempfile.mkdtemp(prefix="busbar-demo-")) / "venue"
    venue = Venue(arguments.build.resolve(), folder, arguments.participants)
    try:
        demo(venue, arguments.seed, (cpus[-2], cpus[-1]))
    except (Failed, OSError, KeyError, ValueError) as error:
        print(f"demo: {error}; files are in {folder}", file=sys.stderr)
        return 1
    finally:
        if venue.daemon is not None and venue.daemon.poll() is None:
            venue.daemon.kill()
    if shutil.disk_usage(folder).free < 1 << 30:
        say("note: less than 1 GiB is free where the files are")
    return 0


if __name__ == "__main__":
    sys.exit(main())
