#!/usr/bin/env python3
"""A short market day by the demo: a few participants, some quarter-hours, a clock that runs fast.
Energy and money are conserved, everything becomes final, and whoever has the ledger sees it."""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

from appliance import main, need_cpus

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PARTICIPANTS, FIRST, QUARTERS = 24, 44, 6

MARKET = 0xfffffff4  # the account through which contracts are paid
FINAL = 11           # of enum bb_course_state


def tree(build, folder):
    """The demo finds programs in BUILD/bin, where ./setup links them; so does the test."""
    (folder / "bin").mkdir()
    for path in ("ctl/busbard", "ctl/busbarctl", "bench/busbar-gen"):
        (folder / "bin" / pathlib.Path(path).name).symlink_to(pathlib.Path(build).resolve() / path)
    return folder


def events_of(build, venue):
    shown = subprocess.run([f"{build}/ctl/busbarctl", "-C", venue, "-j", "ledger", "show",
                            "--inputs"], stdout=subprocess.PIPE, text=True, check=True).stdout
    blocks = json.loads(shown)["blocks"]
    return [event for block in blocks for entry in block["inputs"] for event in entry["events"]]


def energy_is_conserved(events):
    """Of each interval: what zones sell and do not buy is what flows out over their lines."""
    bought, sold, flowed = (collections.Counter() for _ in range(3))
    for event in events:
        quarter = event.get("product", 0) & 0xffffff
        if event["event"] == "SHARED":
            (bought if event["side"] == "buy" else sold)[quarter] += event["quantity_wh"]
        flowed[quarter] += event["quantity_wh"] if event["event"] == "FLOWED" else 0
    assert bought == sold and sum(bought.values()) > 0, (bought, sold)
    return sum(flowed.values())


def money_is_conserved(events, told):
    """Every posting takes from one account what it gives to another; contracts cancel out."""
    balance = collections.Counter()
    market = collections.Counter()
    for event in events:
        if event["event"] != "POSTED":
            continue
        balance[event["participant"]] -= event["amount"]
        balance[event["counterparty"]] += event["amount"]
        if event["participant"] == MARKET:
            market[event["product"] & 0xffffff] -= event["amount"]
        if event["counterparty"] == MARKET:
            market[event["product"] & 0xffffff] += event["amount"]
    assert sum(balance.values()) == 0
    assert market and not any(market.values()), market
    deposits = sum(e["amount"] for e in events if e["event"] == "TRANSFERRED")
    participants = sum(amount for account, amount in balance.items() if account < 0xfffffff0)
    assert told["money"]["participants"] == deposits + participants, told["money"]
    assert told["money"]["bank"] == -deposits, told["money"]
    assert told["sum"] == 0
    before = told["money_before_rebate"]
    assert sum(before.values()) == 0 and before["fund"] > 0, before
    fund = 0xfffffff3
    shares = [e["amount"] for e in events
              if e["event"] == "POSTED" and e["posting"] == 6 and e["participant"] == fund]
    assert len(shares) == told["shared"] > 0, told["shared"]
    assert sum(shares) == before["fund"] - told["money"]["fund"], (before, told["money"])
    assert told["money"]["rent"] == 0, told["money"]


def a_short_day_is_conserved_and_final(build):
    with tempfile.TemporaryDirectory(prefix="busbar-day-") as temporary:
        folder = pathlib.Path(temporary)
        done = subprocess.run(
            [sys.executable, ROOT / "bench" / "demo.py", "--build", tree(build, folder),
             "--participants", str(PARTICIPANTS), "--first", str(FIRST), "--quarters",
             str(QUARTERS), "--folder", folder / "venue", "-j"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        log = folder / "venue" / "busbard.log"
        assert done.returncode == 0, (done.stdout[-2000:] + done.stderr[-2000:]
                                      + (log.read_text()[-1000:] if log.exists() else ""))
        told = json.loads(done.stdout)
        assert (told["wrong"], told["verify"], told["replay"]) == ([], "ok", "ok"), told
        assert told["final"] == QUARTERS
        assert told["readings"] == PARTICIPANTS * QUARTERS, told["readings"]
        assert "the venue's time is not the machine's" in log.read_text()

        events = events_of(build, folder / "venue")
        ended = [e["product"] & 0xffffff for e in events
                 if e["event"] == "STATE" and e["to"] == FINAL]
        assert len(ended) == len(set(ended)) == QUARTERS, ended
        flowed_wh = energy_is_conserved(events)
        money_is_conserved(events, told)
        moved = [e for e in events if e["event"] == "REPUTED"
                 and e["before_ppm"] != e["reputation_ppm"]]
        assert {e["reputation_ppm"] > e["before_ppm"] for e in moved} == {True, False}
        print(f"{told['trades']} trades, {told['auctions']} auctions, {told['contracts']} "
              f"contracts, {flowed_wh} Wh over lines, {len(moved)} reputations moved")


need_cpus(2)
main(a_short_day_is_conserved_and_final)
