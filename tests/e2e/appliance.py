"""appliance - a venue for end-to-end tests: made, started, killed, stopped, proven.

Every test gets a temporary folder that is removed when it passes and named when it fails.
"""
import atexit
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SKIP = 77
DAY = "2025-06-11"


def skip(why):
    print(f"SKIPPED: {why}", flush=True)
    sys.exit(SKIP)


def need_root():
    if os.geteuid() != 0:
        skip("needs root (network namespaces and raw sockets)")


def need_programs(*names):
    for name in names:
        if shutil.which(name) is None:
            skip(f"needs the program {name}")


def need_cpus(count):
    if len(os.sched_getaffinity(0)) < count:
        skip(f"needs {count} CPUs")


CHILDREN = []  # polling processes that must not outlive the test, however it ends


def end_children():
    for child in CHILDREN:
        if child.poll() is None:
            child.kill()
            child.wait()


atexit.register(end_children)


class Appliance:
    """One venue in one folder."""

    def __init__(self, build, device="", participants=64, ipv4="10.0.0.1", seed=1):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="busbar-e2e-")) / "venue"
        self.participants = participants
        self.seed = seed
        self.ipv4 = ipv4
        self.port = self.folder / "port0.sock"
        self.config = self.folder / "busbard.conf"
        self.log = self.folder / "busbard.log"
        self.device = device or (f"net_memif0,role=server,socket={self.port},"
                                 "socket-abstract=no")
        self.unsafe = True  # wherever temporary folders are
        self.daemon = None
        self.cpus = sorted(os.sched_getaffinity(0))
        self.options = []  # of the daemon, behind its configuration
        self.prefix = []  # of the daemon: ["ip", "netns", "exec", ...]

    def path(self, program):
        folder = {"busbard": "ctl", "busbarctl": "ctl", "busbar-gen": "bench"}[program]
        return str(self.build / folder / program)

    def run(self, program, *args, ok=(0,), prefix=(), **kwargs):
        done = subprocess.run([*prefix, self.path(program), *map(str, args)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
        if done.returncode not in ok:
            raise AssertionError(f"{program} {args} ended with {done.returncode}\n"
                                 f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def ctl(self, *args, ok=(0,)):
        out = self.run("busbarctl", "-C", self.folder, "-j", *args, ok=ok)
        return json.loads(out.splitlines()[-1])

    def init(self, *more, products=96, orders=65536):
        self.run("busbarctl", "init", self.folder, "--name", "Test", "--participants",
                 self.participants + 1, "--products", products, "--orders", orders,
                 "--levels", 1 << 20, "--ipv4", self.ipv4, "--device", self.device,
                 "--segment", "32M", *(["--unsafe-filesystem"] if self.unsafe else []), *more)
        return self

    def configure(self, old, new):
        """Replaces text in busbard.conf, which must be there."""
        text = self.config.read_text()
        assert old in text, f"no {old!r} in {text}"
        self.config.write_text(text.replace(old, new))

    def start(self, timeout=30):
        log = open(self.log, "a")
        self.daemon = subprocess.Popen([*self.prefix, self.path("busbard"), "--config",
                                        str(self.config), *self.options],
                                       stdout=subprocess.PIPE, stderr=log, text=True)
        CHILDREN.append(self.daemon)
        line = self.daemon.stdout.readline()
        if "ready" not in line:
            self.daemon.wait(timeout)
            raise AssertionError(f"busbard did not start: {line}\n"
                                 + self.log.read_text()[-2000:])
        return self

    def fill(self, participants=None):
        """Registers participants and the quarter-hours of one day."""
        roster = self.folder / "roster.csv"
        roster.write_text(self.run("busbar-gen", "roster", "--participants",
                                   participants or self.participants, "--seed", self.seed))
        self.ctl("member", "add", "--file", roster)
        self.ctl("product", "add", "--zone", 1, "--start", DAY + "T00:00Z", "--count", 96,
                 "--band", "0:500000", "--tick", 100, "--lot", 100, "--max", 1000000)
        return self

    def gen_args(self, *more, device=True):
        args = ["run", "--venue", self.folder / "venue.json", "--participants",
                self.participants, "--seed", self.seed, "-j"]
        if device:
            args += ["--device", f"net_memif0,role=client,socket={self.port},"
                                 "socket-abstract=no", "--lcore", self.cpus[0]]
        return [*args, *more]

    def gen(self, *more, device=True, ok=(0,), prefix=()):
        out = self.run("busbar-gen", *self.gen_args(*more, device=device), ok=ok, prefix=prefix)
        return json.loads(out.splitlines()[-1])

    def gen_start(self, *more, device=True):
        CHILDREN.append(subprocess.Popen([self.path("busbar-gen"),
                                          *map(str, self.gen_args(*more, device=device))],
                                         text=True, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE))
        return CHILDREN[-1]

    def kill(self):
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def stop(self, timeout=30):
        self.daemon.send_signal(signal.SIGTERM)
        code = self.daemon.wait(timeout)
        assert code == 0, f"busbard ended with {code}: " \
            + self.log.read_text()[-2000:]

    def prove(self):
        """The whole ledger verifies and replays to the same root; returns both answers."""
        verified = self.ctl("ledger", "verify")
        replayed = self.ctl("ledger", "replay")
        assert verified["result"] == "ok", verified
        assert replayed["result"] == "ok", replayed
        assert verified["state_root"] == replayed["state_root"]
        assert verified["inputs"] == replayed["inputs"]
        return verified, replayed

    def remove(self):
        shutil.rmtree(self.folder.parent)


def read_answers(path):
    """Every answered packet the generator saw: {(participant, sequence): (number, height)}."""
    answers = {}
    for line in path.read_text().split("\n")[:-1]:  # the last may still be written
        participant, sequence, number, height = map(int, line.split()[:4])
        key = (participant, sequence)
        place = (number, height)
        assert answers.setdefault(key, place) == place, f"{key} was answered twice: {place}"
    return answers


def check_against_ledger(venue, answers):
    """No answer is missing in the ledger, none is there twice, each has the place it told."""
    seen = {}
    for block in venue.ctl("ledger", "show", "--inputs")["blocks"]:
        for entry in block["inputs"]:
            if "participant" not in entry:
                continue
            key = (entry["participant"], entry["sequence"])
            assert key not in seen, f"{key} was applied twice"
            seen[key] = (entry["number"], block["height"])
    missing = [key for key in answers if key not in seen]
    assert not missing, f"answered but not in the ledger: {missing[:5]}"
    wrong = [key for key in answers if seen[key] != answers[key]]
    assert not wrong, f"answered with another place: {wrong[:5]}"


def main(*tests):
    """Runs tests, functions of the build folder, and closes with a line CI can read."""
    build = sys.argv[1]
    for test in tests:
        began = time.monotonic()
        print(f"{test.__name__} ...", flush=True)
        test(build)
        print(f"{test.__name__}: passed in {time.monotonic() - began:.1f} s", flush=True)
    print(f"{len(tests)} passed, 0 failed")
