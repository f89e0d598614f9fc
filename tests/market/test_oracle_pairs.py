#!/usr/bin/env python3
"""Pairs and sources of energy in C against the oracle: contracts of random auctions, and
zones whose buys do not accept everything.

usage: test_oracle_pairs.py LIBRARY [BOOKS [FIRST_SEED]]    as test_oracle.py
"""
import ctypes as c

import oracle
from test_oracle import (PRICE_MAX, PRICE_MIN, Auction, Claim, Clearing, Curve, Line, Order, Side,
                         Step, random_book, run, struct)

PairingOrder = struct("PairingOrder", ("terms", Side), ("order", c.c_uint64),
                      ("filled", c.c_uint64), ("left", c.c_uint64), ("node", c.c_uint32),
                      ("feeder", c.c_uint32), ("side", c.c_uint32), ("index", c.c_uint32))
PairingRules = struct("PairingRules", ("weights", c.c_uint16 * 6), ("loss_max", c.c_uint32),
                      ("losses", c.POINTER(c.c_uint32)), ("feeders", c.c_uint32),
                      ("closeness", c.c_bool))
Bucket = struct("Bucket", ("quantity", c.c_uint64), ("fee", c.c_int64), ("source", c.c_uint32),
                ("sink", c.c_uint32))
Pair = struct("Pair", ("quantity", c.c_uint64), ("price_sell", c.c_int64),
              ("price_buy", c.c_int64), ("fee", c.c_int64), ("sell_left", c.c_uint64),
              ("buy_left", c.c_uint64), ("degree", c.c_int32), ("sell", c.c_uint32),
              ("buy", c.c_uint32), ("bucket", c.c_uint32), ("product_sell", c.c_uint32),
              ("product_buy", c.c_uint32))
Candidate = struct("Candidate", ("surplus", c.c_int64), ("rest", c.c_uint32 * 4))
Row = struct("Row", ("best", c.c_uint64), ("rest", c.c_uint32 * 4))
Place = struct("Place", ("price", c.c_int64), ("inverse", c.c_uint64), ("rest", c.c_uint32 * 3))
Pairing = struct("Pairing", ("numbers", c.POINTER(c.c_uint64)), ("rows", c.POINTER(Row)),
                 ("places", c.POINTER(Place)), ("pairs", c.POINTER(Pair)),
                 ("candidates_max", c.c_uint32),
                 ("pair_count", c.c_uint32), ("bucket_count", c.c_uint32), ("buckets", Bucket * 384),
                 ("left", c.c_uint64 * 384), ("surplus_max", c.c_uint64), ("window", c.c_uint32),
                 ("quick", c.c_bool),
                 ("first", c.c_uint32 * 128), ("end", c.c_uint32 * 128))
OriginOrder = struct("OriginOrder", ("zone", c.c_uint32), ("side", c.c_uint32),
                     ("node", c.c_uint32), ("accept", c.c_uint16), ("source", c.c_uint8))
OriginNode = struct("OriginNode", ("zone", c.c_uint32), ("side", c.c_uint32),
                    ("sources", c.c_uint16), ("part", c.c_bool))
Origin = struct("Origin", ("nodes", c.c_uint32), ("line_count", c.c_uint32), ("parts", c.c_bool),
                ("node", OriginNode * 64), ("lines", Line * 256))
First = struct("First", ("candidates", c.POINTER(Candidate)), ("pairs", c.POINTER(Pair)),
               ("pair_count", c.c_uint32), ("surplus_max", c.c_uint64))
CANDIDATES = (Candidate * (1 << 19))()
NUMBERS, ROWS = (c.c_uint64 * (1 << 19))(), (Row * (1 << 19))()
PAIR, TWICE, SUM, PRICE, PATH, PRODUCT, LEFT = range(11, 18)
FEEDERS = 2


def add_attributes(chance, orders):
    owners = chance.choice([3, 40])
    for order in orders:
        order.update(owner=chance.randint(1, owners), src=chance.randint(0, 3),
                     accept=chance.choice([15, 15, chance.randint(0, 15)]),
                     prefer=chance.randint(0, 15), rmin=chance.choice([0, 0, 500000]),
                     feeder=chance.randrange(FEEDERS))


def rank_pairs(zones, lines, orders, cleared, fills, weights, largest_loss, losses, closeness):
    """Stage 2 of docs/market.md with all pairs ranked at once: {(sell, buy, bucket): row}."""
    paths = oracle.flow_paths(zones, lines, cleared)
    buckets = []
    for z in zones:
        sold = sum(fills[o["id"]] for o in orders if o["side"] == "S" and o["zone"] == z)
        local = sold - sum(p["q"] for p in paths if p["src"] == z)
        if local:
            buckets.append(dict(src=z, dst=z, q=local, fee=0))
    buckets += paths
    filled = [o for o in orders if fills[o["id"]]]

    def degree(sell, buy, fee, largest):
        loss = losses[sell["feeder"] * FEEDERS + buy["feeder"]]
        return oracle.md(sell, buy, fee, dict(zip("PQTDGR", weights)),
                         dict(smax=largest, lmax=largest_loss, loss=lambda s, b: loss,
                              closeness=closeness))[0]

    pairs = [(k, s, b, b["p"] - s["p"] - bucket["fee"]) for k, bucket in enumerate(buckets)
             for s in filled if s["side"] == "S" and s["zone"] == bucket["src"]
             for b in filled if b["side"] == "B" and b["zone"] == bucket["dst"]]
    largest = max([gain for k, s, b, gain in pairs if degree(s, b, buckets[k]["fee"], 0) >= 0],
                  default=0)
    ranked = sorted((-degree(s, b, buckets[k]["fee"], largest), -gain, -s["rep"], s["seq"],
                     b["seq"], k) for k, s, b, gain in pairs)
    left = {o["seq"]: fills[o["id"]] for o in filled}
    room = [bucket["q"] for bucket in buckets]
    made = {}
    for degree_, _, _, sell, buy, k in ranked:
        amount = min(left[sell], left[buy], room[k])
        if amount:
            left[sell] -= amount
            left[buy] -= amount
            room[k] -= amount
            made[sell, buy, k] = (amount, -degree_, buckets[k]["fee"])
    assert not any(left.values()) and not any(room)
    return made, largest, degree


def check_pairing(library, chance):
    zones, lines, orders = random_book(chance)
    add_attributes(chance, orders)
    plain = chance.random() < 0.5  # so that check_contracts can compare pair by pair
    if plain:
        lines = [(*line[:4], 0) for line in lines]
        for order in orders:
            order.update(owner=order["id"], accept=15, rmin=0)
    result, array, certify = library.clear(zones, lines, orders)
    assert certify() == 0
    cleared = oracle.clear_zonal(zones, lines, orders)
    fills = {orders[o.index]["id"]: o.filled for o in array[:len(orders)]}
    weights = [chance.randint(1, 40) for _ in range(6)]
    largest_loss = chance.choice([0, 50000])
    losses = [0 if plain else chance.choice([0, chance.randint(0, 60000)])
              for _ in range(FEEDERS ** 2)]
    closeness = chance.random() < 0.25
    wanted, largest, degree = rank_pairs(zones, lines, orders, cleared, fills, weights,
                                         largest_loss, losses, closeness)

    count = len(orders)
    given = list(orders)
    chance.shuffle(given)  # the pairs may not depend on the order of the array
    paired = paired_orders(orders, given, fills)
    places, pairs = (Place * (count + 1))(), (Pair * (count + 384))()
    pairing = Pairing(NUMBERS, ROWS, places, pairs)
    rules = PairingRules((c.c_uint16 * 6)(*weights), largest_loss,
                         (c.c_uint32 * len(losses))(*losses), FEEDERS, closeness)
    auction = Auction(len(zones), len(lines), None,
                      (Line * (len(lines) + 1))(*[Line(*line) for line in lines]),
                      PRICE_MIN, PRICE_MAX, 500,
                      (c.c_uint32 * len(zones))(*[7000 + z for z in zones]))
    library.c.bb_pairing_make(c.byref(pairing), c.byref(rules), c.byref(auction),
                              c.byref(result), paired, count)
    sums = (c.c_uint64 * (count + 1))()
    certify_pairs = lambda: library.c.bb_certify_pairs(c.byref(auction), c.byref(result),
                                                       c.byref(pairing), paired, count, sums)
    made = pairs[:pairing.pair_count]
    assert {(p.sell, p.buy, p.bucket): (p.quantity, p.degree, p.fee) for p in made} == wanted
    for p in made:
        assert p.price_sell == cleared["mid"][orders[p.sell]["zone"]]
        assert p.price_buy == cleared["mid"][orders[p.buy]["zone"]]
        for order, left, product in ((orders[p.sell], p.sell_left, p.product_sell),
                                     (orders[p.buy], p.buy_left, p.product_buy)):
            assert left == order["q"] - fills[order["id"]] and product == 7000 + order["zone"]
    assert certify_pairs() == 0
    check_contracts(zones, lines, orders, cleared, made, largest, degree)
    check_tampering(chance, pairing, made, certify_pairs)


def paired_orders(orders, given, fills):
    return (PairingOrder * (len(orders) + 1))(*[
        PairingOrder(Side(o["p"], o["q"], o["owner"], o["rep"], o["rmin"], o["accept"],
                          o["prefer"], o["src"], None, 0), o["seq"], fills[o["id"]], 0,
                     o["zone"], o["feeder"], int(o["side"] == "S"), o["id"]) for o in given])


def check_degree_first(library, chance):
    """Matching degree first, in either meaning of its price part."""
    _, _, orders = random_book(chance)
    add_attributes(chance, orders)
    weights = [chance.randint(1, 40) for _ in range(6)]
    losses = [chance.randint(0, 60000) for _ in range(FEEDERS ** 2)]
    closeness = chance.random() < 0.5
    loss = lambda s, b: losses[s["feeder"] * FEEDERS + b["feeder"]]
    wanted = oracle.md_first(orders, dict(zip("PQTDGR", weights)),
                             dict(lmax=50000, loss=loss, closeness=closeness))
    given = list(orders)
    chance.shuffle(given)
    paired = paired_orders(orders, given, dict.fromkeys(range(len(orders)), 0))
    pairs = (Pair * (len(orders) + 1))()
    first = First(CANDIDATES, pairs)
    rules = PairingRules((c.c_uint16 * 6)(*weights), 50000,
                         (c.c_uint32 * len(losses))(*losses), FEEDERS, closeness)
    library.c.bb_degree_first_make.restype = c.c_bool
    assert library.c.bb_degree_first_make(c.byref(first), c.byref(rules), paired, len(orders))
    made = pairs[:first.pair_count]
    got = {(p.sell, p.buy): (p.quantity, p.price_sell, p.degree) for p in made}
    assert got == wanted and len(made) == len(wanted)
    for o in paired[:len(orders)]:
        assert o.filled == sum(q for pair, (q, *_) in wanted.items() if o.index in pair)


def check_contracts(zones, lines, orders, cleared, made, largest, degree):
    """Quantities of each order as the oracle's own contracts; where no line has a fee its
    score can hold all of our rank, so the contracts are the same ones."""
    def score(sell, buy):
        own = degree(sell, buy, 0, largest)
        return -1 if own < 0 else ((own << 64) + buy["p"] - sell["p"] << 20) + sell["rep"]

    _, contracts = oracle.zonal_contracts(zones, lines, orders, cleared, score)
    total = lambda rows, side: {o["id"]: sum(q for *ids, q in rows if ids[side] == o["id"])
                                for o in orders}
    ours = [(p.sell, p.buy, p.quantity) for p in made]
    theirs = [(k["seller"], k["buyer"], k["q"]) for k in contracts]
    assert total(ours, 0) == total(theirs, 0) and total(ours, 1) == total(theirs, 1)
    # The oracle takes vetoed pairs by acceptance alone.
    if all(line[4] == 0 for line in lines) and all(p.degree >= 0 for p in made):
        assert sorted(ours) == sorted(theirs)


def check_tampering(chance, pairing, made, certify_pairs):
    """One thing changed, anywhere: the certificate of the pairs must not hold."""
    if not made:
        return
    at = chance.randrange(len(made))
    pair = made[at]
    for field, value, wanted in (
            ("quantity", pair.quantity + 1, {SUM}), ("quantity", pair.quantity - 1, {SUM, PAIR}),
            ("quantity", 2 ** 64 - 1, {SUM}), ("price_sell", pair.price_sell - 1, {PRICE}),
            ("price_buy", pair.price_buy + 1, {PRICE}), ("sell", pair.buy, {PAIR}),
            ("buy", 1 << 30, {PAIR}), ("bucket", 1 << 20, {PATH}), ("fee", pair.fee + 1, {PATH}),
            ("product_sell", 6999, {PRODUCT}), ("product_buy", 0, {PRODUCT}),
            ("sell_left", pair.sell_left + 1, {LEFT}), ("buy_left", 2 ** 64 - 1, {LEFT})):
        before = getattr(pair, field)
        setattr(pair, field, value)
        answer = certify_pairs()
        assert answer in wanted, (field, answer)
        setattr(pair, field, before)
    if len(made) > 1:
        pairing.pair_count -= 1
        assert certify_pairs() == SUM
        pairing.pair_count += 1
        other = made[at - 1 if at else at + 1]
        before = bytes(pair)
        c.memmove(c.byref(pair), bytes(other), c.sizeof(Pair))  # one pair, twice
        assert certify_pairs() in (TWICE, SUM)
        c.memmove(c.byref(pair), before, c.sizeof(Pair))
    assert certify_pairs() == 0


def clear_with_sources(library, zones, lines, orders):
    """As Library.clear, by way of the nodes of market/bb_origin.h."""
    count = len(orders)
    places = (OriginOrder * (count + 1))(*[
        OriginOrder(o["zone"], int(o["side"] == "S"), 0, o["accept"], o["src"]) for o in orders])
    origin, wrong = Origin(), c.c_uint32()
    answer = library.c.bb_origin_make(
        c.byref(origin), len(zones), (Line * (len(lines) + 1))(*[Line(*l) for l in lines]),
        len(lines), places, count, c.byref(wrong))
    if answer:
        return answer, wrong.value
    array = (Order * (count + 1))(*[
        Order(o["seq"], o["p"], o["q"], 0, places[i].node, i, o["rep"], i, int(o["side"] == "S"))
        for i, o in enumerate(orders)])
    steps, curves = (Step * (count + 1))(), (Curve * 64)()
    auction = Auction(origin.nodes, origin.line_count, curves, origin.lines, PRICE_MIN, PRICE_MAX,
                      500)
    # The copy that ctypes would make of an array is no pointer to it.
    auction.lines = c.cast(c.byref(origin, Origin.lines.offset), c.POINTER(Line))
    library.c.bb_origin_refine(c.byref(origin), c.byref(auction), array, count)
    library.c.bb_call_curves(array, count, origin.nodes, steps, curves)
    assert library.c.bb_clearing_valid(c.byref(auction))
    result, claims = Clearing(), (Claim * (count + 1))()
    library.c.bb_clear(c.byref(auction), c.byref(result))
    library.c.bb_call_fill(array, count, curves, c.byref(result), claims)
    library.c.bb_origin_coarsen(c.byref(origin), c.byref(auction), array, count, c.byref(result))
    assert (auction.price_min, auction.price_max) == (PRICE_MIN, PRICE_MAX)
    assert library.c.bb_certify(c.byref(auction), c.byref(result), array, count) == 0
    return 0, (result, array, places)


def check_sources(library, chance):
    """One node for every source and every mask, as the oracle clears them, against the fewer
    nodes of C: intervals inside its own, the same welfare, no volume left at the margin."""
    zones, lines, orders = random_book(chance)
    add_attributes(chance, orders)
    for order in orders:
        order["accept"] = chance.randint(0, 15)
    zones, lines = zones[:chance.choice([1, 2])], []
    orders = [o for o in orders if o["zone"] in zones]
    answer, found = clear_with_sources(library, zones, lines, orders)
    assert answer == 0
    result, array, places = found

    half_steps = []
    for o in orders:
        sell = o["side"] == "S"
        half_steps.append(dict(o, p=2 * o["p"] + (not sell),
                               zone=(o["zone"], "S", o["src"]) if sell else
                               (o["zone"], "B", o["accept"])))
    whole = [dict(o, p=o["p"] >> 1) for o in half_steps]
    nodes = sorted({o["zone"] for o in whole})
    arcs = [(s, b, 1 << 60, 0, 0) for s in nodes for b in nodes
            if s[:2] == (b[0], "S") and b[1] == "B" and b[2] >> s[2] & 1]
    wanted = oracle.clear_zonal(nodes, arcs, whole)
    most = oracle.clear_zonal(nodes, arcs, half_steps)
    fills, _ = oracle.zonal_contracts(nodes, arcs, whole, wanted, lambda s, b: 0)
    fills_most, _ = oracle.zonal_contracts(nodes, arcs, half_steps, most, lambda s, b: 0)
    ours = {orders[o.index]["id"]: o.filled for o in array[:len(orders)]}
    welfare = lambda fill: sum(o["p"] * fill[o["id"]] * (1 if o["side"] == "B" else -1)
                               for o in orders)
    volume = lambda fill: sum(fill[o["id"]] for o in orders if o["side"] == "S")
    assert welfare(ours) == welfare(fills) == welfare(fills_most)
    assert volume(ours) == volume(fills_most) >= volume(fills)
    for o, place in zip(whole, places):
        node = result.nodes[place.node]
        # Sources that the same buys accept have one price in C, so its interval is narrower.
        assert wanted["lo"][o["zone"]] <= node.lo <= node.hi <= wanted["hi"][o["zone"]]


def check_joined(library, chance):
    """Where lines join zones, either everybody accepts all that is sold or it is refused."""
    zones, lines, orders = random_book(chance)
    add_attributes(chance, orders)
    joined = {z: {z} for z in zones}
    for u, v, there, back, _ in lines:
        if there or back:
            both = joined[u] | joined[v]
            for z in both:
                joined[z] = both
    sold = {z: {o["src"] for o in orders if o["side"] == "S" and o["zone"] in joined[z]}
            for z in zones}
    wrong = [i for i, o in enumerate(orders) if o["side"] == "B" and len(joined[o["zone"]]) > 1
             and not all(o["accept"] >> s & 1 for s in sold[o["zone"]])]
    answer, found = clear_with_sources(library, zones, lines, orders)
    assert answer == (1 if wrong else 0)
    if wrong:
        assert found == wrong[0]


if __name__ == "__main__":
    run((check_pairing, check_degree_first, check_sources, check_joined), 1000,
        "pairs, sources and certificates")
