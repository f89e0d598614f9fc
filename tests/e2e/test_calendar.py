#!/usr/bin/env python3
"""A market with a calendar: the operator, the grid company and the passing of time, each through
busbarctl and the ledger.  Products come by themselves; what was decided is decided again."""
import json
import time

from appliance import Appliance, main, need_cpus

OPENED = ("OPEN", "CALL")


def add(venue, number, *more):
    key = venue.folder / f"{number}.key"
    venue.ctl("key", "new", key)
    return key, venue.ctl("member", "add", number, "--key-file", f"{key}.pub", *more)


def wait(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.05)


def start_of(quarter):
    return time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(quarter * 900))


def time_moves_the_market(build):
    venue = Appliance(build, participants=15).init("--courses", 128, products=400,
                                                   orders=4096)
    venue.configure("mbufs = ", "tick_ms = 20\nmbufs = ")
    venue.start()

    # Nothing is due, so nothing is written.
    before = venue.ctl("status")
    time.sleep(1)
    after = venue.ctl("status")
    assert (after["counters"]["ticks"], after["number"]) == (0, before["number"]), after

    # Who is described is added with one command; only the grid role sends what is the grid's.
    _, answer = add(venue, 3, "--roles", "meter")
    assert answer["done"] == 1
    grid, _ = add(venue, 4, "--roles", "grid")
    _, answer = add(venue, 2, "--cap-in", 11000, "--cap-out", 4000, "--source", 2, "--escrow", 1,
                    "--metered-by", 3, "--order-max", 5000)
    assert (answer["asked"], answer["done"]) == (2, 2), answer
    venue.ctl("member", "set", 2, "--feeder", 7)  # what is not named stays
    member = [m for m in venue.ctl("member", "list")["members"] if m["participant"] == 2][0]
    assert (member["cap_in_wh"], member["cap_out_wh"], member["source"], member["escrow"],
            member["metered_by"], member["feeder"], member["order_wh_max"]) == (
                11000, 4000, 2, True, 3, 7, 5000), member
    refused = venue.ctl("grid", "line", 1, 1, 2, "--capacity", 5000, ok=(1,))
    assert refused["result"] == "ERR_ROLE", refused
    venue.ctl("grid", "line", 1, 1, 2, "--capacity", 5000, "--reverse", 4000, "--fee", "100",
              "--participant", 4, "--key", grid)
    assert venue.ctl("grid", "tariff", 9, "--injection", 1, "--use", 2, "--participant", 4,
                     "--key", grid, ok=(1,))["result"] == "ERR_LINE"  # no zone of the calendar

    # Money: in, out, never more than there is; all accounts together are zero.
    venue.ctl("account", "deposit", 2, 5000000000)
    venue.ctl("account", "withdraw", 2, 2000000000)
    assert venue.ctl("account", "withdraw", 2, 3000000001, ok=(1,))["result"] == "ERR_BALANCE"
    accounts = venue.ctl("account", "show")
    balance = {a["name"] or a["account"]: a["balance"] for a in accounts["accounts"]}
    assert (balance[2], balance["bank"], accounts["sum"]) == (3000000000, -3000000000, 0), accounts

    # The calendar begins, and ticks open what is to be open.
    rules = venue.ctl("param", "show")["rules"]
    venue.ctl("param", "set", "zones", "list=1,2")
    venue.ctl("grid", "tariff", 2, "--injection", 1200, "--use", 3400, "--participant", 4,
              "--key", grid)
    venue.ctl("param", "set", "CALENDAR", "days_ahead=1", "open_before_s=7200")
    assert venue.ctl("param", "show")["rules"] == dict(rules, days_ahead=1, open_before_s=7200)
    assert venue.ctl("param", "set", "CALENDAR", "days_ahead=41", ok=(2,))["result"] == "USAGE"
    quarter = int(time.time()) // 900 + 6
    product = f"1:{start_of(quarter)}"
    whole = f"0:{start_of(quarter)}"

    def state():
        return venue.ctl("product", "show", whole, ok=(0, 1)).get("course", {}).get("state")

    wait(lambda: state() in OPENED)
    shown = venue.ctl("product", "show", product)
    assert shown["listing"]["price_max"] == rules["price_max"], shown
    assert [z["zone"] for z in shown["course"]["zones"]] == [1, 2], shown
    assert shown["course"]["tariffs"] == [{"zone": 2, "injection": 1200, "use": 3400}], shown
    venue.ctl("product", "halt", whole)
    assert state() == "HALTED"
    venue.ctl("product", "resume", whole)
    assert state() in OPENED

    venue.ctl("member", "kill", 2)
    killed = [m["killed"] for m in venue.ctl("member", "list")["members"]
              if m["participant"] == 2]
    assert killed == [True], killed
    venue.ctl("member", "arm", 2)
    ticks = venue.ctl("status")["counters"]["ticks"]
    assert ticks >= 1

    # What the ledger says is the same market again, killed in between.
    venue.kill()
    venue.start()
    assert state() in OPENED
    again = venue.ctl("account", "show")
    assert again["accounts"] == accounts["accounts"], again
    venue.stop()
    verified, _ = venue.prove()
    shown = venue.run("busbarctl", "-C", venue.folder, "-j", "ledger", "show", "--inputs")
    types = [i["type"] for b in json.loads(shown)["blocks"] for i in b.get("inputs", [])
             if isinstance(i, dict)]
    assert types.count("tick") >= ticks, types
    print(f"{verified['inputs']} inputs, {types.count('tick')} of them ticks")
    venue.remove()


need_cpus(2)
main(time_moves_the_market)
