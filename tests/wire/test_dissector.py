#!/usr/bin/env python3
"""test_dissector - tshark with packaging/wireshark/busbar.lua says the same about packets as
busbar's own decoders.

The packets are those of golden.h, whose bytes the C tests hold, and mutations of them whose
refusals the C tests hold too.  Usage: test_dissector.py BUSBAR_LUA.  Exits with 77 where there is
no tshark.
"""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PORT, FEED_PORT = 7600, 7601


def golden():
    text = (HERE / "golden.h").read_text()
    return {name: bytes.fromhex("".join(re.findall(r'"([0-9a-f]*)"', body)))
            for name, body in re.findall(r"golden_(\w+)\[\] =\n([^;]*);", text)}


def frame(payload, port):
    """Ethernet, IPv4 and UDP around a payload; UDP checksum 0 means none."""
    udp = struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0,
                       bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xffff) + (total >> 16)
    head = head[:10] + struct.pack(">H", ~total & 0xffff) + head[12:]
    return bytes.fromhex("020000000002" "020000000001" "0800") + head + udp


def pcap(datagrams):
    parts = [struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)]
    for payload, port in datagrams:
        content = frame(payload, port)
        parts.append(struct.pack("<IIII", 1700000000, 0, len(content), len(content)) + content)
    return b"".join(parts)


class Tshark:
    """Runs tshark with the dissector and nothing else of the user's."""

    def __init__(self, lua, folder):
        self.lua, self.folder = lua, folder

    def fields(self, datagrams, names, *options):
        """For each datagram a dict from field name to the list of its values."""
        path = os.path.join(self.folder, "capture.pcap")
        pathlib.Path(path).write_bytes(pcap(datagrams))
        command = ["tshark", "-r", path, "-X", f"lua_script:{self.lua}", "-T", "fields",
                   "-E", "separator=/t", "-E", "aggregator=;", *options]
        for name in names:
            command += ["-e", name]
        environment = dict(os.environ, HOME=self.folder, WIRESHARK_CONFIG_DIR=self.folder,
                           XDG_CONFIG_HOME=self.folder, LC_ALL="C.UTF-8")
        done = subprocess.run(command, capture_output=True, text=True, env=environment,
                              timeout=60)
        problems = [line for line in done.stderr.splitlines() if "Running as user" not in line]
        if done.returncode != 0 or problems:
            raise SystemExit("tshark: " + "\n".join(problems))
        rows = done.stdout.split("\n")[:len(datagrams)]
        return [dict(zip(names, (value.split(";") if value else []
                                 for value in row.split("\t")))) for row in rows]


failures = []


def expect(what, got, wanted):
    if got != wanted:
        failures.append(f"{what}\n    got    {got}\n    wanted {wanted}")


PRODUCT, NEXT_PRODUCT = "0x031e8480", "0x031e8481"
NOW, VENUE = "1799999000123456789", "0x43424140"
HEAD = {"busbar.magic": ["BBP1"], "busbar.participant": ["7"], "busbar.venue": [VENUE],
        "busbar.malformed": []}
REPORT = dict(HEAD, **{"busbar.magic": ["BBR1"], "busbar.time_ns": [NOW],
                       "busbar.report.last": ["1"]})

# By golden packet: what tshark has to say.  A field that is not named here is not compared.
WANTED = {
    "bids": dict(HEAD, **{
        "busbar.kind": ["1"], "busbar.records": ["2"], "busbar.sequence": ["42"],
        "busbar.not_after_ns": ["1800000000000000000"],
        "busbar.order_id": ["1001", str(0x1122334455667788)],
        "busbar.product": [PRODUCT, NEXT_PRODUCT], "busbar.product.zone": ["3", "3"],
        "busbar.product.start": ["2000000", "2000001"],
        "busbar.order.action": ["1", "3"], "busbar.side": ["1", "1"],
        "busbar.order.type": ["0", "1"], "busbar.order.source": ["2", "9"],
        "busbar.price": ["85000", "-120"], "busbar.quantity_wh": ["2500", str(0xfedcba98)],
        "busbar.order.shown_wh": ["0", str(0x01020304)],
        "busbar.order.accept_sources": ["0x0000", "0x0506"],
        "busbar.order.prefer_sources": ["0x0000", "0x0708"]}),
    "query": dict(HEAD, **{"busbar.kind": ["3"], "busbar.records": ["0"],
                           "busbar.sequence": ["43"], "busbar.not_after_ns": ["0"]}),
    "meter": dict(HEAD, **{"busbar.kind": ["2"], "busbar.sequence": ["44"],
                           "busbar.meter.injected_wh": ["-1250", str(0x0102030405060708)],
                           "busbar.meter.participant": ["9", "10"],
                           "busbar.product": [PRODUCT, NEXT_PRODUCT],
                           "busbar.meter.quality": ["0", "1"],
                           "busbar.meter.correction": ["0", "1"]}),
    "member_add": dict(HEAD, **{
        "busbar.kind": ["4"], "busbar.records": ["2"], "busbar.operation": ["1"],
        "busbar.member.participant": ["8"], "busbar.member.zone": ["5"],
        "busbar.member.roles": ["0x0003"], "busbar.member.orders_max": ["1000"],
        "busbar.member.packets_per_s": ["200"], "busbar.member.burst": ["50"]}),
    "member_revoke": dict(HEAD, **{"busbar.operation": ["2"],
                                   "busbar.member.participant": ["8"]}),
    "product_add": dict(HEAD, **{
        "busbar.operation": ["3"], "busbar.product": [PRODUCT],
        "busbar.terms.price_min": ["-500000"], "busbar.terms.price_max": ["4000000"],
        "busbar.terms.tick": ["10"], "busbar.terms.lot_wh": ["100"],
        "busbar.terms.quantity_max_wh": ["4000000"]}),
    "halt": dict(HEAD, **{"busbar.operation": ["4"]}),
    "resume": dict(HEAD, **{"busbar.operation": ["5"]}),
    "param": dict(HEAD, **{
        "busbar.records": ["2"], "busbar.operation": ["6"], "busbar.param.group": ["6"],
        "busbar.param.value": ["-1", "2", "-3", "4", "-5", "6", "-7", "8", "-9", "10", "-11",
                               "12"]}),
    "member_set": dict(HEAD, **{
        "busbar.operation": ["7"], "busbar.member.participant": ["8"],
        "busbar.member.source": ["2"], "busbar.member.feeder": [str(0x0103)],
        "busbar.member.cap_in_wh": ["11000"], "busbar.member.cap_out_wh": ["4000"],
        "busbar.member.metered_by": ["12"], "busbar.member.order_wh_max": ["5000"],
        "busbar.member.reputation_min": ["250000"], "busbar.member.escrow": ["1"]}),
    "member_kill": dict(HEAD, **{"busbar.operation": ["8"], "busbar.member.participant": ["8"]}),
    "member_arm": dict(HEAD, **{"busbar.operation": ["9"], "busbar.member.participant": ["8"]}),
    "transfer": dict(HEAD, **{
        "busbar.operation": ["10"], "busbar.member.participant": ["8"],
        "busbar.transfer.amount": ["-123456789012345"]}),
    "product_halt": dict(HEAD, **{"busbar.operation": ["11"], "busbar.product": [PRODUCT]}),
    "product_resume": dict(HEAD, **{"busbar.operation": ["12"], "busbar.product": [PRODUCT]}),
    "ruling": dict(HEAD, **{"busbar.operation": ["13"], "busbar.ruling.uphold": ["1"],
                            "busbar.product": [PRODUCT]}),
    "line": dict(HEAD, **{
        "busbar.operation": ["14"], "busbar.line": ["5"], "busbar.line.from": ["3"],
        "busbar.line.to": ["4"], "busbar.first_quarter": ["2000000"],
        "busbar.quarters": ["96"], "busbar.line.capacity_wh": ["500000"],
        "busbar.line.capacity_reverse_wh": ["400000"], "busbar.line.fee": ["1500"]}),
    "imbalance": dict(HEAD, **{
        "busbar.operation": ["15"], "busbar.first_quarter": ["2000000"],
        "busbar.quarters": ["96"], "busbar.imbalance.long": ["-20000"],
        "busbar.imbalance.short": ["300000"], "busbar.imbalance.reference": ["120000"]}),
    "tariff": dict(HEAD, **{
        "busbar.operation": ["17"], "busbar.member.zone": ["3"],
        "busbar.first_quarter": ["2000000"], "busbar.quarters": ["96"],
        "busbar.tariff.injection": ["1200"], "busbar.tariff.use": ["3400"]}),
    "restrict": dict(HEAD, **{
        "busbar.operation": ["16"], "busbar.member.participant": ["8"],
        "busbar.product": [PRODUCT], "busbar.quantity_wh": ["1200"]}),
    "orders": dict(HEAD, **{
        "busbar.order.action": ["1", "1", "1", "1", "1", "6", "7", "8", "9", "10"],
        "busbar.order.type": ["2", "4", "5", "7", "7", "0", "0", "0", "0", "0"],
        "busbar.order.shown_wh": ["0", "1800000000", "100", "1", "0", "0", "0", "0", "0", "0"]}),
    "answer": dict(REPORT, **{
        "busbar.report.kind": ["1"], "busbar.records": ["3"], "busbar.report.part": ["0"],
        "busbar.sequence": ["42"], "busbar.height": ["12"], "busbar.number": ["345"],
        "busbar.order_id": ["1001", "1001", str(0x1122334455667788)],
        "busbar.product": [PRODUCT, PRODUCT, NEXT_PRODUCT],
        "busbar.event": ["3", "2", "1"], "busbar.event.side": ["1", "1", "0"],
        "busbar.event.record": ["0", "0", "1"], "busbar.event.result": ["0", "0", "26"],
        "busbar.price": ["86000", "85000", "0"], "busbar.quantity_wh": ["1500", "2500", "0"],
        "busbar.remaining_wh": ["1000", "1000", "0"],
        "busbar.event.counterparty": ["9", "0", "0"]}),
    "notice": dict(REPORT, **{
        "busbar.report.kind": ["2"], "busbar.report.part": ["1"], "busbar.sequence": ["0"],
        "busbar.event": ["3"], "busbar.event.side": ["0"], "busbar.event.record": ["255"],
        "busbar.price": ["-85000"], "busbar.event.counterparty": ["10"]}),
    "refusal": dict(REPORT, **{
        "busbar.report.kind": ["3"], "busbar.sequence": ["42"], "busbar.event.result": ["14"]}),
    "status": dict(REPORT, **{
        "busbar.report.kind": ["4"], "busbar.order_id": ["42"], "busbar.quantity_wh": ["3"]}),
    "feed": {
        "busbar.feed.session": ["43424140  "], "busbar.feed.sequence": ["1000"],
        "busbar.feed.count": ["9"], "busbar.malformed": [],
        "busbar.feed.length": ["32", "32", "32", "32", "32", "40", "32", "40", "88"],
        "busbar.feed.message_sequence": [str(n) for n in range(1000, 1009)],
        "busbar.feed.type": ["P", "A", "T", "R", "S", "C", "F", "L", "B"],
        "busbar.product": [PRODUCT] * 4 + ["0x001e8480"] + [PRODUCT] * 2 + ["0x001e8480"],
        "busbar.side": ["1", "0", "1", "1"],
        "busbar.number": ["344", "345", "346", "346", "346", "347"],
        "busbar.price": ["86000"] * 3 + ["85500"],
        "busbar.quantity_wh": ["1500", "1500", "200", "200"], "busbar.feed.record": ["41"],
        "busbar.feed.state_before": ["1"], "busbar.feed.state_now": ["2"],
        "busbar.event.result": ["48"], "busbar.feed.traded": ["1"],
        "busbar.feed.bought_wh": ["4100"], "busbar.feed.sold_wh": ["3900"],
        "busbar.feed.lowest": ["85000"], "busbar.feed.highest": ["86000"],
        "busbar.line": ["5"], "busbar.line.fee": ["1500", "3000"],
        "busbar.feed.lines": ["0x8000000000000021"], "busbar.feed.from": ["5"],
        "busbar.feed.to": ["3"],
        "busbar.feed.taken_wh": ["1500"], "busbar.remaining_wh": ["0"],
        "busbar.terms.price_min": ["-500000"], "busbar.terms.price_max": ["4000000"],
        "busbar.terms.tick": ["10"], "busbar.terms.lot_wh": ["100"],
        "busbar.height": ["12"], "busbar.time_ns": [NOW, NOW, NOW],
        "busbar.feed.block_hash": [bytes(range(0xa0, 0xc0)).hex()],
        "busbar.feed.state_root": [bytes(range(0xc0, 0xe0)).hex()]},
    "heartbeat": {"busbar.feed.sequence": ["1008"], "busbar.feed.count": ["0"],
                  "busbar.feed.type": [], "busbar.malformed": []},
    "end": {"busbar.feed.count": ["65535"], "busbar.feed.type": [], "busbar.malformed": []},
}
FEEDS = ("feed", "heartbeat", "end")


def check_golden(tshark, packets):
    """Every golden packet decodes to its fields, signature and MAC among them."""
    wanted = {name: dict(fields) for name, fields in WANTED.items()}
    for name in wanted:
        if name not in FEEDS:
            wanted[name]["busbar.mac"] = [packets[name][-16:].hex()]
        if wanted[name].get("busbar.magic") == ["BBP1"]:
            wanted[name]["busbar.signature"] = [packets[name][-80:-16].hex()]
    wanted["member_add"]["busbar.member.key"] = [packets["venue_key"].hex()]
    names = sorted({field for fields in wanted.values() for field in fields})
    got = tshark.fields([(packets[name], FEED_PORT if name in FEEDS else PORT)
                         for name in wanted], names)
    for name, row in zip(wanted, got):
        for field, values in wanted[name].items():
            expect(f"{name}: {field}", row[field], values)


def change(content, at, value):
    return content[:at] + bytes([value]) + content[at + 1:]


def malformed(packets):
    """Datagrams that are not exact, and the name of the refusal; test_packet, test_report,
    test_operation and test_mold hold the same."""
    bids, query, answer, feed = (packets[n] for n in ("bids", "query", "answer", "feed"))
    for cut in (1, 4, 31, 32, 60, 111, 112, 175):
        yield bids[:cut], PORT, "ERR_LENGTH"
    yield bids + b"\0", PORT, "ERR_LENGTH"
    yield change(bids, 0, 0x58), PORT, "ERR_MAGIC"
    yield change(bids, 4, 0), PORT, "ERR_KIND"
    yield change(bids, 4, 5), PORT, "ERR_KIND"
    yield change(bids, 4, 3), PORT, "ERR_RECORDS"
    yield change(query, 4, 1), PORT, "ERR_RECORDS"
    yield change(bids, 6, 1), PORT, "ERR_RESERVED"
    yield change(bids, 7, 1), PORT, "ERR_RESERVED"
    yield change(bids, 32 + 12, 11), PORT, "ERR_RECORD"
    yield change(bids, 32 + 13, 2), PORT, "ERR_RECORD"
    yield change(packets["halt"], 32, 18), PORT, "ERR_RECORD"
    yield change(packets["halt"], 32, 1), PORT, "ERR_RECORD"
    yield change(packets["halt"], 63, 1), PORT, "ERR_RECORD"
    yield change(packets["product_add"], 33, 1), PORT, "ERR_RECORD"
    yield change(packets["member_add"], 32 + 20, 1), PORT, "ERR_RECORD"
    yield change(packets["member_revoke"], 63, 1), PORT, "ERR_RECORD"
    yield change(packets["member_set"], 32 + 28, 2), PORT, "ERR_RECORD"
    yield change(packets["ruling"], 32 + 1, 2), PORT, "ERR_RECORD"
    yield change(packets["param"], 32 + 63, 1), PORT, "ERR_RECORD"
    yield change(packets["line"], 32 + 10, 1), PORT, "ERR_RECORD"
    yield change(packets["meter"], 32 + 16, 2), PORT, "ERR_RECORD"
    yield change(packets["meter"], 64 + 31, 1), PORT, "ERR_RECORD"
    yield answer[:-1], PORT, "ERR_LENGTH"
    yield answer + b"\0", PORT, "ERR_LENGTH"
    yield change(answer, 4, 0), PORT, "ERR_KIND"
    yield change(answer, 4, 4), PORT, "ERR_RECORDS"
    yield feed[:19], FEED_PORT, "ERR_LENGTH"
    yield feed[:-1], FEED_PORT, "ERR_LENGTH"
    yield feed + b"\0", FEED_PORT, "ERR_LENGTH"
    yield packets["end"] + b"\0\0", FEED_PORT, "ERR_LENGTH"
    yield change(feed, 22, 0x58), FEED_PORT, "ERR_FORMAT"
    yield change(feed, 22 + 1, 1), FEED_PORT, "ERR_FORMAT"
    yield change(feed, 22 + 34 + 1, 2), FEED_PORT, "ERR_FORMAT"
    yield change(feed, len(feed) - 88 + 7, 1), FEED_PORT, "ERR_FORMAT"


def check_malformed(tshark, packets):
    cases = list(malformed(packets))
    got = tshark.fields([(content, port) for content, port, _ in cases],
                        ["busbar.malformed", "_ws.expert.group", "_ws.expert.severity"])
    for (content, _, reason), row in zip(cases, got):
        what = f"malformed {content.hex()}"
        expect(what, row["busbar.malformed"], [reason])
        expect(what, row["_ws.expert.group"], [str(0x07000000)])  # malformed
        expect(what, row["_ws.expert.severity"], [str(0x00800000)])  # error


def check_ports(tshark, packets):
    """A packet is known by its magic on any port, the feed by a port that can be chosen."""
    names = ["busbar.sequence", "busbar.feed.sequence"]
    elsewhere = [(packets["bids"], 9000), (packets["answer"], 9001), (packets["feed"], 9002)]
    got = tshark.fields(elsewhere, names)
    expect("bids on another port", got[0]["busbar.sequence"], ["42"])
    expect("a report on another port", got[1]["busbar.sequence"], ["42"])
    expect("the feed on another port", got[2]["busbar.feed.sequence"], [])
    got = tshark.fields(elsewhere, names, "-o", "busbar_feed.port:9002")
    expect("the feed on the port that was chosen", got[2]["busbar.feed.sequence"], ["1000"])
    got = tshark.fields([(b"x" * 200, 9000), (change(packets["bids"], 0, 0x58), 9000)],
                        ["busbar.malformed"], "-o", "busbar.port:9000")
    for row, reason in zip(got, ("ERR_LENGTH", "ERR_MAGIC")):
        expect("what is sent to the port that was chosen", row["busbar.malformed"], [reason])
    got = tshark.fields([(b"x" * 200, 9000)], ["busbar.malformed"])
    expect("what is not busbar's", got[0]["busbar.malformed"], [])


def check_names(lua):
    """The names of results and events are those of the headers."""
    script = pathlib.Path(lua).read_text()
    root = HERE.parent.parent
    table = re.search(r"local results = \{(.*?)\n\}", script, re.S).group(1)
    header = (root / "base/bb_result.h").read_text()
    expect("results", re.findall(r'\[(\d+)\] = "(\w+)"', table),
           [(number, name) for name, number in re.findall(r"X\(BB_(\w+),\s+(\d+),", header)])
    table = re.search(r"local events = \{(.*?)\}", script, re.S).group(1)
    header = (root / "market/bb_event.h").read_text()
    kinds = re.search(r"enum bb_event_kind \{(.*?)BB_EVENT_KINDS", header, re.S).group(1)
    expect("events", re.findall(r'\[(\d+)\] = "([\w ]+)"', table),
           [(str(number), name.lower().replace("_", " "))
            for number, name in enumerate(re.findall(r"BB_EVENT_(\w+),", kinds))])


def main():
    lua = os.path.abspath(sys.argv[1])
    check_names(lua)
    if shutil.which("tshark") is None:
        print("SKIPPED: no tshark (apt-get install tshark)", file=sys.stderr)
        return 1 if failures else 77
    packets = golden()
    with tempfile.TemporaryDirectory(prefix="busbar-dissector-") as folder:
        tshark = Tshark(lua, folder)
        check_golden(tshark, packets)
        check_malformed(tshark, packets)
        check_ports(tshark, packets)
    print("\n".join(failures) or "tshark and busbar say the same")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
