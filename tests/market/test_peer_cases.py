#!/usr/bin/env python3
"""Cases that nobody here wrote: numbers from other engines' tests and from papers, and a day
of the Italian market (peer-cases/README.md says whence).

usage: test_peer_cases.py BUSBARCTL LIBRARY [FOLDER]    LIBRARY is market/ as a shared object

Every case is a passing test or is listed with the reason why our rule is another one.  FOLDER
stands for peer-cases/: other cases of the same form, and every italy-*.tsv.gz in it.
"""
import collections
import ctypes as c
import fractions
import gzip
import json
import pathlib
import subprocess
import sys

from test_oracle import Party, Posting, Rules

HERE = pathlib.Path(__file__).parent / "peer-cases"
BUSBARCTL, LIBRARY = sys.argv[1:3]
FOLDER = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else HERE
BAND = [-2**40, 2**40]  # wider than any price of a peer, so that it never sets one
UNLIMITED = 2**50

EXACT = {"call-uniform", "call-uniform-gridlabd", "call-uniform-highest-ask",
         "competitive-equilibrium", "zonal-uniform", "max-welfare", "max-volume"}

# Where the peer's rule is not ours.  A case of these with the equilibrium derived is still
# cleared and compared with that; only what the peer expects is not.
REASONS = {
    "call-pay-as-bid": "each pair has its own price there; here a zone has one",
    "allocation-at-given-clearing":
        "first come, first served at a quantity from outside; here the margin is shared pro rata",
    "validate-proposed-match":
        "nobody proposes matches here; what bb_certify_pairs refuses of ours is tested with it",
    "truthful-huang": "trade reduction: truthful, but it gives up the last trade",
    "truthful-muda-one-side": "truthful by splitting the market in two; gives up trades",
    "block-auction": "an auction has no blocks: with them there need not be a uniform price",
    "profile-block-auction": "an auction has no blocks, over hours neither",
    "several": "results of several mechanisms, none of which is a uniform price over lines",
    "imbalance-price": "the grid operator publishes imbalance prices; none is computed",
    "settle-on-actuals-fifo": "contracts are paid in full, and what was not delivered is bought",
    "deviation-penalty": "one deviation a participant, over the sum of its contracts; the peer "
                         "compares the whole reading with each",
}
# Single cases whose peer expects what is no equilibrium.
LEAVES_GAINS = "the peer leaves gains from trade; compared with the equilibrium alone"
NO_EQUILIBRIUM = {
    "gsy-pac-rec-m1": LEAVES_GAINS, "gsy-pac-rec-m2": LEAVES_GAINS,
    "assume-pac-short": LEAVES_GAINS,
    "simply-pac-energy": "the peer's price lies outside the equilibrium interval",
    "pymarket-volume-0": "the largest volume of any compatible pairs costs welfare, and no "
                         "uniform price supports it",
}
NO_GAIN = {"simply-best-4"}  # the seller's limit and the fee are just the buyer's limit


def clear(orders, zones=("A",), lines=(), k_milli=500):
    book = {"schema": "busbar.book/1", "k_milli": k_milli, "kappa": 0, "price_band": BAND,
            "zones": list(zones), "lines": list(lines), "orders": orders}
    done = subprocess.run([BUSBARCTL, "-j", "market", "clear", "-"], input=json.dumps(book),
                          capture_output=True, text=True)
    answer = json.loads(done.stdout)
    if done.returncode:
        return done.returncode, answer
    assert answer["certificate"] == "ok"
    return 0, answer


def cleared(*args, **more):
    code, answer = clear(*args, **more)
    assert code == 0, answer
    return answer


def orders_of(case, zone=lambda order: order.get("zone")):
    """A negative quantity is the other side in GridLAB-D; here it is refused."""
    rows = []
    for o in case["orders"]:
        side, quantity = o["side"], o["qty"]
        if quantity < 0:
            side, quantity = {"buy": "sell", "sell": "buy"}[side], -quantity
        row = dict(id=o["id"], side=side, price=o["price"], qty=quantity, owner=o["owner"])
        rows.append(row | ({"zone": zone(o)} if zone(o) is not None else {}))
    return rows


def check_refuses_negative(case):
    rows = [dict(id=o["id"], side=o["side"], price=o["price"], qty=o["qty"], owner=o["owner"])
            for o in case["orders"]]
    at = next(i for i, o in enumerate(rows) if o["qty"] < 0)
    code, answer = clear(rows)
    assert code == 2 and f"orders[{at}].qty" in answer["text"], answer


def check_one_zone(case):
    """quantity = max, price within the interval; and what the peer says, where it can be."""
    derived, expect = case["derived"], case["expect"]
    answer = cleared(orders_of(case))
    zone = answer["zones"]["A"]
    lo, hi = derived["price_lo"], derived["price_hi"]
    assert answer["quantity"] == derived["max_qty"], answer
    assert answer["welfare"] == derived["max_welfare"], answer
    assert zone["lo"] == (BAND[0] if lo is None else lo), zone
    assert zone["hi"] == (BAND[1] if hi is None else hi), zone
    if answer["quantity"]:
        assert zone["lo"] <= zone["price"] <= zone["hi"]
    else:
        assert zone["price"] is None
    if any(o["qty"] < 0 for o in case["orders"]):
        check_refuses_negative(case)
    if derived.get("peer_qty_is_maximal") and "clearing_qty" in expect:
        assert answer["quantity"] == expect["clearing_qty"]
    if derived.get("peer_price_in_equilibrium_interval") and expect.get("clearing_price"):
        assert zone["lo"] <= expect["clearing_price"] <= zone["hi"]


def check_zones(case):
    lines = [{"from": l["from_zone"], "to": l["to_zone"], "cap": l["cap"],
              "cap_reverse": l["cap_reverse"], "fee": l["fee"]} for l in case["lines"]]
    answer = cleared(orders_of(case), case["zones"], lines)
    derived = case["derived"]
    for name in case["zones"]:
        zone = answer["zones"][name]
        assert (zone["lo"], zone["hi"]) == (derived["price_lo"][name],
                                            derived["price_hi"][name]), zone
        assert zone["lo"] <= zone["price"] <= zone["hi"]
        assert zone["lo"] <= case["expect"]["zone_price"][name] <= zone["hi"]
    flows = {f"{l['from']}>{l['to']}": flow for l, flow in zip(lines, answer["flows"])}
    assert flows == derived["flow"], flows


def peer_quantity(case):
    expect = case["expect"]
    return expect["total_qty"] if "total_qty" in expect else sum(t["qty"]
                                                                 for t in expect["trades"])


def check_fee_of_every_pair(case):
    """A fee that no pair escapes is the same as sells that are dearer by it."""
    fee = case["context"]["network_fee_every_pair"] * case["price_scale"]
    orders = [o | {"price": o["price"] + fee * (o["side"] == "sell")} for o in orders_of(case)]
    answer = cleared(orders)
    assert answer["quantity"] == peer_quantity(case), answer
    price = case["expect"].get("clearing_price")  # the peer's buyers pay it
    if price is not None:
        zone = answer["zones"]["A"]
        assert zone["lo"] <= price <= zone["hi"], answer


def check_fee_matrix(case):
    """Clusters are zones; the peer's trades are ours wherever it expects them all."""
    fees = case["context"]["fee_matrix"]
    lines = [{"from": key[0], "to": key[2], "cap": UNLIMITED, "cap_reverse": 0,
              "fee": fee * case["price_scale"]} for key, fee in fees.items() if key[0] != key[2]]
    zones = sorted({key[0] for key in fees})
    answer = cleared(orders_of(case, lambda o: str(o["cluster"])), zones, lines)
    if case["id"] in NO_GAIN:
        assert answer["quantity"] == 0 and answer["welfare"] == 0
        return "what would gain nothing between zones is not moved here"
    assert answer["quantity"] == peer_quantity(case), answer
    if "trades" not in case["expect"]:
        return None
    pairs = {(p["sell"], p["buy"], p["qty"]) for p in answer["pairs"]}
    assert pairs == {(t["sell"], t["buy"], t["qty"]) for t in case["expect"]["trades"]}, answer
    cluster = {o["id"]: str(o["cluster"]) for o in case["orders"]}
    for trade in case["expect"]["trades"]:
        zone = answer["zones"][cluster[trade["buy"]]]
        assert zone["lo"] <= trade["price"] <= zone["hi"], (trade, zone)
    return None


def check_fee_path(case, cases):
    """A fee a market on the way: a chain of zones, priced from the seller's limit (as offer)
    or from the buyer's (as bid).  Returns why not, where our fees are others."""
    if "pct" in case["id"]:
        return "fees are an amount a Wh here, never a share of the price"
    by_id = {other["id"]: other for other in cases}
    context = by_id["gsy-fee-const-pay-as-offer"]["context"]
    cents = lambda text: int(fractions.Fraction(text) * 100)
    expect = case["expect"]
    if "market_trade_price" in expect:
        wanted = {zone: cents(text) for zone, text in expect["market_trade_price"].items()}
    else:
        wanted = {zone.replace("Neighborhood", "Neighbourhood"): int(fractions.Fraction(
            row["price"])) for zone, row in expect["clear_price_and_fee_ct_per_kWh"].items()}
    path = context["path"]
    lines = [{"from": a, "to": b, "cap": 1000, "cap_reverse": 0,
              "fee": cents(context["const_fee"][b])} for a, b in zip(path, path[1:])]
    orders = [dict(id="pv", side="sell", price=cents(context["offer_rate"]), qty=1000,
                   owner="pv", zone=path[0]),
              dict(id="load", side="buy", price=30, qty=1000, owner="load", zone=path[-1])]
    answer = cleared(orders, path, lines)
    bound = "lo" if case["id"].endswith(("as-offer", "one-sided")) else "hi"
    assert {zone: row[bound] for zone, row in answer["zones"].items()} == wanted, answer
    pair, = answer["pairs"]
    assert pair["price_buy"] - pair["price_sell"] == sum(line["fee"] for line in lines)
    return None


def check_imbalance(case):
    """PowerTAC's price rule makes the published prices; the postings are ours."""
    context = case["context"]
    if "up_orders" in context:
        return "balancing energy is no auction here: imbalance prices are published"
    exact = lambda key: fractions.Fraction(str(context.get(key, 0)))
    deviations = {who: fractions.Fraction(str(text))
                  for who, text in context["imbalance_kWh"].items()}
    net = sum(deviations.values())
    short, long = exact("pplus"), -exact("pminus")
    if net < 0:
        short = long = short + exact("pplus_slope") * -net
    elif net > 0:
        short = long = long + exact("pminus_slope") * net
    whole = lambda value, scale: int(value * scale) if (value * scale).denominator == 1 else None
    parties = (Party * len(deviations))(*[
        Party(i + 1, metered=whole(deviations[who], 1000))
        for i, who in enumerate(sorted(deviations))])
    rules = Rules(whole(long, 10**6), whole(short, 10**6), 0, 0, 0, 0, False)
    postings = (Posting * (3 * len(parties)))()
    count = library.bb_settle(c.byref(rules), None, 0, parties, len(parties), postings)
    for i, who in enumerate(sorted(deviations)):
        balance = sum(p.amount * ((p.credit == i + 1) - (p.debit == i + 1))
                      for p in postings[:count])
        assert balance == fractions.Fraction(str(case["expect"]["charge"][who])) * 10**9, who
    return None


def check(case, cases):
    """Returns why what the peer expects is not compared, or None: it is."""
    mechanism = case["mechanism"]
    if case.get("derived"):
        (check_zones if "zones" in case else check_one_zone)(case)
    if mechanism in EXACT:
        assert case.get("derived"), "nothing to compare with"
        return NO_EQUILIBRIUM.get(case["id"])
    if mechanism.endswith("-with-fee"):
        check_fee_of_every_pair(case)
    elif mechanism == "zonal-with-fee-matrix":
        return check_fee_matrix(case)
    elif mechanism == "network-fee-path":
        return check_fee_path(case, cases)
    elif mechanism == "imbalance-settlement":
        return check_imbalance(case)
    elif mechanism == "partial-fill":
        answer = cleared(orders_of(case))
        left = {o["id"]: o["qty"] - answer["fills"][o["id"]] for o in case["orders"]}
        assert all(left[i] == q for i, q in case["expect"]["remaining"].items())
    else:
        return REASONS.get(mechanism) or REASONS[mechanism.removesuffix("-with-fee")]
    return None


def check_cases():
    others = collections.defaultdict(list)
    counts = collections.Counter()
    for path in sorted(FOLDER.glob("*.json")):
        cases = json.loads(path.read_text())["cases"]
        if all(case["mechanism"] == "continuous-book" for case in cases):
            continue  # test_book_cases.py runs them
        for case in cases:
            try:
                reason = check(case, cases)
            except Exception:
                print(f"{path.name}: {case['id']} ({case['mechanism']}) fails", flush=True)
                raise
            counts["cases"] += 1
            counts["exact"] += case["mechanism"] in EXACT
            counts["derived"] += bool(case.get("derived"))
            if reason:
                others[case["mechanism"], reason].append(case["id"])
    print(f"{counts['cases']} cases: {counts['exact']} of mechanisms that an exact auction must "
          f"satisfy, {counts['derived']} against their equilibrium; the peer's own answer is "
          f"another one by rule in {sum(map(len, others.values()))}:")
    for (mechanism, reason), ids in sorted(others.items()):
        print(f"  {mechanism}: {reason}\n    {' '.join(ids)}")


def hours_of(path):
    hour = None
    with gzip.open(path, "rt") as lines:
        for line in lines:
            kind, *fields = line.rstrip("\n").split("\t")
            if kind == "H":
                if hour:
                    yield hour
                hour = collections.defaultdict(list, name=" hour ".join(fields))
            elif hour is not None:
                hour[kind].append(fields)
    yield hour


def check_italy(path):
    """Published prices against our intervals; national borders at their published volumes."""
    zone_hours = points = equal = 0
    exceptions = []
    for hour in hours_of(path):
        zones = [zone for zone, _ in hour["X"]]
        orders = []
        add = lambda side, zone, price, quantity: orders.append(
            dict(id=len(orders), side=side, price=int(price), qty=int(quantity),
                 owner=len(orders), zone=zone))
        for kind, side in (("S", "sell"), ("B", "buy")):
            for zone, price, quantity in hour[kind]:
                add(side, zone, price, quantity)
        for zone, export in hour["X"]:
            if int(export):
                add("buy" if int(export) > 0 else "sell", zone, BAND[int(export) > 0],
                    abs(int(export)))
        lines = [{"from": a, "to": b, "cap": int(there), "cap_reverse": int(back), "fee": 0}
                 for a, b, there, back in hour["L"]]
        answer = cleared(orders, zones, lines)
        for zone, price in hour["P"]:
            row = answer["zones"][zone]
            zone_hours += 1
            inside = row["lo"] <= int(price) <= row["hi"]
            points += row["lo"] == row["hi"]
            equal += row["lo"] == row["hi"] == int(price)
            if not inside:
                exceptions.append(f"{hour['name']} {zone}: {price} not within "
                                  f"[{row['lo']}, {row['hi']}]")
    print(f"{path.name}: {zone_hours} zone-hours, {zone_hours - len(exceptions)} published prices "
          f"within our interval; {equal} of {points} equal where it is a point")
    for exception in exceptions:
        print(f"  {exception}")
    assert zone_hours and not exceptions


library = c.CDLL(LIBRARY)
library.bb_settle.restype = c.c_uint64

if __name__ == "__main__":
    check_cases()
    for path in sorted(FOLDER.glob("italy-*.tsv.gz")):
        check_italy(path)
