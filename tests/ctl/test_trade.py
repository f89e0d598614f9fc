#!/usr/bin/env python3
"""What a participant sends from a shell: order, meter send, dispute open, each as the bytes of its
records.  A venue of a few lines stands in; it speaks the protocol by tests/wire/reference.py."""
import hashlib
import json
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "wire"))
import reference  # noqa: E402

BUSBARCTL = str(pathlib.Path(sys.argv[1]).resolve())
PRODUCT = 1 << 24 | 1749643200 // 900  # 1:2025-06-11T12:00Z
NOW = 1749600000000000000
ACCEPTED, REFUSED = 2, 1


class Venue:
    """Answers each query with a status and each packet with one event a record."""

    def __init__(self, result=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.result, self.packets = result, []
        self.mac_key = reference.mac_agree(reference.VENUE, reference.PARTICIPANT.public_key,
                                           reference.LEDGER_ID)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            packet, peer = self.socket.recvfrom(2048)
            kind, count, participant, sequence = struct.unpack_from("<4xBB2xI4xQ", packet)
            assert reference.siphash128(self.mac_key, packet[:-16]) == packet[-16:]
            if kind == 3:
                records = [reference.report_record(41, 0, 0, 0, 255, 0, 0, 3, 0, 0)]
                report = 4
            else:
                self.packets.append((kind, sequence, packet[32:32 + 32 * count]))
                event = REFUSED if self.result else ACCEPTED
                records = [reference.report_record(0, 0, event, 0, i, self.result, 0, 0, 0, 0)
                           for i in range(count)]
                report = 1
            self.socket.sendto(reference.report(
                report, 0x8000, participant, reference.VENUE_FIELD, sequence, 7, 9, NOW, records,
                self.mac_key), peer)


def run(venue, folder, *words, code=0):
    """Runs busbarctl -j as participant 7 and returns its object and the packets it sent."""
    (folder / "venue.json").write_text(json.dumps({
        "schema": "busbar.venue/1", "name": "T", "ledger_id": reference.LEDGER_ID.hex(),
        "key": reference.VENUE.public_key.hex(),
        "host": "127.0.0.1", "udp": venue.socket.getsockname()[1]}))
    done = subprocess.run(
        [BUSBARCTL, "-C", str(folder), "-t", "5", *words[0], "-j", "--participant", "7", "--key",
         str(folder / "seven.key"), *map(str, words[1:])], text=True, capture_output=True)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else {}


def order(*args, **more):
    return reference.order(*args, **more)


def orders_are_sent_as_they_are_written(folder):
    basket = folder / "basket"
    basket.write_text(f"# two of them\nbuy {PRODUCT} 300@50\n\nsell {PRODUCT + 1} 200@-60\n")
    until = 1749643200
    for words, records in [
            (["buy", PRODUCT, "100@10", "--id", 5], order(5, PRODUCT, 1, price=10, quantity=100)),
            (["sell", PRODUCT, "100@-10", "--id", 5, "--ioc"],
             order(5, PRODUCT, 1, side=1, type=1, price=-10, quantity=100)),
            (["buy", PRODUCT, "100@10", "--id", 5, "--fok"],
             order(5, PRODUCT, 1, type=2, price=10, quantity=100)),
            (["buy", PRODUCT, "100@10", "--id", 5, "--aon"],
             order(5, PRODUCT, 1, type=3, price=10, quantity=100)),
            (["buy", PRODUCT, "100@10", "--id", 5, "--until", "2025-06-11T12:00Z"],
             order(5, PRODUCT, 1, type=4, price=10, quantity=100, shown=until)),
            (["buy", PRODUCT, "900@10", "--id", 5, "--shown", 100],
             order(5, PRODUCT, 1, type=5, price=10, quantity=900, shown=100)),
            (["buy", PRODUCT, "100", "--id", 5, "--market"],
             order(5, PRODUCT, 1, type=6, quantity=100)),
            (["basket", "--file", basket, "--id", 8],
             order(8, PRODUCT, 1, type=7, price=50, quantity=300, shown=1)
             + order(9, PRODUCT + 1, 1, side=1, type=7, price=-60, quantity=200)),
            (["quote", "sell", PRODUCT, "100@10", "--id", 5],
             order(5, PRODUCT, 6, side=1, price=10, quantity=100)),
            (["replace", 5, "50@11"], order(5, 0, 3, price=11, quantity=50)),
            (["cancel", 5], order(5, 0, 2)),
            (["cancel", "--product", PRODUCT], order(0, PRODUCT, 4)),
            (["cancel", "--product", PRODUCT, "--side", "sell"], order(0, PRODUCT, 7, side=1)),
            (["cancel", "--all"], order(0, 0, 5)),
            (["kill"], order(0, 0, 8)),
            (["silence", 30], order(0, 0, 9, quantity=30))]:
        venue = Venue()
        told = run(venue, folder, ["order"], *words)
        assert venue.packets == [(1, 42, records)], (words, venue.packets)
        assert (told["result"], told["sequence"], told["height"]) == ("ok", 42, 7), told


def what_is_no_order_is_not_sent(folder):
    venue = Venue()
    one = folder / "one"
    one.write_text(f"buy {PRODUCT} 300@50\n")
    for words in (["buy", PRODUCT, "100"], ["buy", PRODUCT, "100@1", "--market"],
                  ["buy", PRODUCT, "100@1", "--ioc", "--fok"], ["lend", PRODUCT, "100@1"],
                  ["quote", "buy", PRODUCT, "100@1"], ["cancel"], ["cancel", 5, "--all"],
                  ["cancel", "--side", "buy"], ["cancel", 5, "--ioc"], ["kill", "--all"],
                  ["silence"], ["silence", "x"], ["basket", "--file", one],
                  ["buy", PRODUCT, "100@1", "--until", "noon"], ["replace", 5, "50"]):
        run(venue, folder, ["order"], *words, code=2)
    assert venue.packets == []


def readings_are_sent_by_the_packet(folder):
    venue = Venue()
    run(venue, folder, ["meter", "send"], 9, PRODUCT, "--", -1250)
    run(venue, folder, ["meter", "send"], 9, PRODUCT, 70, "--correction")
    assert [row[2] for row in venue.packets] == [
        reference.meter(-1250, 9, PRODUCT), reference.meter(70, 9, PRODUCT, correction=1)]
    venue = Venue()
    file = folder / "readings"
    file.write_text("# id,product,wh\n" + "".join(f"{n},{PRODUCT},{-n}\n" for n in range(1, 101))
                    + f"9,{PRODUCT},5,1,1\n")
    told = run(venue, folder, ["meter", "send"], file)
    assert told["packets"] == 3 and len(told["events"]) == 101, told
    assert [(kind, sequence, len(records) // 32) for kind, sequence, records in venue.packets] \
        == [(2, 42, 42), (2, 43, 42), (2, 44, 17)]
    sent = b"".join(records for _, _, records in venue.packets)
    assert sent == b"".join(reference.meter(-n, n, PRODUCT) for n in range(1, 101)) \
        + reference.meter(5, 9, PRODUCT, quality=1, correction=1)
    file.write_text(f"9,{PRODUCT},5\n9,{PRODUCT},x\n")
    run(venue, folder, ["meter", "send"], file, code=2)
    assert len(venue.packets) == 3, "a file with a mistake sends nothing"
    refused = run(Venue(73), folder, ["meter", "send"], 9, PRODUCT, 70, code=1)
    assert refused["result"] == "ERR_METER", refused


def a_dispute_names_its_evidence(folder):
    venue = Venue()
    evidence = folder / "evidence"
    evidence.write_bytes(b"x" * 10000)
    digest = int.from_bytes(hashlib.sha256(b"x" * 10000).digest()[:8], "little")
    told = run(venue, folder, ["dispute", "open"], PRODUCT, "--evidence", evidence)
    assert venue.packets == [(1, 42, order(digest, PRODUCT, 10))], venue.packets
    assert int(told["evidence"]) == digest, told
    run(venue, folder, ["dispute", "open"], PRODUCT, code=2)


TESTS = [orders_are_sent_as_they_are_written, what_is_no_order_is_not_sent,
         readings_are_sent_by_the_packet, a_dispute_names_its_evidence]


def main():
    for test in TESTS:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="busbar-trade-"))
        key = folder / "seven.key"
        key.write_text(f"busbar-secret-v1 {bytes(range(32)).hex()}\n")
        key.chmod(0o600)
        test(folder)
        shutil.rmtree(folder)
        print(f"{test.__name__}: passed", flush=True)
    print(f"{len(TESTS)} passed, 0 failed")


if __name__ == "__main__":
    main()
