#!/usr/bin/env python3
"""kill -9 under load: no answered packet is missing afterwards, none is applied twice.

BUSBAR_KILLS sets how often (default 10), BUSBAR_SEED when.
"""
import os
import random
import time

from appliance import Appliance, check_against_ledger, main, need_cpus, read_answers

KILLS = int(os.environ.get("BUSBAR_KILLS", "10"))
SEED = int(os.environ.get("BUSBAR_SEED", "1"))


def nothing_answered_is_lost(build):
    chance = random.Random(SEED)
    print(f"seed {SEED}, {KILLS} kills", flush=True)
    venue = Appliance(build, seed=SEED).init().start().fill()
    answers = venue.folder / "answers.txt"
    gen = venue.gen_start("--answers", answers, "--rate", 300, "--rounds", 1000000,
                          "--duration", 10 + 3 * KILLS)
    for kill in range(KILLS):
        time.sleep(0.2 + chance.random())
        venue.kill()
        known = len(read_answers(answers))
        venue.start()
        print(f"kill {kill + 1}: {known} answered before, height "
              f"{venue.ctl('status')['height']} after", flush=True)
    time.sleep(2)
    gen.terminate()
    gen.communicate(timeout=60)
    venue.stop()
    venue.prove()
    found = read_answers(answers)
    assert len(found) > 10 * KILLS, f"only {len(found)} answers: no load"
    check_against_ledger(venue, found)
    venue.remove()


def a_clock_that_was_ahead_is_told(build):
    venue = Appliance(build, seed=SEED).init()
    plain = venue.config.read_text()
    ahead = time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(time.time() + 7200))
    venue.config.write_text(plain + f"[time]\nstart = {ahead}\nspeed = 1\n")
    venue.start().fill()
    venue.stop()
    assert "ahead of this machine's clock" not in venue.log.read_text()
    venue.config.write_text(plain)
    venue.start()
    assert "s ahead of this machine's clock: set the clock right" in venue.log.read_text()
    venue.stop()
    venue.prove()
    venue.remove()


need_cpus(2)
main(nothing_answered_is_lost, a_clock_that_was_ahead_is_told)
