#!/usr/bin/env python3
"""A file of packets in, a file of answers out; tcpreplay sends the same and trades the same."""
import shutil
import subprocess
import time

from appliance import Appliance, main, need_cpus, need_programs, need_root


def wait_for(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"timed out: {what}"
        time.sleep(0.1)


def record(venue):
    """Packets of one round as a pcap file, before the appliance has seen any."""
    pcap = venue.folder.parent / "bids.pcap"
    venue.run("busbar-gen", *venue.gen_args("--pcap", pcap, "--rounds", 1, device=False))
    return pcap


def events_of(venue):
    """What the ledger says happened to the participants' packets, in order."""
    events = []
    for block in venue.ctl("ledger", "show", "--inputs")["blocks"]:
        for entry in block["inputs"]:
            if entry.get("participant", 1) != 1:
                events.append((entry["participant"], entry["sequence"], entry["events"]))
    return events


def quiet(venue):
    status = venue.ctl("status")
    counters = status["counters"]
    done = counters["accepted"] + counters["repeated"] + counters["queries"]
    return counters["rx"] > 0 and counters["answers"] >= done


def restart_on(venue, device):
    """The same venue, from a copy of its ledger, on another port."""
    venue.stop()
    venue.configure(venue.device, device)
    venue.device = device
    venue.start()


def a_pcap_is_traded_and_answered_in_a_pcap(build):
    venue = Appliance(build, participants=32).init().start().fill()
    pcap = record(venue)
    out = venue.folder.parent / "answers.pcap"
    restart_on(venue, f"net_pcap0,rx_pcap={pcap},tx_pcap={out}")
    wait_for(lambda: quiet(venue), "the pcap is read")
    status = venue.ctl("status")
    venue.stop()
    assert status["counters"]["trades"] > 0, status
    assert status["refused"] == {}, status
    verified, _ = venue.prove()
    assert out.stat().st_size > 64 * status["counters"]["answers"]
    assert verified["inputs"] > 32
    venue.remove()


def tcpreplay_trades_the_same(build):
    need_root()
    need_programs("tcpreplay", "ip")
    first = Appliance(build, participants=32).init().start().fill()
    first.stop()
    ledger = first.folder.parent / "copy"
    shutil.copytree(first.folder / "ledger", ledger)
    first.start()
    pcap = record(first)
    restart_on(first, f"net_pcap0,rx_pcap={pcap},tx_pcap={first.folder.parent}/a.pcap")
    wait_for(lambda: quiet(first), "the pcap is read")
    first.stop()
    wanted = events_of(first)

    shutil.rmtree(first.folder / "ledger")
    shutil.copytree(ledger, first.folder / "ledger")
    subprocess.run(["ip", "link", "del", "bbrep0"], check=False, stderr=subprocess.DEVNULL)
    subprocess.run("ip link add bbrep0 type veth peer name bbrep1 && ip link set bbrep0 up "
                   "&& ip link set bbrep1 up", shell=True, check=True)
    try:
        first.configure(first.device, "net_af_packet0,iface=bbrep0")
        first.configure("[port 0]\n", "[port 0]\npromiscuous = yes\n")
        first.start()
        time.sleep(1)
        subprocess.run(["tcpreplay", "-q", "-i", "bbrep1", "--pps", "2000", str(pcap)],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: quiet(first), "tcpreplay's packets are answered")
        first.stop()
    finally:
        subprocess.run(["ip", "link", "del", "bbrep0"], check=False)
    assert events_of(first) == wanted, "the same packets traded otherwise"
    first.prove()
    first.remove()


need_cpus(2)
main(a_pcap_is_traded_and_answered_in_a_pcap, tcpreplay_trades_the_same)
