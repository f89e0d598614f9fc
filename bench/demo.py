#!/usr/bin/env python3
"""demo - a community lives through a market day on a real appliance; then its ledger is proven.

Makes a venue of three zones in a temporary folder, starts busbard and, as a second process,
busbar-gen; a real DPDK port (net_memif) is the wire between them.  The venue's clock runs
fast, so that a day passes in half a minute: trading ahead, auctions, gate closures, delivery,
meter readings, settlement, finality.  Needs no root, no hugepages, no network card.

The tables are added up from the ledger alone, and must be what the appliance says.  The last
line of standard output is one JSON object; -j leaves out all before it.
"""
import argparse
import datetime
import json
import pathlib
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # what lies beside this file stays as it is

import demo_ledger
from demo_venue import ZONES, Failed, Venue, cpus, start_of

DAY = "2025-06-11"
AHEAD_H = 12  # the venue's clock starts so many hours before the first delivery
FEW = 5       # best and worst reputations that are shown

quiet = False


def say(text=""):
    if not quiet:
        print(text, flush=True)


def day_quarter(day):
    date = datetime.datetime.fromisoformat(f"{day}T00:00+00:00")
    return int(date.timestamp()) // 900


def rows(pairs):
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        say(f"  {name:<{width}}  {value}")


def units(nano):
    """Nano-currency as currency, with thousandths."""
    return f"{nano / 1e9:>16,.3f}"


def show_prices(day, first, count):
    """The mean of an hour's closing prices; a dot where nothing traded in it."""
    say("\nprices of the last auction, currency a MWh, mean of each hour (UTC)\n")
    say("  hour  " + "".join(f"{name:>10}" for name in ZONES.values()))
    for begin in range(first - first % 4, first + count, 4):
        cells = []
        for zone in ZONES:
            found = [day.price[q, zone] for q in range(begin, begin + 4) if (q, zone) in day.price]
            cells.append(f"{sum(found) / len(found) / 1000:10.2f}" if found else f"{'.':>10}")
        say(f"    {begin // 4 % 24:02d}  " + "".join(cells))


def show_money(before, money, shared):
    say("\nmoney by account, currency units: when all was final, and after the rebate\n")
    rows([(name, units(before[name]) + units(amount)) for name, amount in money.items()]
         + [("sum", units(sum(before.values())) + units(sum(money.values())))])
    say(f"\n  the fund's penalties went back to {len(shared):,} participants, by what they were "
        f"metered;\n  what lines earned by congestion went to the grid company")


def show_reputations(day, kinds):
    say("\nreputations, in millionths, of who ended best and worst\n")
    ranked = sorted(day.reputation.items(), key=lambda item: (-item[1][1], item[0]))
    shown = ranked if len(ranked) <= 2 * FEW else ranked[:FEW] + ranked[-FEW:]
    rows([(f"participant {who} ({kinds.get(who, '?')})", f"{before:,} -> {after:,}")
          for who, (before, after) in shown])


def show_counts(day, sent, verified, replayed, seconds):
    say()
    traders = sent["participants"]
    rows([("participants", f"{traders:,}, of which {traders - len(untraded(day, sent)):,} traded"),
          ("orders", f"{day.events['accepted'] + day.events['replaced']:,}"),
          ("trades", f"{day.events['traded']:,}, {day.traded_wh / 1e6:,.3f} MWh"),
          ("auctions", f"{day.auctions:,}, {day.auctioned_wh / 1e6:,.3f} MWh, in "
                       f"{day.events['contracted']:,} contracts; no price in {day.uncleared:,} "
                       f"of {day.events['priced']:,} zones"),
          ("readings", f"{day.events['metered']:,}, of which {day.substituted:,} substituted"),
          ("postings", f"{day.events['posted']:,}"),
          ("settled", f"{len(day.settled)} quarter-hours"),
          ("packets", f"{sent['packets']:,} sent, {sent['answered']:,} answered, "
                      f"{sum(sent['refused'].values()):,} refused, {sent['lost']:,} lost"),
          ("refused orders", ", ".join(f"{name} {count:,}"
                                       for name, count in day.refused.items()) or "none"),
          ("latency", f"p50 {sent['latency_p50_us']:,.0f} us, p99 "
                      f"{sent['latency_p99_us']:,.0f} us, from first sending to durable answer"),
          ("day", f"{seconds:.1f} s"),
          ("blocks", f"{verified['blocks']:,}, {verified['inputs']:,} inputs"),
          ("state root", verified["state_root"]),
          ("verify", verified["result"]), ("replay", replayed["result"])])


def untraded(day, sent):
    return [who for who in range(2, 2 + sent["participants"]) if who not in day.traders]


def period_of(day):
    """A period in days that ends after all of the day is final, not before; and that end."""
    next_day = day_quarter(day) // 96 + 1
    days = next(days for days in range(2, 9) if next_day % days != 0)
    return days, (next_day // days + 1) * days * 96


def check(day, before, accounts, members, first, count):
    """What must hold, by the ledger and by the appliance; each failure is a line."""
    wrong = []
    said = {a["account"]: a["balance"] for a in accounts if a["balance"] != 0}
    if said != {account: amount for account, amount in day.balance.items() if amount != 0}:
        wrong.append("the ledger's postings and the appliance's balances differ")
    given = before["fund"] - day.balance[demo_ledger.FUND]
    if sum(day.shared) != given or given < 0:
        wrong.append(f"the fund gave {given}, participants got {sum(day.shared)}")
    if sum(said.values()) != 0:
        wrong.append(f"all accounts together are {sum(said.values())}, not 0")
    if any(a["locked"] != 0 for a in accounts):
        wrong.append("escrow is locked though everything is final")
    states = [day.states.get(q) for q in range(first, first + count)]
    if states.count(demo_ledger.FINAL) != count:
        wrong.append(f"{count - states.count(demo_ledger.FINAL)} quarter-hours are not final")
    if len(day.settled) != count:
        wrong.append(f"{len(day.settled)} of {count} quarter-hours were settled")
    told = {m["participant"]: m["reputation"] for m in members}
    if any(told[who] != after for who, (_, after) in day.reputation.items()):
        wrong.append("the ledger's reputations and the appliance's differ")
    if day.traded_wh == 0 or day.auctioned_wh == 0:
        wrong.append("nothing traded, either in the continuous phase or in the auctions")
    return wrong


def live(venue, options, first):
    """Lets the day pass; returns what busbar-gen counted and what the appliance says then."""
    began = time.monotonic()
    start = start_of(first - 4 * AHEAD_H)
    venue.set_clock(start, 1)  # nobody hurries while all are registered
    say(f"venue      {venue.folder}")
    say(f"appliance  {venue.start()}")
    venue.register()
    period_days, period_end = period_of(options.day)
    venue.open_market(first, options.quarters, period_days)
    say(f"community  {venue.participants} participants in {len(ZONES)} zones, "
        f"{options.quarters} quarter-hours of {options.day}, open after "
        f"{time.monotonic() - began:.1f} s")
    venue.stop()

    venue.set_clock(start, options.speed)
    venue.start()
    say(f"clock      {options.speed:,} times as fast as ours")
    began = time.monotonic()
    generator = venue.start_day(cpus()[0], options.speed, options.day,
                                first - day_quarter(options.day), options.quarters)
    try:
        printed, _ = generator.communicate(timeout=600)
    finally:
        generator.kill()
    if generator.returncode != 0:
        raise Failed(f"busbar-gen ended with {generator.returncode}: {printed}")
    sent = json.loads(printed.splitlines()[-1])
    venue.wait_for(first, options.quarters, ("FINAL",), 120)
    seconds = time.monotonic() - began
    before = venue.accounts()
    say(f"clock      goes on where a period of {period_days} days ends, for the rebate")
    venue.end_period(period_end)
    seen = venue.ctl("status"), before, venue.rows("accounts"), venue.rows("members")
    venue.stop()
    return sent, seconds, seen


def kinds_of(members):
    """What each participant sells, if anything, tells enough of who it is."""
    sources = {0: "sun, or only buys", 2: "biogas", 3: "battery"}
    return {m["participant"]: f"{ZONES.get(m['zone'], m['zone'])}, "
                              f"{sources.get(m['source'], '?')}" for m in members}


def demo(venue, options):
    first = day_quarter(options.day) + options.first
    venue.make(512)
    sent, seconds, (status, before, accounts, members) = live(venue, options, first)

    say("verifying the whole ledger, then replaying it, then adding up its events")
    verified = venue.ctl("ledger", "verify")
    replayed = venue.ctl("ledger", "replay")
    shown = venue.ctl("ledger", "show", status["height"])["blocks"][0]
    if shown["state_root"] != status["state_root"]:
        raise Failed("the ledger on disk is not what the appliance said")
    if verified["state_root"] != replayed["state_root"]:
        raise Failed("verify and replay came to different states")
    day = demo_ledger.read(venue, verified["height"])
    money = demo_ledger.money(day)
    idle = untraded(day, sent)

    show_prices(day, first, options.quarters)
    show_money(before, money, day.shared)
    show_reputations(day, kinds_of(members))
    show_counts(day, sent, verified, replayed, seconds)
    if idle:
        say(f"\n{len(idle)} did not trade: {', '.join(map(str, idle[:20]))}"
            f"{' ...' if len(idle) > 20 else ''}")
    wrong = check(day, before, accounts, members, first, options.quarters)
    say(f"\nfiles are in {venue.folder} (ledger/, busbard.log, keys); remove it when done\n")
    summary = {
        "schema": "busbar.demo/2", "participants": sent["participants"],
        "participants_traded": sent["participants"] - len(idle),
        "quarters": options.quarters, "settled": len(day.settled),
        "final": list(day.states.values()).count(demo_ledger.FINAL),
        "orders": day.events["accepted"] + day.events["replaced"],
        "trades": day.events["traded"], "traded_wh": day.traded_wh,
        "auctions": day.auctions, "auctioned_wh": day.auctioned_wh,
        "contracts": day.events["contracted"], "readings": day.events["metered"],
        "substituted": day.substituted, "refused": dict(day.refused),
        "prices": {f"{zone}:{quarter}": price
                   for (quarter, zone), price in sorted(day.price.items())},
        "money_before_rebate": before, "shared": len(day.shared), "money": money,
        "sum": sum(money.values()),
        "reputation": {str(who): after for who, (_, after) in sorted(day.reputation.items())},
        "blocks": verified["blocks"], "state_root": verified["state_root"],
        "seconds": round(seconds, 1), "verify": verified["result"],
        "replay": replayed["result"], "wrong": wrong}
    if options.json:
        print(json.dumps(summary), flush=True)
    if wrong:
        raise Failed("; ".join(wrong))


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", type=pathlib.Path)
    parser.add_argument("--participants", default=1000, type=int)
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--day", default=DAY, help="of delivery (%(default)s)")
    parser.add_argument("--first", default=0, type=int, help="first quarter-hour (0)")
    parser.add_argument("--quarters", default=96, type=int, help="so many from there (96)")
    parser.add_argument("--speed", default=3600, type=int,
                        help="of the venue's clock: an hour passes in 3600/SPEED s (3600); "
                             "on a slow machine, less")
    parser.add_argument("--folder", type=pathlib.Path, help="default: a new temporary one")
    parser.add_argument("-j", "--json", action="store_true", help="only the JSON line")
    options = parser.parse_args()
    if not (0 <= options.first < 96 and 1 <= options.quarters <= 96 - options.first):
        parser.error("--first and --quarters go beyond the day's 96 quarter-hours")
    if not 3 <= options.participants <= 10000 or not 1 <= options.speed <= 86400:
        parser.error("--participants is 3 to 10000, --speed 1 to 86400")
    return options


def main():
    global quiet
    options = read_arguments()
    quiet = options.json
    if cpus() is None:
        print("demo: two CPUs are needed, one for the appliance and one for the community",
              file=sys.stderr)
        return 1
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="busbar-demo-")) / "venue"
    venue = Venue(options.build.resolve(), folder, options.participants, options.seed)
    try:
        demo(venue, options)
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
