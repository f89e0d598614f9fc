#!/usr/bin/env python3
"""busbarctl market clear: the worked examples of docs/market.md as books, and books that
are wrong.

usage: test_clear.py BUSBARCTL
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

BUSBARCTL = sys.argv[1]
OK, USAGE = 0, 2


def run(text, *options):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "book.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return subprocess.run([BUSBARCTL, "market", "clear", str(path), *options],
                              capture_output=True, text=True)


def clear(book):
    done = run(json.dumps(book), "-j")
    assert done.returncode == OK, (done.stdout, done.stderr)
    assert done.stdout.count("\n") == 1
    answer = json.loads(done.stdout)
    assert list(answer) == ["schema", "quantity", "zones", "flows", "fills", "pairs", "welfare",
                            "certificate"]
    assert answer["schema"] == "busbar.clearing/1" and answer["certificate"] == "ok"
    check_sums(book, answer)
    tables = run(json.dumps(book))
    assert tables.returncode == OK and "certificate ok" in tables.stdout, tables.stderr
    return answer


def check_sums(book, answer):
    """What every result keeps: fills add up, and pairs to them."""
    fills, sums = answer["fills"], dict.fromkeys(answer["fills"], 0)
    side = {str(o["id"]): o["side"] for o in book["orders"]}
    for pair in answer["pairs"]:
        assert pair["qty"] > 0
        for name in (pair["sell"], pair["buy"]):
            if name != "MARKET":
                sums[name] += pair["qty"]
        assert side.get(pair["sell"], "sell") == "sell" and side.get(pair["buy"], "buy") == "buy"
    assert len({(p["sell"], p["buy"]) for p in answer["pairs"]}) == len(answer["pairs"])
    assert sums == fills
    for wanted in ("buy", "sell"):
        assert sum(q for i, q in fills.items() if side[i] == wanted) == answer["quantity"]
    assert sum(z["net_export"] for z in answer["zones"].values()) == 0


def make(*orders, zones=("A",), **more):
    """An order is written S1/80000x3000 with fields behind it; its owner is its name."""
    rows = []
    for order in orders:
        text, fields = (order, {}) if isinstance(order, str) else order
        name, rest = text.split("/")
        price, quantity = rest.split("x")
        rows.append({"id": name, "side": "sell" if name[0] == "S" else "buy",
                     "price": int(price), "qty": int(quantity), "owner": name, **fields})
    return {"schema": "busbar.book/1", "k_milli": 500, "kappa": 0,
            "price_band": [-5000000, 10000000], "zones": list(zones), **more, "orders": rows}


def prices(answer, zone="A"):
    return tuple(answer["zones"][zone][key] for key in ("lo", "hi", "price"))


def test_example_1_reputation():
    orders = [("S1/80000x3000", {"rep": 950000}), ("S2/75000x2000", {"rep": 700000}),
              ("S3/120000x2500", {"rep": 990000}), ("S4/150000x4000", {"rep": 900000}),
              "B1/200000x2500", "B2/160000x1500", "B3/90000x2500"]
    answer = clear(make(*orders))
    assert prices(answer) == (90000, 90000, 90000) and answer["quantity"] == 5000
    assert answer["fills"] == dict(S1=3000, S2=2000, S3=0, S4=0, B1=2500, B2=1500, B3=1000)
    assert answer["welfare"] == 440000000
    answer = clear(make(*orders, kappa=60000))
    assert prices(answer) == (93000, 93000, 93000) and answer["quantity"] == 4000
    assert answer["fills"] == dict(S1=3000, S2=1000, S3=0, S4=0, B1=2500, B2=1500, B3=0)
    assert answer["welfare"] == 425000000  # of limits as given: the handicap costs nobody


def test_example_2_pro_rata():
    answer = clear(make("S1/10x700", "S2/10x500", "S3/10x300", "B1/10x1000"))
    assert answer["fills"] == dict(S1=467, S2=333, S3=200, B1=1000)


def test_example_4_two_zones():
    orders = [(text, {"zone": zone}) for text, zone in (
        ("S1/60000x4000", "A"), ("B1/120000x1000", "A"), ("S2/140000x3000", "B"),
        ("B2/200000x2500", "B"), ("B3/100000x1000", "B"))]
    line = {"from": "A", "to": "B", "cap": 1500, "cap_reverse": 1500, "fee": 5000}
    answer = clear(make(*orders, zones="AB", lines=[line]))
    assert answer["flows"] == [1500] and answer["zones"]["A"]["net_export"] == 1500
    assert prices(answer) == (60000,) * 3 and prices(answer, "B") == (140000,) * 3
    assert [(p["sell"], p["buy"], p["qty"], p["price_sell"], p["price_buy"])
            for p in answer["pairs"]] == [("S1", "B1", 1000, 60000, 60000),
                                          ("S1", "B2", 1500, 60000, 140000),
                                          ("S2", "B2", 1000, 140000, 140000)]
    assert answer["welfare"] == 322500000
    answer = clear(make(*orders, zones="AB", lines=[line | {"cap": 5000}]))
    assert answer["flows"] == [3000] and answer["fills"]["B3"] == 500
    assert prices(answer)[2] == 95000 and prices(answer, "B")[2] == 100000


def test_example_7_interval():
    book = make(*[f"B{i}/{p}x1" for i, p in enumerate((9, 7, 5, 2))],
                *[f"S{i}/{p}x1" for i, p in enumerate((1, 3, 4, 6))])
    assert prices(clear(book)) == (4, 5, 4) and clear(book)["quantity"] == 3
    assert prices(clear(book | {"k_milli": 1000})) == (4, 5, 5)


def test_example_8_optimum():
    answer = clear(make("S1/40000x1000", "S2/150000x1000", "B1/160000x1000", "B2/100000x1000"))
    assert prices(answer) == (100000, 150000, 125000) and answer["welfare"] == 120000000


def test_example_9_green():
    for wanted, green, other in ((600, 90000, 90000), (1500, 130000, 100000)):
        answer = clear(make(("S1/90000x1000", {"source": 1}), ("S2/60000x1000", {"source": 0}),
                            (f"B1/130000x{wanted}", {"accept": 2}), "B2/100000x1200",
                            "B3/70000x500"))
        assert prices(answer)[2] == other
        classes = {(k["side"], k["sources"]): k["price"] for k in answer["zones"]["A"]["classes"]}
        assert classes == {("sell", 1): other, ("sell", 2): green, ("buy", 2): green,
                           ("buy", 3): other}
        assert all(p["sell"] == "S1" for p in answer["pairs"] if p["buy"] == "B1")


def match(book, *options):
    done = run(json.dumps(book), "-j", "--mode", "md-first", *options)
    assert done.returncode == OK, (done.stdout, done.stderr)
    answer = json.loads(done.stdout)
    assert list(answer) == ["schema", "mode", "quantity", "fills", "pairs", "welfare", "turnover",
                            "margin", "mean_degree"]
    assert answer["schema"] == "busbar.matching/1" and answer["mode"] == "md-first"
    for name, quantity in answer["fills"].items():
        assert quantity == sum(p["qty"] for p in answer["pairs"] if name in (p["sell"], p["buy"]))
    tables = run(json.dumps(book), "--mode", "md-first", *options)
    assert tables.returncode == OK and "no certificate" in tables.stdout, tables.stderr
    return answer


def test_example_8_by_degree_first():
    book = make("S1/40000x1000", "S2/150000x1000", "B1/160000x1000", "B2/100000x1000")
    answer = match(book, "--degree", "closeness")
    assert [(p["sell"], p["buy"], p["qty"], p["price"]) for p in answer["pairs"]] == [
        ("S1", "B2", 1000, 70000), ("S2", "B1", 1000, 155000)]
    assert (answer["quantity"], answer["welfare"]) == (2000, 70000000)
    assert (answer["turnover"], answer["margin"]) == (225000000, 35000000)
    answer = match(book)
    assert [(p["sell"], p["buy"], p["price"]) for p in answer["pairs"]] == [("S1", "B1", 100000)]
    assert answer["welfare"] == 120000000 and answer["mean_degree"] == answer["pairs"][0]["degree"]
    assert match(make())["mean_degree"] == 0


def test_what_degree_first_does_not_know_is_refused():
    line = {"from": "A", "to": "B", "cap": 5, "cap_reverse": 5, "fee": 0}
    for book, place in ((make(zones="AB", lines=[line]), "lines: "), (make(kappa=1), "kappa: "),
                        (make(*[f"{'SB'[i % 2]}{i}/5x1" for i in range(1450)]), "orders: ")):
        assert run(json.dumps(book), "-j").returncode == OK
        done = run(json.dumps(book), "-j", "--mode", "md-first")
        assert done.returncode == USAGE and f"book.json: {place}" in done.stderr, done
    for options in (("--mode", "fast"), ("--degree", "distance"), ("--mode",)):
        assert run(json.dumps(make()), *options).returncode == USAGE


def test_the_degree_has_two_meanings():
    book = make("S1/10x5", "S2/40x5", "B1/90x5", "B2/60x5")
    degrees = lambda *options: {(p["sell"], p["buy"]): p["degree"] for p in json.loads(
        run(json.dumps(book), "-j", *options).stdout)["pairs"]}
    surplus, closeness = degrees("--degree", "surplus"), degrees("--degree", "closeness")
    assert surplus == degrees() and set(surplus) == set(closeness) == {("S1", "B1"), ("S2", "B2")}
    # 30 of 100: all of the largest surplus or nothing, a quarter of it or three.
    assert surplus["S1", "B1"] - closeness["S1", "B1"] == 300000
    assert surplus["S2", "B2"] - closeness["S2", "B2"] == -150000


def test_names_are_written_as_they_were_read():
    names = ["S\"1\\", "B\u00e9\u2028/1", "S/\U0001f50c"]
    book = make("S1/5x5", "B1/9x5", "S2/9x5")
    for order, name in zip(book["orders"], names):
        order["id"] = name
    assert list(clear(book)["fills"]) == names and list(match(book)["fills"]) == names


def test_nothing_trades():
    answer = clear(make("S1/70x5", "B1/54x5"))
    assert prices(answer) == (54, 70, None) and answer["quantity"] == 0 and not answer["pairs"]
    assert prices(clear(make())) == (-5000000, 10000000, None)


def test_a_zone_where_nothing_trades_has_no_price():
    line = {"from": "A", "to": "B", "cap": 0, "cap_reverse": 0, "fee": 0}
    answer = clear(make(("S1/5x5", {"zone": "A"}), ("B1/9x5", {"zone": "A"}),
                        ("B2/9x5", {"zone": "B"}), zones="AB", lines=[line]))
    assert prices(answer)[2] == 7 and prices(answer, "B") == (9, 10000000, None)


def test_own_orders_are_paired_through_the_market():
    answer = clear(make(("S1/5x5", {"owner": "x"}), ("B1/9x5", {"owner": "x"})))
    assert answer["pairs"] == [
        dict(sell="S1", buy="MARKET", qty=5, price_sell=7, price_buy=7, degree=-1),
        dict(sell="MARKET", buy="B1", qty=5, price_sell=7, price_buy=7, degree=-1)]


def test_welfare_beyond_64_bits_is_a_string_of_digits():
    band = [-2**40, 2**40]
    answer = clear(make(f"S1/{-2**40}x{2**53}", f"B1/{2**40}x{2**53}", price_band=band))
    assert answer["welfare"] == str(2**94)
    answer = clear(make("S1/0x4", f"B1/{2**40}x4", price_band=band))
    assert answer["welfare"] == 2**42


def test_a_sell_lifted_above_the_band_does_not_trade():
    answer = clear(make(("S1/90x5", {"rep": 0}), "B1/100x5", kappa=11, price_band=[0, 100]))
    assert answer["quantity"] == 0 and prices(answer) == (100, 100, None)
    answer = clear(make(("S1/90x5", {"rep": 0}), "B1/100x5", kappa=10, price_band=[0, 100]))
    assert answer["quantity"] == 5


def test_names_may_be_integers():
    book = make("S1/5x5", "B1/9x5", zones=[7])
    book["orders"][0].update(id=1, owner=4, zone=7)
    book["orders"][1].update(id=2, owner=-4)
    assert clear(book)["fills"] == {"1": 5, "2": 5}


def test_standard_input():
    done = subprocess.run([BUSBARCTL, "-j", "market", "clear", "-"], capture_output=True,
                          text=True, input=json.dumps(make("S1/5x5", "B1/9x5")))
    assert json.loads(done.stdout)["quantity"] == 5


def refused(text, place):
    done = run(text, "-j")
    assert done.returncode == USAGE, (place, done)
    assert f"book.json: {place}" in done.stderr or f"book.json:{place}" in done.stderr, done
    answer = json.loads(done.stdout)
    assert answer["result"] == "USAGE" and place in answer["text"]


def test_a_wrong_book_is_told_with_its_place():
    line = {"from": "A", "to": "B", "cap": 5, "cap_reverse": 5, "fee": 0}
    good = make(("S1/5x5", {"zone": "A"}), ("B1/9x5", {"zone": "B"}), zones="AB", lines=[line])
    clear(good)

    def change(path, value):
        book = copy.deepcopy(good)
        *way, last = path
        place = book
        for step in way:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value
        return json.dumps(book)

    order = lambda key, value: change(("orders", 1, key), value)
    for key, value in (
            ("id", "S1"), ("id", ""), ("id", None), ("id", "MARKET"), ("id", "a\nb"), ("id", 1.0),
            ("id", "x" * 65), ("side", "bid"), ("side", None), ("side", 1), ("price", 9.0),
            ("price", "9"), ("price", None), ("price", 10000001), ("price", True), ("qty", 0),
            ("qty", -5), ("qty", 5.5), ("qty", 2**53 + 1), ("qty", None), ("owner", None),
            ("owner", []), ("zone", "C"), ("zone", None), ("rep", 1000001), ("rep", -1),
            ("rep", 0.5), ("source", 16), ("source", -1), ("accept", 65536), ("accept", "all"),
            ("colour", "green")):
        refused(order(key, value), f"orders[1].{key}: ")
    for key, value in (("from", "C"), ("to", "A"), ("cap", -1), ("cap", 1.5), ("cap", None),
                       ("cap_reverse", None), ("fee", -1), ("fee", None), ("loss", 1)):
        refused(change(("lines", 0, key), value), f"lines[0].{key}: ")
    for key, value in (("schema", "busbar.book/2"), ("schema", None), ("k_milli", 1001),
                       ("k_milli", None), ("kappa", -1), ("kappa", 2**32), ("kappa", None),
                       ("price_band", [1]), ("price_band", None), ("zones", []), ("zones", None),
                       ("zones", [str(i) for i in range(65)]), ("orders", None),
                       ("orders", {}), ("lines", {}), ("lines", [line] * 257), ("fees", 1)):
        refused(change((key,), value), f"{key}: ")
    refused(change(("price_band", 0), 10000001), "price_band[1]: ")
    refused(change(("price_band", 1), 2**41), "price_band[1]: ")
    refused(change(("zones", 1), "A"), "zones[1]: ")
    refused(change(("orders", 1), 7), "orders[1]: ")
    refused(change(("lines", 0), []), "lines[0]: ")
    refused(order("accept", 2), "orders[1].accept: ")
    many = make(*[f"S{i}/5x{2**53}" for i in range(257)])
    refused(json.dumps(many), "orders[256].qty: ")


def test_what_is_no_json_is_told_with_its_line():
    refused("{\n\"schema\": }\n", "2:")
    refused("", "1:")
    refused("[]", "write an object")
    refused(json.dumps(make("S1/5x5")).replace('"qty": 5', f'"qty": {2**64}'), "1:")
    refused(json.dumps(make("S1/5x5")).replace('"qty": 5', '"qty": 5, "qty": 6'), "1:")
    refused(b"{\"schema\": \"\xff\"}", "1:")
    missing = subprocess.run([BUSBARCTL, "market", "clear", "no-such-book.json"],
                             capture_output=True, text=True)
    assert missing.returncode == USAGE and "no-such-book.json" in missing.stderr
    assert subprocess.run([BUSBARCTL, "market", "clear"], capture_output=True).returncode == USAGE


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    for name, test in tests:
        test()
        print(f"ok  {name[5:].replace('_', ' ')}")


if __name__ == "__main__":
    main()
