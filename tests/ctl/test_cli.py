#!/usr/bin/env python3
"""busbarctl from outside: what it refuses, what it makes, its exit codes and its JSON.

No busbard runs here: where one is needed, a socket and a few lines stand in for it.
"""
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

BUSBARCTL = str(pathlib.Path(sys.argv[1]).resolve())
OK, UNHEALTHY, USAGE, NOT_RUNNING, UNREACHABLE, PERMISSION = range(6)

TERMS = ["--band", "0:500000", "--tick", "100", "--lot", "100", "--max", "1000000"]
SMALL = ["--participants", "16", "--products", "8", "--orders", "64", "--levels", "65536",
         "--segment", "2M", "--unsafe-filesystem"]  # wherever temporary folders are
TEMPLATE = []  # made when it is first needed
PRODUCT = 1 << 24 | 1749643200 // 900  # 1:2025-06-11T12:00Z


def run(*args, code=OK, folder=".", env=None, prefix=(), text=None):
    """Runs busbarctl and demands an exit code; returns (stdout, stderr)."""
    done = subprocess.run([*prefix, BUSBARCTL, "-C", str(folder), *map(str, args)], text=True,
                          capture_output=True, env={**os.environ, **(env or {})}, input=text)
    assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
    if code != OK and "-j" not in args:
        assert done.stderr.startswith("busbarctl: "), (args, done.stderr)
    return done.stdout, done.stderr


def run_json(*args, code=OK, **more):
    """Runs it with -j: one line, one object, with a schema and a result."""
    out, _ = run("-j", *args, code=code, **more)
    lines = out.splitlines()
    assert len(lines) == 1, (args, out)
    answer = json.loads(lines[0])
    assert answer["schema"].startswith("busbar.") and answer["schema"].endswith("/1"), answer
    assert (answer["result"] == "ok") == (code == OK), (args, answer)
    return answer


class Fake:
    """What stands in for busbard: answers each message with what talk returns."""

    def __init__(self, folder, talk):
        self.path = str(folder / "control.sock")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(4)
        self.talk = talk
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                while message := peer.recv(65536):
                    answers = self.talk(json.loads(message))
                    if answers is None:
                        break
                    for answer in answers:
                        peer.send(json.dumps(answer).encode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)


def new_venue(folder):
    """A venue for one test: a copy of one that was made for all of them."""
    if not TEMPLATE:
        TEMPLATE.append(pathlib.Path(tempfile.mkdtemp(prefix="busbar-cli-")))
        run("init", TEMPLATE[0] / "venue", *SMALL)
    return shutil.copytree(TEMPLATE[0] / "venue", folder / "venue")


def usage_errors_end_with_2(folder):
    for args in ([], ["--wrong"], ["-C"], ["nonsense"], ["member"], ["member", "ad"],
                 ["status", "word"], ["status", "--depth", "3"], ["init"], ["key", "new"],
                 ["-t", "0", "status"], ["-t", "x", "status"], ["member", "add"],
                 ["member", "add", "2"], ["member", "add", "2", "--key", "12"],
                 ["member", "add", "2", "--key", "1" * 64, "--key-file", "x"],
                 ["member", "add", "x", "--key", "1" * 64],
                 ["member", "add", "2", "--key", "1" * 64, "--roles", "king"],
                 ["member", "add", "2", "--key", "1" * 64, "--zone", "256"],
                 ["member", "add", "2", "--key", "1" * 64, "--rate", "-1"],
                 ["member", "add", "2", "--key-file", "absent.pub"],
                 ["member", "add", "--file", "absent.csv"], ["member", "revoke", "x"],
                 ["product", "add", "1"], ["product", "add", *TERMS],
                 ["product", "add", "1:2025-06-11T12:07Z", *TERMS],
                 ["product", "add", "1:2025-06-31T12:00Z", *TERMS],
                 ["product", "add", "256:2025-06-11T12:00Z", *TERMS],
                 ["product", "add", "1:2025-06-11 12:00Z", *TERMS],
                 ["product", "add", "7", "--start", "2025-06-11T12:00Z", *TERMS],
                 ["product", "add", "7", "--count", "4097", *TERMS],
                 ["product", "add", "16777215", "--count", "2", *TERMS],
                 ["product", "add", "7", *TERMS, "--band", "0-1"],
                 ["product", "add", "7", *TERMS, "--tick", "1"], ["book", "show"],
                 ["book", "show", "1:noon"], ["book", "show", "1", "--depth", "65"],
                 ["ledger", "show", "x"], ["ledger", "show", "9-7"], ["ledger", "verify"],
                 ["order", "buy", "7", "1@1"],
                 ["order", "--participant", "2", "--key", "k", "give", "7", "1@1"],
                 ["order", "--participant", "2", "--key", "k", "buy", "7", "1"],
                 ["order", "--participant", "2", "--key", "k", "buy", "7", "1@1.5"],
                 ["order", "--participant", "2", "--key", "k", "cancel"],
                 ["order", "--participant", "2", "--key", "k", "cancel", "7", "--all"],
                 ["order", "--participant", "2", "--key", "k", "cancel", "7", "--ioc"],
                 ["order", "--participant", "2", "--key", "k", "replace", "7"]):
        _, said = run(*args, code=USAGE, folder=folder)
        assert said.count("\n") == 1 and "; " in said or ": " in said, (args, said)


def every_command_has_help(folder):
    listed, _ = run("--help")
    for command in ("init", "status", "stop", "halt", "resume", "member add", "member revoke",
                    "member list", "product add", "product list", "book show", "ledger show",
                    "ledger verify", "ledger replay", "ledger checkpoint", "ledger proof",
                    "ledger check-proof", "ledger consistency", "ledger export", "ledger serve",
                    "key new", "order"):
        assert f"  {command} " in listed, command
        said, _ = run(*command.split(), "--help")
        assert said.startswith(f"usage: busbarctl [OPTIONS] {command}"), said
    assert "member revoke" in run("member", "--help")[0]
    assert run("--version")[0].startswith("busbarctl ")


def init_makes_a_venue_that_others_cannot_read(folder):
    previous = os.umask(0o077)
    try:
        venue = folder / "venue"
        run("init", venue, *SMALL, "--name", "Valley & Sons", "--ipv4", "10.0.0.1", "--udp", 7777,
            "--device", "net_null0", "--cpu", 0)
    finally:
        os.umask(previous)
    modes = {path.relative_to(venue).as_posix(): path.stat().st_mode & 0o777
             for path in venue.rglob("*")}
    assert venue.stat().st_mode & 0o777 == 0o750
    assert modes["venue.key"] == modes["operator.key"] == 0o600, modes
    assert modes["ledger"] == 0o750 and modes["busbard.conf"] == 0o640, modes
    assert modes["venue.json"] == 0o644, modes
    assert set(modes) >= {"venue.key.pub", "operator.key.pub", "ledger/seg-0000000000000000"}
    public = json.loads((venue / "venue.json").read_text())
    assert list(public) == ["schema", "name", "ledger_id", "key", "host", "udp"], public
    assert public["schema"] == "busbar.venue/1" and public["name"] == "Valley & Sons"
    assert public["host"] == "10.0.0.1" and public["udp"] == 7777
    assert public["key"] in (venue / "venue.key.pub").read_text()
    conf = (venue / "busbard.conf").read_text()
    for line in ("[port 0]\n", "device = net_null0\n", "ipv4 = 10.0.0.1\n", "udp = 7777\n",
                 "[lcore 0]\n", "duties = ingest 0.0, matcher, ledger, egress\n"):
        assert line in conf, (line, conf)


def init_refuses_what_is_not_empty_and_touches_nothing(folder):
    venue = new_venue(folder)
    before = {path: path.read_bytes() for path in venue.rglob("*") if path.is_file()}
    answer = run_json("init", venue, *SMALL, code=USAGE)
    assert answer["result"] == "ERR_EXISTS", answer
    assert {path: path.read_bytes() for path in venue.rglob("*") if path.is_file()} == before
    run("init", folder / "no" / "where", *SMALL, code=USAGE)
    (folder / "file").write_text("")
    run("init", folder / "file", *SMALL, code=USAGE)


def init_that_fails_leaves_nothing(folder):
    empty = folder / "empty"
    empty.mkdir()
    for more in (["--segment", "1M", "--orders", "100000"], ["--segment", "1048577"],
                 ["--name", ""], ["--name", "x" * 64], ["--name", "a\nb"], ["--ipv4", "10.0.0"],
                 ["--cpu", "1000"], ["--udp", "0"], ["--participants", "0"],
                 ["--orders", "2M"], ["--device", "net_null0\nmbufs = 1"]):
        run("init", folder / "new", *more, code=USAGE)
        assert not (folder / "new").exists(), more
        run("init", empty, *more, code=USAGE)
        assert list(empty.iterdir()) == [], more
    run("init", empty, *SMALL)


def a_full_disk_leaves_nothing(folder):
    """The ledger file is larger than any file may be here."""
    limited = ["bash", "-c", 'ulimit -f 64; trap "" XFSZ; exec "$0" "$@"']
    run("init", folder / "new", *SMALL, code=UNHEALTHY, prefix=limited)
    assert not (folder / "new").exists()


def a_key_is_secret_and_never_overwritten(folder):
    path = folder / "p.key"
    made = run_json("key", "new", path)
    assert made["schema"] == "busbar.key.new/1" and len(made["key"]) == 64, made
    assert path.stat().st_mode & 0o777 == 0o600
    assert made["key"] in (folder / "p.key.pub").read_text()
    before = path.read_bytes()
    assert run_json("key", "new", path, code=USAGE)["result"] == "ERR_EXISTS"
    assert path.read_bytes() == before
    run("key", "new", folder / "no" / "p.key", code=USAGE)


def without_a_daemon_the_exit_code_is_3(folder):
    venue = new_venue(folder)
    for args in (["status"], ["stop"], ["member", "list"], ["product", "list"],
                 ["book", "show", "7"], ["halt"], ["resume"], ["member", "revoke", "2"],
                 ["product", "add", "7", *TERMS]):
        _, said = run(*args, code=NOT_RUNNING, folder=venue)
        assert "start it" in said, said
        assert run_json(*args, code=NOT_RUNNING, folder=venue)["result"] == "NOT_RUNNING"
    stale = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stale.bind(str(venue / "control.sock"))
    stale.close()
    run("status", code=NOT_RUNNING, folder=venue)
    assert "control.sock" in run("status", code=NOT_RUNNING, env={"BUSBAR_VENUE": str(venue)},
                                 folder=venue)[1]


def the_socket_is_where_the_configuration_says(folder):
    venue = new_venue(folder)
    conf = venue / "busbard.conf"
    conf.write_text(conf.read_text().replace("socket = control.sock", "socket = other.sock"))
    assert f"{venue}/other.sock" in run("status", code=NOT_RUNNING, folder=venue)[1]
    assert "x.sock" in run("-s", "x.sock", "status", code=NOT_RUNNING, folder=venue)[1]
    done = subprocess.run([BUSBARCTL, "status"], env={**os.environ, "BUSBAR_VENUE": str(venue)},
                          text=True, capture_output=True)
    assert done.returncode == NOT_RUNNING and "other.sock" in done.stderr, done


def who_may_not_is_told_5(folder):
    def refuse(_):
        return [{"ok": False, "result": "ERR_PERMISSION", "text": "not you"}]

    venue = new_venue(folder)
    with Fake(venue, refuse):
        assert run_json("status", code=PERMISSION, folder=venue)["result"] == "ERR_PERMISSION"
    if os.geteuid() != 0:
        return
    folder.chmod(0o755)
    other = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    if shutil.which("setpriv") is not None and \
            subprocess.run([*other, "test", "-x", BUSBARCTL], check=False).returncode == 0:
        run("ledger", "verify", code=PERMISSION, folder=venue, prefix=other)


def silence_ends_with_4_and_a_closed_connection_with_3(folder):
    venue = new_venue(folder)
    with Fake(venue, lambda _: []):
        for args in (["status"], ["halt"]):
            assert run_json("-t", "1", *args, code=UNREACHABLE,
                            folder=venue)["result"] == "UNREACHABLE"
    with Fake(venue, lambda _: None):
        run("status", code=NOT_RUNNING, folder=venue)
        run("halt", code=NOT_RUNNING, folder=venue)
    with Fake(venue, lambda _: [{"no": "busbard"}]):
        run("status", code=UNREACHABLE, folder=venue)


STATUS = {"ok": True, "name": "x", "ledger_id": "0" * 64, "version": "0", "pid": 1,
          "uptime_ns": 10 ** 9, "height": 7, "number": 9, "state_root": "1" * 64,
          "block_hash": "2" * 64, "sealed_ns": 10 ** 18, "epoch": 1,
          "recovery": {"blocks": 1, "inputs": 2, "torn_bytes": 3, "elapsed_ns": 4},
          "halted": False, "counters": {"rx": 1234567}, "refused": {"ERR_MAC": 3},
          "lcores": [{"cpu": 1, "duties": ["matcher"], "turns": 5, "busy": 0.25,
                      "longest_turn_ns": 1000}],
          "ports": [{"device": "net_null0", "link": "up", "mac": "", "addresses": [], "rx": 1,
                     "rx_missed": 0, "rx_errors": 0, "rx_no_mbuf": 0, "tx": 1, "tx_errors": 0}],
          "rings": [{"name": "lane 0", "used": 1, "size": 2}], "mbufs": {"free": 3, "size": 4}}


def an_alarm_makes_the_status_1(folder):
    venue = new_venue(folder)
    for healthy, code in ((True, OK), (False, UNHEALTHY)):
        answer = {**STATUS, "healthy": healthy, "alarms": [] if healthy else ["no link"]}
        with Fake(venue, lambda _, answer=answer: [answer]):
            said, _ = run("status", folder=venue, code=OK) if healthy else (
                subprocess.run([BUSBARCTL, "-C", str(venue), "status"], text=True,
                               capture_output=True).stdout, "")
            assert "1,234,567" in said and "refused ERR_MAC" in said, said
            assert ("ALARM: no link" in said) == (not healthy), said
            told = run_json("status", code=code, folder=venue)
            assert told["height"] == 7 and "ok" not in told, told


def pages_are_joined(folder):
    def talk(request):
        first = request["first"]
        rows = [{"participant": n, "key": "0" * 64, "status": "active", "roles": ["trader"],
                 "money": -5} for n in range(first, min(first + 64, 151))]
        return [{"ok": True, "members": rows, "next": first + 64 if first + 64 < 151 else 0}]

    venue = new_venue(folder)
    with Fake(venue, talk):
        members = run_json("member", "list", folder=venue)["members"]
        assert [row["participant"] for row in members] == list(range(1, 151))
        assert len(run("member", "list", folder=venue)[0].splitlines()) == 151


def products_are_told_with_their_time(folder):
    def talk(request):
        if request["command"] == "book":
            return [{"ok": True, "product": request["product"],
                     "buys": [{"price": -5, "orders": 2, "quantity_wh": 300}], "sells": []}]
        return [{"ok": True, "products": [{"product": PRODUCT, "price_min": 0}], "next": 0}]

    venue = new_venue(folder)
    with Fake(venue, talk):
        product, = run_json("product", "list", folder=venue)["products"]
        assert product["delivery"] == "1:2025-06-11T12:00Z", product
        assert "1:2025-06-11T12:00Z" in run("product", "list", folder=venue)[0]
        book = run_json("book", "show", "1:2025-06-11T12:00Z", folder=venue)
        assert book["product"] == PRODUCT and book["buys"][0]["price"] == -5, book


def a_busy_appliance_gets_the_same_packet_again(folder):
    seen = []

    def talk(request):
        packet = bytes.fromhex(request["packet"])
        seen.append(packet)
        sequence = str(int.from_bytes(packet[16:24], "little"))
        result = "ERR_BUSY" if len(seen) < 3 else "ERR_SIGNATURE"
        return [{"ok": False, "result": result, "text": "", "sequence": sequence}]

    venue = new_venue(folder)
    with Fake(venue, talk):
        told = run_json("halt", code=UNHEALTHY, folder=venue)
    assert told["result"] == "ERR_SIGNATURE" and told["asked"] == 1 and told["done"] == 0, told
    assert len(seen) == 3 and seen[0] == seen[1] == seen[2]
    assert seen[0][:5] == b"BBP1\x04" and seen[0][8:12] == b"\x01\0\0\0", seen[0]
    assert abs(int.from_bytes(seen[0][16:24], "little") - time.time_ns()) < 60 * 10 ** 9


def a_packet_below_the_window_gets_a_new_number(folder):
    seen = []

    def talk(request):
        packet = bytes.fromhex(request["packet"])
        seen.append(int.from_bytes(packet[16:24], "little"))
        result = "ERR_SEQUENCE_OLD" if len(seen) < 2 else "ERR_ROLE"
        return [{"ok": False, "result": result, "text": "", "sequence": str(seen[-1])}]

    venue = new_venue(folder)
    with Fake(venue, talk):
        assert run_json("resume", code=UNHEALTHY, folder=venue)["result"] == "ERR_ROLE"
    assert len(seen) == 2 and seen[1] > seen[0], seen


def a_report_without_the_venues_mac_is_not_believed(folder):
    venue = new_venue(folder)
    with Fake(venue, lambda _: [{"ok": True, "report": "00" * 96, "more": False}]):
        assert run_json("halt", code=UNHEALTHY, folder=venue)["result"] == "ERR_MAC"


def a_roster_is_carried_out_to_its_end(folder):
    seen = []

    def talk(request):
        packet = bytes.fromhex(request["packet"])
        sequence = str(int.from_bytes(packet[16:24], "little"))
        seen.append((int.from_bytes(packet[36:40], "little"), int(sequence), packet[33],
                     int.from_bytes(packet[40:44], "little")))
        return [{"ok": False, "result": "ERR_PARTICIPANT_EXISTS", "text": "",
                 "sequence": sequence}]

    venue = new_venue(folder)
    roster = "# id,key\n\n" + "".join(f"{n},{n:064x},3,77\n" for n in range(2, 502))
    with Fake(venue, talk):
        told = run_json("member", "add", "--file", "-", code=UNHEALTHY, folder=venue, text=roster)
    assert told["asked"] == 500 and len(told["refused"]) == 500, told
    assert [participant for participant, *_ in seen] == list(range(2, 502))
    numbers = [sequence for _, sequence, *_ in seen]
    assert numbers == list(range(numbers[0], numbers[0] + 500)), "one window"
    assert {row[2:] for row in seen} == {(3, 77)}


def whoever_is_described_is_added_and_then_described(folder):
    """All are added first; only then, and only for who has some, attributes are set."""
    seen = []

    def talk(request):
        packet = bytes.fromhex(request["packet"])
        seen.append(packet[32:-80])
        return [{"ok": False, "result": "ERR_ROLE", "text": "",
                 "sequence": str(int.from_bytes(packet[16:24], "little"))}]

    venue = new_venue(folder)
    roster = (f"2,{2:064x},1,10,0,0,5,300,11000,4000,9,5000,250000,1\n{3:064x}\n"
              .replace("\n" + "0", "\n3,0", 1))
    with Fake(venue, talk):
        told = run_json("member", "add", "--file", "-", code=UNHEALTHY, folder=venue, text=roster)
    assert told["asked"] == 3 and len(seen) == 3, (told, seen)
    assert [record[0] for record in seen] == [1, 1, 7], seen
    assert seen[2] == struct.pack("<BBHIIIIIIB3x", 7, 5, 300, 2, 11000, 4000, 9, 5000, 250000, 1)


def operations_are_sent_as_they_are_written(folder):
    """One command line each, and the bytes of its record."""
    seen = []

    def talk(request):
        if request["command"] == "rules":
            return [{"ok": True, "rules": {"kappa": 7, "k_milli": 500}, "zones": [1]}]
        packet = bytes.fromhex(request["packet"])
        seen.append((int.from_bytes(packet[8:12], "little"), packet[32:-80]))
        return [{"ok": False, "result": "ERR_ROLE", "text": "",
                 "sequence": str(int.from_bytes(packet[16:24], "little"))}]

    venue = new_venue(folder)
    run("key", "new", folder / "grid.key")
    grid = ["--participant", 4, "--key", folder / "grid.key"]
    first, quarter = PRODUCT & 0xffffff, "2025-06-11T12:00Z"
    for words, sender, record in [
            (["member", "kill", 9], 1, struct.pack("<B3xI24x", 8, 9)),
            (["member", "arm", 9], 1, struct.pack("<B3xI24x", 9, 9)),
            (["account", "deposit", 9, 5], 1, struct.pack("<B3xIq16x", 10, 9, 5)),
            (["account", "withdraw", 9, 5], 1, struct.pack("<B3xIq16x", 10, 9, -5)),
            (["product", "halt", PRODUCT], 1, struct.pack("<B3xI24x", 11, PRODUCT)),
            (["product", "resume", PRODUCT], 1, struct.pack("<B3xI24x", 12, PRODUCT)),
            (["dispute", "rule", PRODUCT, "--uphold"], 1, struct.pack("<BB2xI24x", 13, 1, PRODUCT)),
            (["grid", "line", 5, 1, 2, "--start", quarter, "--count", 96, "--capacity", 500,
              "--reverse", 400, "--fee", "-3", *grid], 4,
             struct.pack("<BBBBIH2xIIi8x", 14, 5, 1, 2, first, 96, 500, 400, -3)),
            (["grid", "line", 5, 1, 2, "--capacity", 500], 1,
             struct.pack("<BBBBIH2xIIi8x", 14, 5, 1, 2, 0, 0, 500, 500, 0)),
            (["grid", "imbalance", "--start", quarter, "--count", 4, "--long", "-20", "--short", 9,
              "--reference", 5, *grid], 4, struct.pack("<B3xIIiii8x", 15, first, 4, -20, 9, 5)),
            (["grid", "restrict", 9, PRODUCT, 700, *grid], 4,
             struct.pack("<B3xIII16x", 16, 9, PRODUCT, 700)),
            # What is not named stays as it is.
            (["param", "set", "clearing", "kappa=-1"], None, None),
            (["param", "set", "clearing", "kappa=9"], 1,
             struct.pack("<BxH12i12x", 6, 3, 500, 9, *[0] * 10)),
            (["param", "set", "ZONES", "list=1,33"], 1,
             struct.pack("<BxH12i12x", 6, 9, 2, 2, *[0] * 10))]:
        seen.clear()
        with Fake(venue, talk):
            run(*words, code=USAGE if sender is None else UNHEALTHY, folder=venue)
        assert seen == ([] if sender is None else [(sender, record)]), (words, seen)


def a_wrong_roster_adds_nobody(folder):
    venue = new_venue(folder)
    for line in ("2", "x," + "1" * 64, "0," + "1" * 64, "2," + "1" * 63, "2," + "1" * 64 + ",256",
                 "2," + "1" * 64 + ",1" * 13, "2," + "1" * 64 + ",1,1,1,1,16", "2," + "1" * 64 + ",", "2," + "1" * 300):
        with Fake(venue, lambda _: None):
            _, said = run("member", "add", "--file", "-", code=USAGE, folder=venue,
                          text=f"3,{'1' * 64}\n{line}\n")
            assert "-:2:" in said, (line, said)


def a_damaged_venue_json_is_named(folder):
    venue = new_venue(folder)
    good = json.loads((venue / "venue.json").read_text())
    for change in ({"schema": "busbar.venue/2"}, {"key": "12"}, {"ledger_id": 7}, {"udp": 0},
                   {"host": "venue.example"}, {"name": 1}):
        (venue / "venue.json").write_text(json.dumps({**good, **change}))
        _, said = run("halt", code=USAGE, folder=venue)
        assert f'"{next(iter(change))}"' in said, said
    (venue / "venue.json").write_text("{")
    run("halt", code=USAGE, folder=venue)
    (venue / "venue.json").unlink()
    run("halt", code=USAGE, folder=venue)


def an_operator_key_that_others_can_read_is_refused(folder):
    venue = new_venue(folder)
    (venue / "operator.key").chmod(0o640)
    assert run_json("halt", code=USAGE, folder=venue)["result"] == "ERR_MODE"


def a_snapshot_needs_blocks_and_a_check_a_snapshot(folder):
    venue = new_venue(folder)
    told = run_json("ledger", "snapshot", code=1, folder=venue)
    assert told["result"] == "ERR_NOT_FOUND" and "nothing but genesis" in told["text"], told
    told = run_json("ledger", "snapshot", "--check", code=1, folder=venue)
    assert told["result"] == "ERR_NOT_FOUND" and "has no snapshot" in told["text"], told
    told = run_json("ledger", "snapshot", "--check", "7", code=1, folder=venue)
    assert told["result"] == "ERR_NOT_FOUND" and "cannot be opened" in told["text"], told
    run_json("ledger", "snapshot", "7", code=USAGE, folder=venue)
    run_json("ledger", "snapshot", "--check", "0", code=USAGE, folder=venue)


def a_snapshot_in_the_background_ends_with_whoever_reads_it(folder):
    command = [BUSBARCTL, "-C", new_venue(folder), "ledger", "snapshot", "--background"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (UNHEALTHY, ""), done

    # In a container busbard may be process 1, and so is the parent of an orphan elsewhere.
    alone = ["unshare", "--pid", "--fork"] + ([] if os.geteuid() == 0 else ["-r"])
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"]).returncode != 0:
        print("no process can be number 1 here: not tested", flush=True)
        return
    done = subprocess.run([*alone, "sh", "-c", '"$0" "$@"; exit $?', *command], text=True,
                          capture_output=True)
    assert done.returncode == UNHEALTHY and "nothing but genesis" in done.stderr, done


def a_fresh_ledger_verifies_and_replays(folder):
    venue = new_venue(folder)
    verified = run_json("ledger", "verify", folder=venue)
    replayed = run_json("ledger", "replay", folder=venue)
    for told in (verified, replayed):
        assert told["blocks"] == 1 and told["inputs"] == 0 and told["height"] == 0, told
        assert len(told["state_root"]) == len(told["log_root"]) == 64
        assert told["seconds"] >= 0 and told["mb_per_s"] > 0
    assert verified["state_root"] == replayed["state_root"]
    assert verified["schema"] == "busbar.ledger.verify/1"
    assert replayed["schema"] == "busbar.ledger.replay/1"
    assert verified["state_root"] in run("ledger", "verify", folder=venue)[0]
    assert set(verified["cpu"]) == {"hashing", "signatures"}, verified
    assert set(replayed["cpu"]) == {"hashing", "signatures", "market"}, replayed
    for told in (verified, replayed):
        assert abs(sum(work["share"] for work in told["cpu"].values()) - 1) < 0.01, told
        assert told["signatures"] == 1 and told["signatures_in_bursts"] == 0, told
        assert told["commands"] == 0 and told["first_height"] == 0, told


def an_audit_is_the_same_with_any_number_of_cores(folder):
    venue = new_venue(folder)
    for command in ("verify", "replay"):
        for options in ([], ["--libsodium"], ["--no-packet-signatures"]):
            alone, many = (run_json("ledger", command, "--cores", cores, *options, folder=venue)
                           for cores in (1, 3))
            assert alone["threads"] == 1 and many["threads"] == 3, (alone, many)
            for field in ("height", "block_hash", "state_root", "log_root", "signatures"):
                assert alone[field] == many[field], (field, alone, many)
        for bad in (["--cores", "0"], ["--cores", "257"], ["--cores", "x"]):
            run("ledger", command, *bad, code=USAGE, folder=venue)
    said, _ = run("ledger", "replay", "--cores", 1, folder=venue)
    for word in ("hashing", "signatures", "market", "commands/s", "1 thread\n"):
        assert word in said, (word, said)


def a_tail_can_be_verified_alone(folder):
    venue = new_venue(folder)
    assert run_json("ledger", "verify", "--from", 0, folder=venue)["height"] == 0
    beyond = run_json("ledger", "verify", "--from", 7, folder=venue, code=UNHEALTHY)
    assert beyond["result"] == "ERR_NOT_FOUND" and "last one is 0" in beyond["text"], beyond
    run("ledger", "replay", "--from", 0, code=USAGE, folder=venue)


def the_genesis_block_is_shown(folder):
    venue = new_venue(folder)
    block, = run_json("ledger", "show", "--inputs", folder=venue)["blocks"]
    entry, = block["inputs"]
    assert block["height"] == 0 and block["segment"] == 0 and block["offset"] == 8192, block
    assert block["size"] % 4096 == 0 and block["input_count"] == 1, block
    assert entry["type"] == "genesis" and entry["number"] == 0, entry
    assert run_json("ledger", "show", "0", folder=venue)["blocks"][0]["height"] == 0
    assert "genesis" in run("ledger", "show", "--inputs", folder=venue)[0]


def a_flipped_bit_is_named(folder):
    venue = new_venue(folder)
    segment = venue / "ledger" / "seg-0000000000000000"
    original = segment.read_bytes()
    for where in (8, 100, 300, 520):
        damaged = bytearray(original)
        damaged[8192 + where] ^= 0x10
        segment.write_bytes(damaged)
        told = run_json("ledger", "verify", code=UNHEALTHY, folder=venue)
        assert told["result"].startswith("ERR_") and told["text"], told
        assert told["height"] == 0, told
        run_json("ledger", "replay", code=UNHEALTHY, folder=venue)
        run("ledger", "verify", code=UNHEALTHY, folder=venue)
    segment.write_bytes(original)
    run("ledger", "verify", folder=venue)


TESTS = [value for name, value in list(globals().items())
         if callable(value) and getattr(value, "__module__", "") == "__main__"
         and name not in ("run", "run_json", "new_venue", "Fake", "main")]


def main():
    for test in TESTS:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="busbar-cli-"))
        try:
            test(folder)
        except BaseException:
            print(f"{test.__name__}: FAILED, files are in {folder}", flush=True)
            raise
        shutil.rmtree(folder)
        print(f"{test.__name__}: passed", flush=True)
    for folder in TEMPLATE:
        shutil.rmtree(folder)
    print(f"{len(TESTS)} passed, 0 failed")


main()
