#!/usr/bin/env python3
"""A plain kernel socket in another network namespace trades with the appliance over veth.

The appliance drives its end with net_af_packet and with net_af_xdp; the client's side is the
kernel's own stack: ARP, neighbour discovery, ping, UDP over IPv4 and IPv6.
"""
import json
import subprocess
import time

from appliance import Appliance, main, need_cpus, need_programs, need_root

SPACE = "bbclient"


def shell(command, check=True):
    return subprocess.run(command, shell=True, check=check, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True).stdout


def wire():
    unwire()
    shell(f"ip netns add {SPACE} && ip link add bbveth0 type veth peer name bbveth1 netns {SPACE}"
          f" && ip link set bbveth0 up"
          f" && ip netns exec {SPACE} ip link set lo up"
          f" && ip netns exec {SPACE} ip link set bbveth1 up"
          # veth hands packets over with their checksums left to a card that is not there.
          f" && ip netns exec {SPACE} ethtool -K bbveth1 tx off >/dev/null"
          f" && ip netns exec {SPACE} ip addr add 10.9.0.2/24 dev bbveth1"
          f" && ip netns exec {SPACE} ip -6 addr add fd09::2/64 dev bbveth1 nodad")


def unwire():
    shell(f"ip netns del {SPACE}; ip link del bbveth0", check=False)


def trade(build, device, more=""):
    need_root()
    need_programs("ip", "ping", "ethtool")
    wire()
    inside = ["ip", "netns", "exec", SPACE]
    try:
        venue = Appliance(build, device=device, ipv4="10.9.0.1", participants=16).init()
        venue.configure("[port 0]\n", "[port 0]\nipv6 = fd09::1\n" + more)
        venue.start().fill()
        print(shell(f"ip netns exec {SPACE} ping -c 2 -W 2 10.9.0.1"), flush=True)
        shell(f"ip netns exec {SPACE} ping -6 -c 2 -W 2 fd09::1")

        sent = venue.gen("--udp", "10.9.0.1:7600", "--rounds", 1, device=False, prefix=inside)
        assert sent["lost"] == 0 and sent["answered"] == sent["packets"], sent
        # As a generator that was restarted: some of its records meet orders it does not know.
        more = venue.gen("--udp", "[fd09::1]:7600", device=False, prefix=inside, ok=(0, 1))
        assert more["lost"] == 0 and more["answered"] == more["packets"], more

        status = venue.ctl("status")["counters"]
        assert status["arp_answered"] > 0 and status["echo_answered"] >= 4, status
        venue.stop()
        venue.prove()
        venue.remove()
    finally:
        unwire()


def over_af_packet(build):
    trade(build, "net_af_packet0,iface=bbveth0")


def over_af_xdp(build):
    trade(build, "net_af_xdp0,iface=bbveth0,force_copy=1")


def an_order_from_a_shell(build):
    """`busbarctl order` through libbusbar and the kernel's UDP."""
    need_root()
    need_programs("ip", "ethtool")
    wire()
    inside = ["ip", "netns", "exec", SPACE]
    try:
        venue = Appliance(build, device="net_af_packet0,iface=bbveth0", ipv4="10.9.0.1",
                          participants=2).init().start()
        for participant in (2, 3):
            key = venue.folder / f"p{participant}.key"
            venue.ctl("key", "new", key)
            venue.ctl("member", "add", participant, "--key-file", f"{key}.pub")
        venue.ctl("product", "add", "--zone", 1, "--start", "2025-06-11T12:00Z", "--count", 1,
                  "--band", "0:500000", "--tick", 100, "--lot", 100, "--max", 1000000)
        product = venue.ctl("product", "list")["products"][0]["product"]

        def order(participant, *words):
            out = venue.run("busbarctl", "-j", "order", "--venue", venue.folder / "venue.json",
                            "--participant", participant, "--key",
                            venue.folder / f"p{participant}.key", *words, prefix=inside)
            return json.loads(out.splitlines()[-1])

        order(2, "sell", product, "1000@90000")
        bought = order(3, "buy", product, "400@100000")
        assert "TRADED" in json.dumps(bought), bought
        book = venue.ctl("book", "show", product)
        assert "90000" in json.dumps(book) and "600" in json.dumps(book), book

        # Nothing more is heard of the seller: its order leaves with a tick.
        assert "ACCEPTED" in json.dumps(order(2, "silence", 1))
        end = time.monotonic() + 20
        while "90000" in json.dumps(venue.ctl("book", "show", product)):
            assert time.monotonic() < end, "the orders of the silent stay"
            time.sleep(0.1)
        venue.stop()
        venue.prove()
        venue.remove()
    finally:
        unwire()


need_cpus(2)
main(over_af_packet, over_af_xdp, an_order_from_a_shell)
