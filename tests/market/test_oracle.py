#!/usr/bin/env python3
"""The C code of auctions, settlement, reputation and matching degree against the oracle.

usage: test_oracle.py LIBRARY [BOOKS [FIRST_SEED]]    LIBRARY is market/ as a shared object
"""
import ctypes as c
import random
import sys

import oracle

PRICE_MIN, PRICE_MAX = -(1 << 30), 1 << 30


def struct(name, *fields):
    return type(name, (c.Structure,), {"_fields_": list(fields)})


Step = struct("Step", ("price", c.c_int64), ("sell", c.c_uint64), ("buy", c.c_uint64))
Curve = struct("Curve", ("steps", c.POINTER(Step)), ("count", c.c_uint32))
Line = struct("Line", ("source", c.c_uint32), ("sink", c.c_uint32), ("capacity", c.c_uint64),
              ("reverse", c.c_uint64), ("fee", c.c_int64))
Auction = struct("Auction", ("nodes", c.c_uint32), ("line_count", c.c_uint32),
                 ("curves", c.POINTER(Curve)), ("lines", c.POINTER(Line)),
                 ("price_min", c.c_int64), ("price_max", c.c_int64), ("k_milli", c.c_uint32),
                 ("products", c.POINTER(c.c_uint32)))
Mark = struct("Mark", ("step", c.c_uint32), ("used", c.c_uint64))
Node = struct("Node", ("lo", c.c_int64), ("hi", c.c_int64), ("price", c.c_int64),
              ("demand", c.c_uint64), ("served", c.c_uint64), ("mark", Mark))
Clearing = struct("Clearing", ("nodes", Node * 64), ("flow", c.c_int64 * 256),
                  ("moves", c.c_uint64))
Order = struct("Order", ("order", c.c_uint64), ("price", c.c_int64), ("quantity", c.c_uint64),
               ("filled", c.c_uint64), ("node", c.c_uint32), ("owner", c.c_uint32),
               ("reputation", c.c_uint32), ("index", c.c_uint32), ("side", c.c_uint32))
Claim = struct("Claim", ("quantity", c.c_uint64), ("order", c.c_uint64), ("given", c.c_uint64),
               ("remainder", c.c_uint64), ("reputation", c.c_uint32), ("index", c.c_uint32))
Contract = struct("Contract", ("seller", c.c_uint32), ("buyer", c.c_uint32),
                  ("quantity", c.c_uint32), ("price_seller", c.c_int32),
                  ("price_buyer", c.c_int32), ("fee", c.c_int32), ("injection", c.c_int32),
                  ("use", c.c_int32))
Party = struct("Party", ("account", c.c_uint32), ("has_zone_price", c.c_bool),
               ("zone_price", c.c_int32), ("curtailed", c.c_uint32), ("metered", c.c_int64),
               ("contracted", c.c_int64), ("deviation", c.c_int64), ("excess", c.c_uint64),
               ("money", c.c_uint64 * 2))
Rules = struct("Rules", ("price_long", c.c_int32), ("price_short", c.c_int32),
               ("price_reference", c.c_int32), ("tolerance_ppm", c.c_uint32),
               ("tolerance_wh", c.c_uint32), ("penalty_ppm", c.c_uint32),
               ("only_aggravating", c.c_bool), ("on_actuals", c.c_bool))
Posting = struct("Posting", ("debit", c.c_uint32), ("credit", c.c_uint32), ("amount", c.c_int64),
                 ("kind", c.c_uint32))
Reputation = struct("Reputation", ("up", c.c_uint32), ("down", c.c_uint32),
                    ("quantity_min", c.c_uint32), ("quantity_ref", c.c_uint32),
                    ("floor", c.c_uint32))
Side = struct("Side", ("price", c.c_int64), ("quantity", c.c_uint64), ("owner", c.c_uint32),
              ("reputation", c.c_uint32), ("reputation_min", c.c_uint32), ("accept", c.c_uint16),
              ("prefer", c.c_uint16), ("source", c.c_uint8), ("profile", c.c_void_p),
              ("profile_count", c.c_uint32))
Context = struct("Context", ("weights", c.c_uint16 * 6), ("surplus_max", c.c_uint64),
                 ("fee", c.c_int64), ("loss", c.c_uint32), ("loss_max", c.c_uint32),
                 ("closeness", c.c_bool))
KINDS = {"energy": 0, "netfee": 1, "congestion": 2, "imbalance": 3, "nogain": 4, "penalty": 5,
         "injection": 7, "use": 8}
ACCOUNTS = {"GRID": 0xfffffff0, "DSO": 0xfffffff1, "RENT": 0xfffffff2, "FUND": 0xfffffff3}


def random_book(chance):
    zones = list(range(chance.randint(1, 6)))
    lines = []
    if len(zones) > 1:
        for _ in range(chance.randint(0, 2 * len(zones))):
            lines.append((*chance.sample(zones, 2), chance.choice([0, chance.randint(1, 3000)]),
                          chance.randint(0, 3000), chance.choice([0, 0, chance.randint(1, 20)])))
    span = chance.choice([3, 20, 1000, 5000000])
    orders = [dict(id=i, side=chance.choice("SB"), p=chance.randint(-span, span),
                   q=chance.randint(1, chance.choice([3, 2000, 4000000000])),
                   zone=chance.choice(zones), seq=i,
                   rep=chance.choice([500000, chance.randint(0, 1000000)]))
              for i in range(chance.randint(0, 40))]
    return zones, lines, orders


class Library:
    def __init__(self, path):
        self.c = c.CDLL(path)
        self.c.bb_clearing_valid.restype = c.c_bool
        self.c.bb_settle.restype = c.c_uint64
        self.c.bb_settlement_net.restype = c.c_bool
        self.c.bb_settlement_net.argtypes = [c.c_void_p, c.c_uint64, c.c_uint32, c.c_void_p]
        self.c.bb_reputation_after.restype = c.c_uint32
        self.c.bb_reputation_after.argtypes = [c.c_void_p, c.c_uint32, c.c_uint64, c.c_uint64]

    def clear(self, zones, lines, orders):
        count = len(orders)
        array = (Order * (count + 1))(*[
            Order(o["seq"], o["p"], o["q"], 0, o["zone"], i, o["rep"], i, int(o["side"] == "S"))
            for i, o in enumerate(orders)])
        steps, curves = (Step * (count + 1))(), (Curve * len(zones))()
        self.c.bb_call_curves(array, count, len(zones), steps, curves)
        auction = Auction(len(zones), len(lines), curves,
                          (Line * (len(lines) + 1))(*[Line(*line) for line in lines]),
                          PRICE_MIN, PRICE_MAX, 500)
        assert self.c.bb_clearing_valid(c.byref(auction))
        result, claims = Clearing(), (Claim * (count + 1))()
        self.c.bb_clear(c.byref(auction), c.byref(result))
        self.c.bb_call_fill(array, count, curves, c.byref(result), claims)
        certify = lambda: self.c.bb_certify(c.byref(auction), c.byref(result), array, count)
        return result, array, certify


def check_auction(library, chance):
    zones, lines, orders = random_book(chance)
    result, array, certify = library.clear(zones, lines, orders)
    wanted = oracle.clear_zonal(zones, lines, orders)
    for z in zones:
        node = result.nodes[z]
        assert (node.lo, node.hi, node.price, node.served) == (
            wanted["lo"][z], wanted["hi"][z], wanted["mid"][z], wanted["used"][z])
    assert list(result.flow[:len(lines)]) == wanted["flow"]
    fills, _ = oracle.zonal_contracts(zones, lines, orders, wanted, lambda s, b: 0)
    for order in array[:len(orders)]:
        assert order.filled == fills[orders[order.index]["id"]]
    assert certify() == 0
    check_tampering(chance, zones, lines, orders, result, array, certify)


def check_tampering(chance, zones, lines, orders, result, array, certify):
    """One thing changed, anywhere: the certificate must not hold."""
    def refused(thing, field, value):
        before = getattr(thing, field)
        setattr(thing, field, value)
        answer = certify()
        setattr(thing, field, before)
        assert answer != 0, (field, value)

    if orders:
        order = array[chance.randrange(len(orders))]
        refused(order, "filled", order.quantity + 1)
        refused(order, "filled", order.filled + 1)
        if order.filled > 0:
            refused(order, "filled", order.filled - 1)
        refused(order, "node", len(zones))
    zone = result.nodes[chance.choice(zones)]
    refused(zone, "price", zone.price + 1)
    if lines:
        at = chance.randrange(len(lines))
        before = result.flow[at]
        result.flow[at] = lines[at][2] + 1
        assert certify() != 0
        result.flow[at] = before


def check_settlement(library, chance):
    count = chance.randint(2, 8)
    contracts = []
    for _ in range(chance.randint(0, 10)):
        seller, buyer = chance.sample(range(1, count + 1), 2)
        price, fee, rent = chance.randint(-10**6, 10**6), chance.randint(0, 9), chance.randint(0, 9)
        contracts.append(dict(seller=seller, buyer=buyer, q=chance.randint(1, 10**6), p_s=price,
                              p_b=price + fee + rent, fee=fee,
                              gamma=chance.choice([0, chance.randint(0, 10**7)]),
                              phi=chance.choice([0, chance.randint(0, 10**7)])))
    meter = {n: chance.randint(-10**6, 10**6) for n in range(1, count + 1)}
    rules = dict(tau_ppm=chance.randint(0, 10**6), t_abs=chance.randint(0, 100),
                 p_long=chance.randint(-10**5, 10**5), p_short=chance.randint(-10**5, 10**6),
                 pen_ppm=chance.randint(0, 10**6), p_ref=chance.randint(0, 10**5),
                 only_aggravating=chance.random() < 0.5, actuals=chance.random() < 0.5,
                 pz={n: chance.randint(-10**6, 10**6) for n in meter if chance.random() < 0.5})
    wanted = oracle.settle(contracts, meter, rules)

    parties = (Party * count)(*[Party(n, n in rules["pz"], rules["pz"].get(n, 0), 0, meter[n])
                                for n in sorted(meter)])
    array = (Contract * (len(contracts) + 1))(*[
        Contract(k["seller"] - 1, k["buyer"] - 1, k["q"], k["p_s"], k["p_b"], k["fee"], k["gamma"],
                 k["phi"])
        for k in contracts])
    postings = (Posting * (5 * len(contracts) + 3 * count))()
    got = library.c.bb_settle(
        c.byref(Rules(rules["p_long"], rules["p_short"], rules["p_ref"], rules["tau_ppm"],
                      rules["t_abs"], rules["pen_ppm"], rules["only_aggravating"],
                      rules["actuals"])),
        array, len(contracts), parties, count, postings)
    account = lambda name: ACCOUNTS.get(name, name)
    assert [(p.debit, p.credit, p.amount, p.kind) for p in postings[:got]] == [
        (account(debit), account(credit), amount, KINDS[kind])
        for debit, credit, amount, kind in wanted["post"]]
    check_netting(library, count, postings, got, wanted["bal"])
    check_gains(contracts, meter, rules, wanted)
    for party in parties:
        assert party.excess == wanted["excess"][party.account]
        assert party.deviation == wanted["D"][party.account]
        check_reputation(library, chance, abs(party.contracted), party.excess)


def check_gains(contracts, meter, rules, settled):
    """A deviation is never worth more than at the zone's price; on actuals never less than else."""
    def worth(of, n):
        return sum((amount if credit == n else -amount) for debit, credit, amount, kind in of["post"]
                   if n in (debit, credit) and kind in ("imbalance", "nogain"))
    firm = oracle.settle(contracts, meter, dict(rules, actuals=False))
    for n in meter:
        assert worth(settled, n) >= worth(firm, n)
        if n in rules["pz"]:
            assert worth(settled, n) <= rules["pz"][n] * settled["D"][n]


def check_netting(library, count, postings, posting_count, balances):
    """One change an account, 128 bits each, and nothing from nowhere."""
    changes = (c.c_uint64 * (2 * (1 + count + len(ACCOUNTS))))()
    assert library.c.bb_settlement_net(postings, posting_count, count, changes)
    signed = lambda low, high: (low | high << 64) - (high >> 63 << 128)
    got = [signed(changes[2 * i], changes[2 * i + 1]) for i in range(1 + count + len(ACCOUNTS))]
    names = [0, *range(1, count + 1), *ACCOUNTS]
    assert got == [balances.get(name, 0) for name in names] and sum(got) == 0


def check_reputation(library, chance, contracted, excess):
    rules = dict(q_min=chance.randint(1, 500), a_up=chance.randint(0, 65536),
                 a_dn=chance.randint(0, 65536), e_ref=chance.randint(1, 5000), r_floor=50000)
    before = chance.randint(50000, 1000000)
    got = library.c.bb_reputation_after(
        c.byref(Reputation(rules["a_up"], rules["a_dn"], rules["q_min"], rules["e_ref"], 50000)),
        before, contracted, excess)
    assert got == oracle.rep_update(before, contracted, excess, rules)


def check_degree(library, chance):
    def side():
        return dict(p=chance.randint(-1000, 1000), q=chance.randint(1, 10**9),
                    owner=chance.randint(0, 9), rep=chance.randint(0, 10**6),
                    rmin=chance.choice([0, chance.randint(0, 10**6)]), src=chance.randint(0, 7),
                    accept=chance.randint(0, 255) | chance.choice([0, 255]),
                    prefer=chance.randint(0, 255))
    sell, buy = side(), side()
    fee, loss, most = chance.randint(0, 50), chance.randint(0, 60000), chance.randint(0, 60000)
    weights = [chance.randint(0, 65535) for _ in range(5)] + [chance.randint(1, 65535)]
    largest = chance.choice([0, chance.randint(0, 3000)])
    closeness = chance.random() < 0.5
    wanted, _ = oracle.md(sell, buy, fee, dict(zip("PQTDGR", weights)),
                          dict(smax=largest, lmax=most, loss=lambda s, b: loss,
                               closeness=closeness))
    make = lambda o: Side(o["p"], o["q"], o["owner"], o["rep"], o["rmin"], o["accept"],
                          o["prefer"], o["src"], None, 0)
    got = library.c.bb_degree(c.byref(make(sell)), c.byref(make(buy)),
                              c.byref(Context((c.c_uint16 * 6)(*weights), largest, fee, loss,
                                              most, closeness)), None)
    assert got == wanted, (got, wanted)


def run(checks, books, agree):
    """Holds LIBRARY to checks on BOOKS random books from FIRST_SEED, both of which may be given;
    whoever differs is told with its seed."""
    library = Library(sys.argv[1])
    books = int(sys.argv[2]) if len(sys.argv) > 2 else books
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    oracle.PMIN, oracle.PMAX = PRICE_MIN, PRICE_MAX
    for seed in range(first, first + books):
        for check in checks:
            try:
                check(library, random.Random(seed))
            except AssertionError:
                print(f"{check.__name__} differs with seed {seed}", flush=True)
                raise
    print(f"seeds {first} to {first + books - 1}: {agree} agree")


if __name__ == "__main__":
    run((check_auction, check_settlement, check_degree), 2000, "auctions, settlements and degrees")
