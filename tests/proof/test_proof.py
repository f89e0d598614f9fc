#!/usr/bin/env python3
"""test_proof BUSBARCTL MAKE_VENUE - receipts, checkpoints, exports and their server, seen from
outside: what they hold, what is refused, and who may do what."""
import base64
import copy
import hashlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from proof_venue import OK, UNHEALTHY, USAGE, Server, Venue  # noqa: E402

BUSBARCTL = str(pathlib.Path(sys.argv[1]).resolve())
MAKE_VENUE = str(pathlib.Path(sys.argv[2]).resolve())
SEED = 20261124



def b64(text):
    return base64.b64decode(text, validate=True)


def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def root_of(leaves):
    """RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def a_receipt_says_what_is_in_the_ledger(venue):
    size = venue.grow(60, alone=True)
    kinds = set()
    for number in range(size):
        receipt = venue.receipt(number)
        record, results, leaf = (b64(receipt[k]) for k in ("record", "results", "leaf"))
        assert receipt["schema"] == "busbar.receipt/1" and receipt["index"] == number
        assert leaf[:8] == number.to_bytes(8, "little") == record[8:16]
        assert leaf[16:48] == hashlib.sha256(record).digest()
        assert leaf[48:] == hashlib.sha256(results).digest()
        assert len(results) == 64 * len(receipt["events"])
        origin, length, root = receipt["checkpoint"].split("\n")[:3]
        assert origin == receipt["origin"] and int(length) == size and len(b64(root)) == 32
        kinds.add(receipt["input"]["type"])
        if receipt["input"]["type"] == "packet":
            packet = record[24:8 + int.from_bytes(record[:4], "little")]
            assert packet[:4] == b"BBP1"
            told = receipt["input"]
            assert told["participant"] == int.from_bytes(packet[8:12], "little")
            assert told["sequence"] == int.from_bytes(packet[16:24], "little")
    assert {"genesis", "packet"} <= kinds <= {"genesis", "packet", "tick"}, kinds
    shown = [entry for block in venue.run_json("ledger", "show", "--inputs")["blocks"]
             for entry in block["inputs"] if entry["number"] == size // 2]
    assert shown[0].get("events", []) == venue.receipt(size // 2)["events"]


def a_packet_is_found_by_its_sender_and_sequence(venue):
    size = venue.grow(30)
    for number in range(1, size):
        told = venue.receipt(number)["input"]
        if told["type"] == "packet":
            which = f"{told['participant']}:{told['sequence']}"
            assert venue.receipt(which)["number"] == number


def what_is_not_there_is_told(venue):
    size = venue.grow(10)
    for which in (size, 10 ** 18, "2:999999999"):
        told = venue.run_json("ledger", "proof", which, code=UNHEALTHY)
        assert told["result"] == "ERR_NOT_FOUND", told
    for which in ("x", "-1", "1:", ":1", "0:1", "1:2:3", "", "18446744073709551616", "1 "):
        venue.run("ledger", "proof", "--", which, code=USAGE)
    for args in (["proof"], ["check-proof"], ["check-proof", "absent.json"], ["consistency"],
                 ["consistency", 0, 1], ["consistency", 2, 1], ["consistency", "x", 1],
                 ["export"], ["serve"], ["serve", "--folder", "absent"],
                 ["serve", "--folder", ".", "--listen", "localhost"],
                 ["serve", "--folder", "."], ["checkpoint", "x"],
                 ["proof", "1", "--checkpoint", "absent"]):
        venue.run("ledger", *args, code=USAGE)
    venue.run("ledger", "consistency", 1, size + 1, code=UNHEALTHY)


def a_receipt_needs_nothing_but_the_key(venue):
    venue.grow(40)
    path = venue.root / "receipt.json"
    told = venue.run_json("ledger", "proof", 17, "--out", path)
    assert told["file"] == str(path) and told["number"] == 17 and told["signed"] == "checkpoint"
    nowhere = venue.root / "nowhere"
    nowhere.mkdir()
    public = venue.root / "venue.key.pub"
    shutil.copy(venue.folder / "venue.key.pub", public)
    shutil.copy(venue.folder / "venue.json", nowhere / "of-venue.json")
    vkey = venue.run_json("ledger", "checkpoint", "--out", venue.root / "c")["vkey"]
    for key in (["--key", venue.key], ["--key", venue.key.upper()], ["--key", vkey],
                ["--key", public], ["--venue", nowhere / "of-venue.json"]):
        said = venue.run_json("ledger", "check-proof", path, *key, folder=nowhere)
        assert said["number"] == 17 and said["size"] == 41, said
        assert said["schema"] == "busbar.ledger.check-proof/1" and said["result"] == "ok"
    assert venue.run("ledger", "check-proof", path).startswith("valid: ")
    venue.run("ledger", "check-proof", path, folder=nowhere, code=USAGE)
    other = venue.key[:-2] + ("00" if venue.key[-2:] != "00" else "01")
    name, _, _ = vkey.split("+")
    venue.run("ledger", "check-proof", path, "--key", other, code=UNHEALTHY)
    for key in ("", "12", name, vkey + "=", "+".join((name + "x", *vkey.split("+")[1:]))):
        venue.run("ledger", "check-proof", path, "--key", key, code=USAGE)
    venue.run("ledger", "check-proof", path, "--key", vkey, "--venue", "x", code=USAGE)
    stranger = json.loads((venue.folder / "venue.json").read_text())
    stranger["ledger_id"] = "00" * 32
    (nowhere / "venue.json").write_text(json.dumps(stranger))
    assert venue.run_json("ledger", "check-proof", path, folder=nowhere,
                          code=UNHEALTHY)["result"] == "ERR_SIGNATURE"


def check(venue, receipt, code):
    """Checks a receipt given as text or as what it says; returns the answer."""
    path = venue.root / "checked.json"
    if isinstance(receipt, bytes):
        path.write_bytes(receipt)
    else:
        path.write_text(json.dumps(receipt))
    done = subprocess.run([BUSBARCTL, "-j", "ledger", "check-proof", path, "--key", venue.key],
                          capture_output=True)
    assert done.returncode in code, (done, receipt)
    return done.returncode


def a_receipt_of_which_a_byte_was_changed_is_refused(venue):
    """At places that the seed chooses; test_receipt.c changes every bit.  What changes no
    meaning, a space for another, may pass."""
    chance = random.Random(SEED)
    print(f"seed {SEED}", end=" ")
    venue.grow(40)
    text = venue.run("-j", "ledger", "proof", 33).encode().rstrip(b"\n")
    original = json.loads(text)
    check(venue, text, {OK})
    for _ in range(200):
        changed = bytearray(text)
        changed[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
        try:
            if json.loads(bytes(changed)) == original:
                continue
        except ValueError:
            pass
        check(venue, bytes(changed), {UNHEALTHY, USAGE})
    for size in [0, 1, *(chance.randrange(len(text)) for _ in range(20)), len(text) - 1]:
        check(venue, text[:size], {USAGE})
    check(venue, text + b"}", {USAGE})


def a_receipt_put_together_wrongly_is_refused(venue):
    size = venue.grow(50)
    one, two = [receipt for receipt in map(venue.receipt, range(20, size))
                if receipt["input"]["type"] == "packet" and receipt["events"]][:2]
    check(venue, one, {OK})
    for field in ("record", "results", "leaf", "index", "path", "number", "time_ns", "input",
                  "events"):
        if one[field] != two[field]:
            assert check(venue, {**one, field: two[field]}, {UNHEALTHY}) == UNHEALTHY
    less = {key: value for key, value in one.items() if key != "origin"}
    check(venue, less, {OK})  # what is not said cannot be wrong
    for field in ("schema", "record", "results", "leaf", "index", "path", "checkpoint"):
        check(venue, {key: value for key, value in one.items() if key != field}, {USAGE})
    for field, value in (("index", -1), ("index", str(one["index"])),
                         ("index", float(one["index"])), ("path", {}),
                         ("path", one["path"] + ["AAAA"]), ("leaf", one["leaf"][:-4]),
                         ("record", one["record"] + "AAAA"), ("results", 7),
                         ("results", base64.b64encode(bytes(65)).decode()),
                         ("block", base64.b64encode(bytes(512)).decode()),
                         ("checkpoint", None), ("schema", "busbar.receipt/2"),
                         ("path", one["path"] * 40)):
        check(venue, {**one, field: value}, {UNHEALTHY, USAGE})
    check(venue, {**one, "remark": "looks official"}, {UNHEALTHY})
    wrong = copy.deepcopy(one)
    wrong["path"] = wrong["path"][::-1]
    check(venue, wrong, {UNHEALTHY})
    for path in (one["path"][1:], one["path"][:-1], one["path"] + one["path"][:1]):
        check(venue, {**one, "path": path}, {UNHEALTHY})
    wrong = copy.deepcopy(one)
    wrong["events"][0]["price"] = 1 + wrong["events"][0].get("price", 0)
    check(venue, wrong, {UNHEALTHY})
    for bad in (b"", b"[]", b"7", b"null", b'{"schema":"busbar.receipt/1"}', b"{" * 100000,
                b"[" * 100000, b'{"a":1,"a":2}', bytes(100), b"\xff\xfe"):
        check(venue, bad, {USAGE})
    assert size == 51


def who_has_no_key_proves_by_the_header_of_a_block(venue):
    venue.grow(30)
    for name, mark in (("a", True), ("b", False)):
        folder = venue.auditor(name, mark)
        receipt = venue.receipt(9, folder=folder)
        assert "checkpoint" not in receipt and len(b64(receipt["block"])) == 512
        assert "origin" not in receipt  # a header does not name it
        check(venue, receipt, {OK})
        check(venue, {**receipt, "origin": "busbar/other/0"}, {UNHEALTHY})
        for at in range(0, 352, 3):
            block = bytearray(b64(receipt["block"]))
            block[at] ^= 1
            check(venue, {**receipt, "block": base64.b64encode(block).decode()},
                  {UNHEALTHY})
        venue.run("ledger", "checkpoint", folder=folder,
                  code=USAGE if mark else UNHEALTHY)
        venue.run("ledger", "export", venue.root / ("x" + name), folder=folder, code=USAGE)


def an_auditor_uses_what_the_venue_published(venue):
    venue.grow(30)
    published = venue.run_json("ledger", "checkpoint")
    assert published["size"] == 31 and published["file"].endswith("ledger/checkpoint")
    assert (venue.folder / "ledger" / "checkpoint").stat().st_mode & 0o777 == 0o644
    venue.grow(10)
    folder = venue.auditor()
    receipt = venue.receipt(9, folder=folder)
    assert receipt["checkpoint"] == published["checkpoint"]
    check(venue, receipt, {OK})
    later = venue.receipt(35, folder=folder)  # the published one does not reach as far
    assert "block" in later
    check(venue, later, {OK})
    told = venue.run_json("ledger", "export", venue.root / "x", folder=folder)
    assert told["size"] == 31 and told["vkey"] == published["vkey"], told
    assert (venue.root / "x" / "checkpoint").read_text() == published["checkpoint"]
    newer = venue.root / "newer"
    venue.run("ledger", "checkpoint", "--out", newer)
    receipt = venue.receipt(35, "--checkpoint", newer, folder=folder)
    assert receipt["checkpoint"] == newer.read_text()
    venue.run("ledger", "proof", 35, "--checkpoint", folder / "ledger" / "checkpoint",
              folder=folder, code=USAGE)


def the_venue_never_signs_against_itself(venue):
    venue.grow(30)
    earlier = venue.auditor("earlier")
    shutil.copy(venue.folder / "venue.key", earlier / "venue.key")
    venue.run("ledger", "checkpoint")
    published = venue.folder / "ledger" / "checkpoint"
    venue.grow(10)
    newest = venue.run_json("ledger", "checkpoint")
    assert newest["size"] == 41
    # An older copy, with the checkpoint of the newer one.
    shutil.copy(published, earlier / "ledger" / "checkpoint")
    for args in (["checkpoint"], ["proof", 3], ["export", venue.root / "x"]):
        assert venue.run_json("ledger", *args, folder=earlier,
                              code=UNHEALTHY)["result"] == "ERR_CHAIN"
    note = published.read_bytes()
    # Another history under the same key.
    with Venue(MAKE_VENUE, BUSBARCTL, "fork") as fork:
        assert fork.key == venue.key and fork.ledger_id == venue.ledger_id
        fork.grow(60)
        (fork.folder / "ledger" / "checkpoint").write_bytes(note)
        for args in (["checkpoint"], ["proof", 3], ["export", fork.root / "x"]):
            assert fork.run_json("ledger", *args, code=UNHEALTHY)["result"] == "ERR_CHAIN"
        (fork.folder / "ledger" / "checkpoint").unlink()
        # What was exported of the one is not gone on with by the other.
        venue.run("ledger", "export", fork.root / "y")
        assert fork.run_json("ledger", "export", fork.root / "y",
                             code=UNHEALTHY)["result"] == "ERR_HASH"
    published.write_bytes(note[:-5] + b"AAA=\n")
    assert venue.run_json("ledger", "checkpoint",
                          code=USAGE)["result"] in ("ERR_SIGNATURE", "ERR_FORMAT")
    published.write_bytes(note)
    venue.grow(10)
    assert venue.run_json("ledger", "checkpoint")["size"] == 51


def a_key_that_others_can_read_signs_nothing(venue):
    venue.grow(5)
    (venue.folder / "venue.key").chmod(0o640)
    for args in (["checkpoint"], ["proof", 1], ["export", venue.root / "x"]):
        assert venue.run_json("ledger", *args, code=USAGE)["result"] == "ERR_MODE"
    (venue.folder / "venue.key").unlink()
    venue.run("key", "new", venue.folder / "venue.key", code=USAGE)  # its .pub is there
    (venue.folder / "venue.key.pub").unlink()
    venue.run("key", "new", venue.folder / "venue.key")
    assert venue.run_json("ledger", "checkpoint", code=USAGE)["result"] == "ERR_KEY"


def a_damaged_ledger_proves_nothing(venue):
    venue.grow(30, alone=True)
    folder = venue.auditor()
    segment = folder / "ledger" / "seg-0000000000000000"
    damaged = bytearray(segment.read_bytes())
    damaged[8192 + 4096 * 5 + 600] ^= 1
    segment.write_bytes(damaged)
    for args in (["proof", 20], ["consistency", 1, 31]):
        told = venue.run_json("ledger", *args, folder=folder, code=UNHEALTHY)
        assert told["result"].startswith("ERR_"), told


def bundles(export, size):
    leaves = []
    while len(leaves) < size:
        full, rest = divmod(size - len(leaves), 256)
        path = export / "tile" / "entries" / f"{len(leaves) // 256:03}"
        if not full:
            path = path.with_name(path.name + ".p") / str(rest)
        data = path.read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            leaves.append(data[2:2 + length])
            data = data[2 + length:]
    return leaves


def an_export_grows_with_the_ledger(venue):
    export = venue.root / "export"
    before = 0
    for count in (20, 235, 1, 300, 0, 513):
        size = venue.grow(count) if count else before
        told = venue.run_json("ledger", "export", export)
        assert (told["size"], told["before"]) == (size, before), told
        leaves = bundles(export, size)
        assert len(leaves) == size and all(len(leaf) == 80 for leaf in leaves)
        root = b64(told["root"])
        assert root == root_of(leaves)
        origin, length, line = (export / "checkpoint").read_text().split("\n")[:3]
        assert (int(length), b64(line)) == (size, root) and origin == told["origin"]
        if before > 0:
            proof = venue.run_json("ledger", "consistency", before, size)
            assert b64(proof["root_from"]) == root_of(leaves[:before])
            assert b64(proof["root_to"]) == root
        for tile in (export / "tile" / "0").glob("[0-9][0-9][0-9]"):
            first = int(tile.name) * 256
            assert tile.read_bytes() == b"".join(map(leaf_hash, leaves[first:first + 256]))
        before = size
    whole = venue.root / "whole"
    venue.run("ledger", "export", whole)
    for path in (p for p in whole.rglob("*") if p.is_file() and p.name != "checkpoint"):
        assert (export / path.relative_to(whole)).read_bytes() == path.read_bytes(), path
    assert not list(export.rglob("*.new"))


def an_export_that_was_changed_is_not_gone_on_with(venue):
    export = venue.root / "export"
    venue.grow(700)
    venue.run("ledger", "export", export)
    venue.grow(10)
    tile = export / "tile" / "1" / "000.p" / "2"
    good = tile.read_bytes()
    tile.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    assert venue.run_json("ledger", "export", export, code=UNHEALTHY)["result"] == "ERR_HASH"
    tile.write_bytes(good[:-1])
    venue.run("ledger", "export", export, code=UNHEALTHY)
    tile.write_bytes(good)
    checkpoint = export / "checkpoint"
    note = checkpoint.read_text()
    checkpoint.write_text(note.replace("\n701\n", "\n700\n"))
    venue.run("ledger", "export", export, code=USAGE)
    checkpoint.write_text(note)
    assert venue.run_json("ledger", "export", export)["before"] == 701
    other = venue.root / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    assert venue.run_json("ledger", "export", other, code=USAGE)["result"] == "ERR_EXISTS"
    assert [path.name for path in other.iterdir()] == ["letter.txt"]
    venue.run("ledger", "export", other / "no" / "where", code=USAGE)


def raw_request(port, text):
    """What comes back; nothing, if the server waits for the rest of a request that is none."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as peer:
            peer.sendall(text)
            while chunk := peer.recv(65536):
                answer += chunk
    except OSError:
        pass
    return answer


def only_tiles_are_served(venue):
    export = venue.root / "export"
    venue.grow(300)
    venue.run("ledger", "export", export)
    (export / "secret").write_text("secret")
    (export / "tile" / "0" / "x").write_text("secret")
    (export / "tile" / "0" / "001").symlink_to(export / "secret")
    with Server(BUSBARCTL, export) as server:
        web = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)

        def ask(path, method="GET"):
            web.request(method, path)
            answer = web.getresponse()
            return answer, answer.read()

        answer, body = ask("/checkpoint")
        assert answer.status == 200 and body == (export / "checkpoint").read_bytes()
        assert answer.getheader("Content-Type") == "text/plain; charset=utf-8"
        assert answer.getheader("Cache-Control") == "no-cache"
        for path in ("/tile/0/000", "/tile/0/001.p/45", "/tile/1/000.p/1", "/tile/entries/000",
                     "/tile/entries/001.p/45"):
            answer, body = ask(path)
            assert answer.status == 200 and body == (export / path[1:]).read_bytes(), path
            assert answer.getheader("Content-Type") == "application/octet-stream"
            assert "immutable" in answer.getheader("Cache-Control")
            answer, head = ask(path, "HEAD")
            assert answer.status == 200 and head == b""
            assert int(answer.getheader("Content-Length")) == len(body)
        for path in ("/", "/secret", "/tile", "/tile/", "/tile/0", "/tile/0/x", "/tile/0/001",
                     "/tile/0/002", "/tile/0/000/", "//checkpoint", "/checkpoint/",
                     "/tile/../secret", "/../secret", "/tile/0/../0/000", "/tile/0/%30%30%30",
                     "/%63heckpoint", "/tile/0/000%00", "/checkpoint.new", "/tile/0/000.p/0",
                     "/tile/0/000.p/256", "/tile/64/000", "/tile/entries/../../checkpoint",
                     "/" + "x" * 4000):
            answer, body = ask(path)
            assert answer.status == 404 and b"secret" not in body, path
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            web = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            answer, _ = ask("/checkpoint", method)
            assert answer.status == 405 and answer.getheader("Allow") == "GET, HEAD", method
        web.close()
        for text in (b"GET checkpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                     b"\0\1\2\3\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                     b"GET /checkpoint HTTP/1.1\r\nConnection: close\r\n\r\n",
                     b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"):
            answer = raw_request(server.port, text)
            assert b" 200 " not in answer.split(b"\r\n")[0], (text[:60], answer[:200])
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
        for peer in idle:
            peer.close()
        web = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        assert ask("/checkpoint")[0].status == 200
        web.close()
        if os.path.exists("/proc/self/net/if_inet6"):
            with Server(BUSBARCTL, export, "[::1]:0") as other:
                web = http.client.HTTPConnection("::1", other.port, timeout=10)
                assert ask("/checkpoint")[0].status == 200
                web.close()
        venue.run("ledger", "serve", "--folder", export, "--listen", f"127.0.0.1:{server.port}",
                  code=UNHEALTHY)
        server.stop(signal.SIGINT)


def an_export_is_served_while_it_grows(venue):
    export = venue.root / "export"
    venue.grow(100)
    venue.run("ledger", "export", export)
    with Server(BUSBARCTL, export) as server:
        for _ in range(3):
            venue.grow(150)
            venue.run("ledger", "export", export)
            web = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            web.request("GET", "/checkpoint")
            assert web.getresponse().read() == (export / "checkpoint").read_bytes()
            web.close()


TESTS = [a_receipt_says_what_is_in_the_ledger, a_packet_is_found_by_its_sender_and_sequence,
         what_is_not_there_is_told, a_receipt_needs_nothing_but_the_key,
         a_receipt_of_which_a_byte_was_changed_is_refused,
         a_receipt_put_together_wrongly_is_refused,
         who_has_no_key_proves_by_the_header_of_a_block,
         an_auditor_uses_what_the_venue_published, the_venue_never_signs_against_itself,
         a_key_that_others_can_read_signs_nothing, a_damaged_ledger_proves_nothing,
         an_export_grows_with_the_ledger, an_export_that_was_changed_is_not_gone_on_with,
         only_tiles_are_served, an_export_is_served_while_it_grows]


def main():
    chosen = [test for test in TESTS if len(sys.argv) < 4 or test.__name__ in sys.argv[3:]]
    for test in chosen:
        with Venue(MAKE_VENUE, BUSBARCTL) as venue:
            test(venue)
        print(f"{test.__name__}: passed", flush=True)
    print(f"{len(chosen)} passed, 0 failed")


main()
