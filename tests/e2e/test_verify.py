#!/usr/bin/env python3
"""Signatures on the whole appliance: each way to check them, and the tables that come and go."""
from appliance import Appliance, main


def start(build, participants, *lines):
    venue = Appliance(build, participants=participants).init()
    conf = venue.folder / "busbard.conf"
    conf.write_text("".join(f"{line}\n" for line in lines) + conf.read_text())
    return venue.start()


def each_way_trades_and_says_which_it_is(build):
    for lines, verify, table_bytes in [
            (["verify = fast", "key_tables = 8K"], "fast", 8192),
            (["verify = both", "key_tables = 8K"], "both", 8192),
            (["key_tables = none"], "libsodium", 0)]:
        venue = start(build, 16, *lines).fill()
        sent = venue.gen("--rounds", 1)
        status = venue.ctl("status")
        assert sent["lost"] == 0 and sent["answered"] == sent["packets"], sent
        assert status["counters"]["verify_differed"] == 0, status
        assert "ERR_SIGNATURE" not in status["refused"], status
        signatures = status["signatures"]
        assert signatures["verify"] == verify, signatures
        assert signatures["table_bytes"] == table_bytes, signatures
        assert signatures["tables"] == (17 if table_bytes else 0), signatures
        assert (signatures["code"] == "libsodium") == (verify == "libsodium"), signatures
        venue.stop()
        venue.prove()
        venue.remove()


def a_table_goes_with_its_participant(build):
    # Enough of them that several threads make the tables of a start.
    venue = start(build, 200).fill()
    assert venue.ctl("status")["signatures"]["tables"] == 201
    venue.ctl("member", "revoke", 201)
    assert venue.ctl("status")["signatures"]["tables"] == 200
    venue.stop()
    venue.start()
    signatures = venue.ctl("status")["signatures"]
    assert signatures["tables"] == 200 and signatures["table_bytes"] == 65536, signatures
    sent = venue.gen("--rounds", 1, "--participants", 199)
    assert sent["lost"] == 0 and sent["answered"] == sent["packets"], sent
    assert venue.ctl("status")["refused"] == {}, venue.ctl("status")
    venue.stop()
    venue.prove()
    venue.remove()


if __name__ == "__main__":
    main(each_way_trades_and_says_which_it_is, a_table_goes_with_its_participant)
