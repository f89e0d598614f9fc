#!/usr/bin/env python3
"""Cases of continuous books that nobody here wrote: numbers from other engines' tests
(peer-cases/README.md says whence), through the market that the appliance runs.

usage: test_book_cases.py BOOK_WORDS [FILE]    FILE stands for peer-cases/continuous.json

Every case holds, or is listed with the reason why our rule is another one; then it must differ.
Where a peer lets a trader meet itself, the orders are entered twice: as the peer has them, which
is refused here, and with an owner for each side, which must give what the peer expects.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

FILE = pathlib.Path(__file__).parent / "peer-cases" / "continuous.json"
BAND = {"buy": 262143, "sell": 0}  # the price of an order that has none
TYPES = {"gtc": "new", "market": "ioc"}  # what has no name of its own here

QUANTITY = "an order has at most 4,000,000,000 Wh"
AON = "all-or-none never rests here: it would stand across prices that others trade at"
MARKET = "no order without a limit rests here: market-to-limit takes a price when it comes, " \
         "immediate-or-cancel goes"
STOP = "no stop orders: an order that comes by itself when a price is seen can be driven by " \
       "whoever moves that price; who watches prices sends orders"
TOTAL = "a replace gives what is left to trade, never the total with what was traded: the sender " \
        "need not guess what trades in between"
NOTHING = "a replace to nothing is refused: that is a cancel"
CROSSED = "books never cross here, so there is nothing to match by hand"

REASONS = {
    "exchange-core-add": QUANTITY,
    "cpptrader-aon-full": AON, "cpptrader-aon-partial": AON, "cpptrader-aon-complex": AON,
    "cpptrader-stop": STOP, "cpptrader-stop-limit": STOP,
    "cpptrader-mitigation": TOTAL, "cpptrader-manual": CROSSED,
    "liquibook-market-bid-rests": MARKET, "liquibook-market-ask-rests": MARKET,
    "liquibook-market-bids-rest": MARKET,
    "liquibook-replace-to-nothing": NOTHING,
    "liquibook-aon-bid-rests": AON, "liquibook-aon-asks-rest": AON,
    "liquibook-aon-ask-rests": AON,
}


class Differs(Exception):
    """The market did something else than the peer expects."""


class Market:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


def want(what, found, wanted):
    if found != wanted:
        raise Differs(f"{what}: {found}, expected {wanted}")


class Case:
    """One case on its way through the market."""

    def __init__(self, market, by_side):
        self.market = market
        self.by_side = by_side
        self.owners = {}
        self.owner_of = {}   # of an order
        self.trades = []     # of the whole case: resting id, price, quantity
        market.ask("reset")

    def participant(self, step):
        """A trader of the peer's, or one for each side where it names none."""
        if step["do"] == "new":
            name = step["side"] if self.by_side else step.get("owner", step["side"])
            self.owner_of[step["id"]] = name
        name = self.owner_of.get(step["id"], step.get("owner", "buy"))
        return self.owners.setdefault(name, 2 + len(self.owners))

    def line(self, step):
        who, number = self.participant(step), step["id"]
        if step["do"] == "cancel":
            return f"{who} cancel {number}"
        if step["do"] == "replace":
            return f"{who} replace {number} {step['price']} {step['qty']}"
        if step["do"] != "new":
            raise Differs(f"there is no {step['do']}")
        if step["qty"] > 4_000_000_000:
            raise Differs("the quantity is above what an order may have")
        kind = step.get("type", "gtc")
        price = BAND[step["side"]] if step["price"] is None else step["price"]
        shown = f" {step['shown']}" if "shown" in step else ""
        side = step["side"][0].upper()
        return f"{who} {TYPES.get(kind, kind)} {number} {side} {price} {step['qty']}{shown}"

    def enter(self, step):
        said = self.market.ask(self.line(step))
        trades = [(int(a), int(b), int(c)) for a, b, c in
                  re.findall(r" traded \d+/(\d+) at (-?\d+) (\d+) ", said)]
        refused = re.search(r" refused (\w+)", said)
        self.trades += trades
        # Refused here, or killed there: an order that must be whole and cannot leaves nothing.
        killed = step["do"] == "new" and refused and refused[1] == "ERR_UNFILLED"
        if not killed:
            want(said, bool(refused), step.get("refused", False))
        if "trades" in step:
            want(said, trades, [tuple(t) for t in step["trades"]])
        if "fills" in step:
            self.compare_fills(step, trades, said)
        for key in ("takes", "cancelled"):
            if key in step:
                left = re.search(r" cancelled [BS] -?\d+ (\d+)", said)
                want(said, left and int(left[1]), step[key])

    def compare_fills(self, step, trades, said):
        """What each order got, and for how much."""
        fills = collections.defaultdict(lambda: [0, 0])
        for resting, price, quantity in trades:
            for number in (resting, step["id"]):
                fills[str(number)][0] += quantity
                fills[str(number)][1] += quantity * price
        want(said, dict(fills), step["fills"])

    def book(self):
        """The book's two sides: price, quantity, orders."""
        sides = {"B": [], "S": []}
        side = None
        for word in self.market.ask("book").split():
            if word in sides:
                side = word
            else:
                sides[side].append([int(n) for n in re.fullmatch(r"(-?\d+)x(\d+)/(\d+)",
                                                                 word).groups()])
        return {"bids": sides["B"], "asks": sides["S"]}

    def compare_book(self, wanted):
        found = self.book()
        for side in ("bids", "asks"):
            if side in wanted:
                rows = found[side][:len(wanted[side])] if wanted.get("top") else found[side]
                want(f"book, {side}", rows, wanted[side])

    def compare_totals(self, wanted):
        found = self.book()
        rows = found["bids"], found["asks"]
        want("orders", [sum(row[2] for row in side) for side in rows], wanted["orders"])
        shown = wanted.get("visible", wanted.get("volume"))
        want("volume", [sum(row[1] for row in side) for side in rows], shown)

    def run(self, steps):
        for step in steps:
            if "book" in step:
                self.compare_book(step["book"])
            elif "totals" in step:
                self.compare_totals(step["totals"])
            elif "do" in step:
                self.enter(step)
            else:
                want("trades", self.trades, [tuple(t) for t in step["trades"]])


def meets_itself(steps):
    """Whether somebody has orders on both sides that trade with each other, as the peer has it."""
    sides = collections.defaultdict(set)
    for step in steps:
        if step.get("do") == "new" and "owner" in step:
            sides[step["owner"]].add(step["side"])
    return any("trades" in step and "do" not in step for step in steps) and \
        any(len(both) == 2 for both in sides.values())


def check(market, case, setups):
    """Returns why what the peer expects does not hold here, or None: it does."""
    reason = REASONS.get(case["id"])
    steps = setups.get(case.get("before"), []) + case["steps"]
    try:
        Case(market, by_side=False).run(steps)
    except Differs as differs:
        if reason:
            return reason
        if not meets_itself(steps) or "ERR_SELF_TRADE" not in str(differs):
            raise
        Case(market, by_side=True).run(steps)
        return "nobody trades with itself here; with an owner for each side it holds"
    assert not reason, "listed as another rule, but it holds"
    return None


def main():
    path = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else FILE
    document = json.loads(path.read_text())
    cases = document["cases"]
    market = Market(sys.argv[1])
    others = collections.defaultdict(list)
    for case in cases:
        try:
            reason = check(market, case, document["setups"])
        except Exception:
            print(f"{case['id']} fails", flush=True)
            raise
        if reason:
            others[reason].append(case["id"])
    market.close()
    unknown = set(REASONS) - {case["id"] for case in cases}
    assert not unknown or len(sys.argv) > 2, unknown
    differing = sum(map(len, others.values()))
    print(f"{len(cases)} cases: {len(cases) - differing} hold, {differing} by another rule:")
    for reason, ids in others.items():
        print(f"  {reason}\n    {' '.join(ids)}")
    assert len(cases) > differing


if __name__ == "__main__":
    main()
