#!/usr/bin/env python3
"""Snapshots under load: a start from one is a start from genesis, but shorter.

BUSBAR_KILLS sets how often busbard is killed (default 4), BUSBAR_SEED when.
"""
import os
import random
import re
import signal
import time

from appliance import Appliance, check_against_ledger, main, need_cpus, read_answers

KILLS = int(os.environ.get("BUSBAR_KILLS", "4"))
SEED = int(os.environ.get("BUSBAR_SEED", "1"))
EVERY = 40


def begin(build, prefix=()):
    venue = Appliance(build, seed=SEED).init(orders=8192)
    venue.prefix = list(prefix)
    # A heartbeat between two looks would change the state root, as every block does.
    venue.configure("[ledger]\n",
                    f"[ledger]\nsnapshot_blocks = {EVERY}\nheartbeat_ms = 0\n")
    return venue.start().fill()


def wait(what, ready, seconds=100):
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, f"no {what} in {seconds} s"
        time.sleep(0.05)
    return found


def later_snapshot(venue, height):
    """Waits for a snapshot above height; returns its height."""
    def ready():
        made = venue.ctl("status", ok=(0, 1))["snapshots"]["height"]
        return made if made > height else 0
    return wait("snapshot", ready)


def views(venue):
    """What somebody who asks the market is told."""
    told = [venue.ctl("account", "show"), venue.ctl("param", "show"), venue.ctl("member", "list")]
    listed = venue.ctl("product", "list")
    told.append(listed)
    for product in [each["product"] for each in listed["products"]][:12]:
        told.append(venue.ctl("book", "show", product, "--depth", 20))
    status = venue.ctl("status")
    return told, status["state_root"], status["number"], status["height"]


def opened(venue):
    """The last line that tells what opening took."""
    lines = re.findall(r"opened (\d+) blocks, (\d+) inputs in (\d+) ms \((.*)\)",
                       venue.log.read_text())
    blocks, inputs, ms, began = lines[-1]
    return int(blocks), int(inputs), int(ms), began


def both_starts_are_one(build):
    chance = random.Random(SEED)
    print(f"seed {SEED}, {KILLS} kills, a snapshot each {EVERY} blocks", flush=True)
    venue = begin(build)
    answers = venue.folder / "answers.txt"
    gen = venue.gen_start("--answers", answers, "--rate", 300, "--rounds", 1000000,
                          "--duration", 600)
    for kill in range(KILLS):
        made = later_snapshot(venue, 0)
        time.sleep(chance.random())
        venue.kill()
        venue.start()
        recovery = venue.ctl("status")["recovery"]
        print(f"kill {kill + 1}: {opened(venue)}", flush=True)
        assert recovery["snapshot_height"] >= made, (recovery, made)
        assert recovery["snapshot_height"] in (int(name.name[5:], 16) for name in
                                               (venue.folder / "ledger").glob("snap-*"))
    gen.terminate()
    gen.communicate(timeout=60)
    wait("rest", lambda: not venue.ctl("status")["snapshots"]["under_way"])
    venue.kill()

    venue.start()
    began = opened(venue)
    assert began[3].startswith("snapshot at height"), began
    short = views(venue)
    venue.kill()
    venue.options = ["--from-genesis"]
    venue.start()
    whole = opened(venue)
    assert whole[3] == "from genesis", whole
    assert whole[1] > began[1], (whole, began)
    assert views(venue)[0] == short[0]
    assert views(venue)[1:3] == short[1:3]
    print(f"with a snapshot {began[2]} ms ({began[1]} inputs), from genesis {whole[2]} ms "
          f"({whole[1]} inputs)", flush=True)
    venue.stop()
    venue.prove()
    assert venue.ctl("ledger", "snapshot", "--check")["result"] == "ok"
    found = read_answers(answers)
    assert len(found) > 10 * KILLS, f"only {len(found)} answers: no load"
    check_against_ledger(venue, found)
    venue.remove()


def children(pid):
    return [int(name) for name in open(f"/proc/{pid}/task/{pid}/children").read().split()]


def what_happens_to_the_writer_happens_to_it_alone(build):
    # Whoever started busbard may not care how children end; busbard does.
    venue = begin(build, prefix=["env", "--ignore-signal=CHLD"])
    gen = venue.gen_start("--rate", 300, "--rounds", 1000000, "--duration", 600)
    pid = venue.daemon.pid
    for _ in range(3):
        for child in wait("writer", lambda: children(pid)):
            os.kill(child, signal.SIGKILL)
        alarms = wait("alarm", lambda: venue.ctl("status", ok=(0, 1))["alarms"])
        assert "snapshots: busbarctl ended with signal 9" in alarms[0], alarms
    later_snapshot(venue, 0)
    wait("end of the alarm", lambda: venue.ctl("status", ok=(0, 1))["healthy"])

    # One that was damaged is passed over, with a line; the next older one is taken.
    venue.stop()
    gen.terminate()
    gen.communicate(timeout=60)
    assert venue.ctl("ledger", "snapshot")["made"]
    older, newest = sorted((venue.folder / "ledger").glob("snap-????????????????"))
    with open(newest, "r+b") as file:
        file.seek(5000)
        byte = file.read(1)[0]
        file.seek(5000)
        file.write(bytes([byte ^ 1]))
    venue.start()
    assert f"{newest.name} is passed over: its records are damaged" in venue.log.read_text()
    recovery = venue.ctl("status")["recovery"]
    assert recovery["snapshot_height"] == int(older.name[5:], 16), recovery
    venue.stop()
    failed = venue.ctl("ledger", "snapshot", "--check", int(newest.name[5:], 16), ok=(1,))
    assert failed["result"] == "ERR_HASH", failed
    venue.prove()
    venue.remove()


need_cpus(2)
main(both_starts_are_one, what_happens_to_the_writer_happens_to_it_alone)
