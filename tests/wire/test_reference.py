#!/usr/bin/env python3
"""test_reference - golden.h is what docs/wire.md says, recomputed without busbar's code, and the
lists in the document are those of the headers."""
import pathlib
import re
import sys

import reference

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def known_answers():
    key = bytes(range(16))
    yield "SipHash of nothing", reference.siphash128(key, b"").hex(), \
        "a3817f04ba25a8e66df67214c7550293"
    yield "SipHash of one byte", reference.siphash128(key, b"\0").hex(), \
        "da87c1d86b99af44347659119b22fc45"
    signer = reference.Identity(bytes.fromhex(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    yield "RFC 8032 TEST 2", signer.sign(b"\x72").hex(), \
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" \
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"


def golden_header():
    text = (HERE / "golden.h").read_text()
    for name, body in re.findall(r"golden_(\w+)\[\] =\n([^;]*);", text):
        yield name, "".join(re.findall(r'"([0-9a-f]*)"', body))


def document_faults(computed):
    """What docs/wire.md says otherwise than the headers or the vectors."""
    document = (ROOT / "docs/wire.md").read_text()
    header = (ROOT / "base/bb_result.h").read_text()
    results = re.findall(r'X\(BB_(\w+),\s+(\d+), "([^"]*)"\)', header)
    listed = re.findall(r"^\| (\d+) \| `(\w+)` \| (.*) \|$", document, re.M)
    if listed != [(number, name, text) for name, number, text in results]:
        yield "the list of results"
    header = (ROOT / "market/bb_event.h").read_text()
    kinds = re.search(r"BB_EVENT_NONE,(.*?)BB_EVENT_KINDS", header, re.S).group(1)
    events = [(str(number), name.lower().replace("_", " "))
              for number, name in enumerate(re.findall(r"BB_EVENT_(\w+),", kinds), 1)]
    table = re.search(r"^\| event \|.*?\n\n", document, re.S | re.M).group(0)
    if re.findall(r"^\| (\d+) \| ([\w ]+) \|", table, re.M) != events:
        yield "the list of events"
    squeezed = re.sub(r"\n +", "", document)
    y = int.from_bytes(reference.VENUE.public_key, "little") & (1 << 255) - 1
    u = (1 + y) * pow(1 - y, reference.P - 2, reference.P) % reference.P
    steps = (reference.PARTICIPANT.scalar.to_bytes(32, "little"), u.to_bytes(32, "little"),
             reference.x25519(reference.PARTICIPANT.scalar, u))
    names = ("participant_key", "venue_key", "mac_key", "query", "bids", "answer")
    for content in [computed[name] for name in names] + [step.hex() for step in steps]:
        if content not in squeezed:
            yield f"test vector {content[:16]}"


def main():
    wrong = [name for name, got, wanted in known_answers() if got != wanted]
    computed = {name: content.hex() for name, content in reference.golden()}
    written = dict(golden_header())
    wrong += [name for name in computed.keys() | written.keys()
              if computed.get(name) != written.get(name)]
    wrong += [f"docs/wire.md: {fault}" for fault in document_faults(computed)]
    print("\n".join(f"differs: {name}" for name in sorted(wrong)) or
          f"{len(written)} golden vectors agree with docs/wire.md")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
