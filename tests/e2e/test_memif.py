#!/usr/bin/env python3
"""Two processes, one wire: the generator trades with the appliance over memif."""
from appliance import Appliance, main, need_cpus


def every_packet_is_accounted_for(build):
    venue = Appliance(build).init().start().fill()
    before = venue.ctl("status")["counters"]
    sent = venue.gen()
    status = venue.ctl("status")
    counted = {name: status["counters"][name] - before[name] for name in before}
    refused = sum(status["refused"].values())

    assert sent["lost"] == 0, sent
    assert sent["answered"] == sent["packets"], sent
    assert sent["participants_traded"] == venue.participants, sent
    # What the port brought in is what the counters say, reason by reason.
    frames = sum(counted[name] for name in ("accepted", "repeated", "queries", "arp_answered",
                                            "echo_answered", "foreign")) + refused
    assert counted["rx"] == frames, status
    # Every packet that was sent, first or again, is in one of them; and each was applied once.
    # (A repeat may pass the gate while its original is still in the lane: the matcher decides.)
    assert counted["accepted"] + counted["repeated"] + refused + status["ports"][0]["rx_missed"] \
        == sent["packets"] + sent["repeats"], (sent, status)
    assert counted["queries"] == sent["queries"], (sent, status)
    assert counted["sequenced"] == sent["packets"], (sent, status)
    assert counted["trades"] == sent["trades"], (sent, status)
    venue.stop()
    verified, _ = venue.prove()
    assert verified["height"] == status["height"]
    assert verified["state_root"] == status["state_root"]
    venue.remove()


def a_restart_goes_on_where_it_stopped(build):
    venue = Appliance(build).init().start().fill()
    venue.gen("--rounds", 1)
    stopped = venue.ctl("status")
    venue.stop()
    venue.start()
    again = venue.ctl("status")
    assert again["state_root"] == stopped["state_root"], (stopped, again)
    assert again["number"] == stopped["number"]
    members = venue.ctl("member", "list")["members"]
    assert len(members) == venue.participants + 1
    # The new generator does not know the orders it left behind, so some of its records are
    # refused: exit code 1.
    more = venue.gen(ok=(0, 1))
    assert more["lost"] == 0 and more["answered"] == more["packets"], more
    venue.stop()
    venue.prove()
    venue.remove()


def a_flipped_bit_in_any_block_is_named(build):
    venue = Appliance(build, participants=8).init().start().fill()
    venue.stop()
    segment = sorted((venue.folder / "ledger").glob("seg-*"))[0]
    blocks = venue.ctl("ledger", "show")["blocks"]
    assert len(blocks) >= 3, blocks
    original = segment.read_bytes()
    for block in blocks:
        for where in (8, 100, 300, 520, block["size"] - 10):
            damaged = bytearray(original)
            damaged[block["offset"] + where] ^= 0x10
            segment.write_bytes(damaged)
            answer = venue.ctl("ledger", "verify", ok=(1,))
            assert answer["result"] != "ok", (block, where)
            assert answer["height"] == block["height"], (block, where, answer)
    segment.write_bytes(original)
    venue.prove()
    venue.remove()


need_cpus(2)
main(every_packet_is_accounted_for, a_restart_goes_on_where_it_stopped,
     a_flipped_bit_in_any_block_is_named)
