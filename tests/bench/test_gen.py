#!/usr/bin/env python3
"""The program itself: its files are read by other tools, its mistakes are told.

usage: test_gen.py BUSBAR_GEN
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

GEN = sys.argv[1]
VENUE = {"schema": "busbar.venue/1", "name": "Test", "ledger_id": "5a" * 32,
         "key": "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
         "host": "10.0.0.1", "udp": 7600}


def gen(*args, code=0):
    done = subprocess.run([GEN, *map(str, args)], text=True, capture_output=True)
    assert done.returncode == code, (args, done)
    return done


def venue(folder, **changes):
    path = folder / "venue.json"
    path.write_text(json.dumps({**VENUE, **changes}))
    return path


def record(folder, name, seed, *more):
    path = folder / name
    out = gen("run", "--venue", venue(folder), "--participants", 20, "--seed", seed,
              "--pcap", path, "-j", *more).stdout
    return path, json.loads(out.splitlines()[-1])


def the_same_seed_writes_the_same_file(folder):
    first, _ = record(folder, "a.pcap", 1)
    second, _ = record(folder, "b.pcap", 1)
    other, _ = record(folder, "c.pcap", 2)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def wireshark_reads_the_file(folder):
    path, told = record(folder, "d.pcap", 1, "--rounds", 1, "--mac", "02:00:00:00:00:01")
    if shutil.which("tshark") is None or shutil.which("capinfos") is None:
        return "tshark and capinfos are not here"
    infos = subprocess.run(["capinfos", "-c", "-M", path], text=True, check=True,
                           capture_output=True).stdout
    assert str(told["packets"]) in infos.split(), infos
    fields = ("ip.src", "ip.dst", "udp.srcport", "udp.dstport", "udp.length", "eth.dst",
              "ip.checksum.status", "udp.checksum.status")
    rows = subprocess.run(["tshark", "-r", path, "-T", "fields", "-E", "separator=,",
                           "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
                           *[word for field in fields for word in ("-e", field)]],
                          text=True, check=True, capture_output=True).stdout.splitlines()
    assert len(rows) == told["packets"] and told["orders"] > 0, told
    for row in rows:
        source, target, source_port, target_port, size, mac, *good = row.split(",")
        participant = int(source.rsplit(".", 1)[1])
        assert (target, target_port, mac) == ("10.0.0.1", "7600", "02:00:00:00:00:01"), row
        assert int(source_port) == 20000 + participant and 2 <= participant <= 21, row
        assert (int(size) - 8 - 112) % 32 == 0, row
        assert good == ["1", "1"], row
    return None


def a_roster_has_a_line_for_each(_folder):
    lines = gen("roster", "--participants", 30, "--seed", 4).stdout.splitlines()
    rows = [line.split(",") for line in lines]
    assert [int(row[0]) for row in rows] == list(range(2, 32))
    assert len({row[1] for row in rows}) == 30 and all(len(row[1]) == 64 for row in rows)
    assert all(row[2:] == ["1", "288", "0", "0"] for row in rows)
    assert lines[:3] == gen("roster", "--participants", 3, "--seed", 4).stdout.splitlines()


def mistakes_are_usage(folder):
    good = ["run", "--venue", venue(folder), "--participants", 3]
    for args in (
            [], ["dance"], ["run"], ["roster"], ["roster", "--participants", 0],
            ["roster", "--participants", "3x"], good, [*good, "--udp", "10.0.0.1", "--pcap", "x"],
            [*good, "--pcap", folder / "x", "--records", 43], [*good, "--udp", "venue.example"],
            [*good, "--udp", "10.0.0.1:"], [*good, "--udp", "[::1"], [*good, "--pcap", "/no/file"],
            [*good, "--pcap", folder / "x", "--day", "2025-02-30"],
            [*good, "--pcap", folder / "x", "--mac", "1"], [*good, "--pcap", folder / "x", "more"],
            [*good, "--pcap", folder / "x", "--colour"],
            ["run", "--venue", folder / "none", "--participants", 3, "--pcap", folder / "x"]):
        done = gen(*args, code=2)
        assert done.stderr.startswith("busbar-gen: "), (args, done)
        assert len(done.stderr.splitlines()) == 1, done
    for changes in ({"schema": "busbar.venue/2"}, {"key": "00"}, {"key": "00" * 32},
                    {"ledger_id": "zz" * 32}, {"udp": 0}, {"udp": "7600"}, {"host": "x"},
                    {"host": "1" * 99}):
        gen("run", "--venue", venue(folder, **changes), "--participants", 3, "--pcap",
            folder / "x", code=2)
    assert "usage" in gen("--help").stdout


def nobody_there_is_lost(folder):
    done = gen("run", "--venue", venue(folder), "--participants", 3, "--udp", "127.0.0.1:9",
               "--patience", 1, "-j", code=1)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["answered"] == 0 and told["participants_traded"] == 0, told


def main():
    skipped = []
    for test in (the_same_seed_writes_the_same_file, wireshark_reads_the_file,
                 a_roster_has_a_line_for_each, mistakes_are_usage, nobody_there_is_lost):
        with tempfile.TemporaryDirectory(prefix="busbar-gen-") as folder:
            why = test(pathlib.Path(folder))
        print(f"{test.__name__}: {'SKIPPED: ' + why if why else 'passed'}", flush=True)
        skipped += [why] if why else []
    sys.exit(77 if skipped else 0)


main()
