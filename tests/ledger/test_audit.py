#!/usr/bin/env python3
"""test_audit MAKE_LEDGER - docs/ledger.md is enough to check a ledger without our code.

Reads the ledger that MAKE_LEDGER wrote with nothing but hashlib and struct, and must come to
the same hashes.  Signatures are left to others: they need a library."""
import hashlib
import pathlib
import shutil
import struct
import subprocess
import sys


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Tree:
    """RFC 6962, section 2.1, one leaf at a time: roots of complete subtrees, largest first."""

    def __init__(self):
        self.size, self.stack = 0, []

    def add(self, data):
        node = sha(b"\0", data)
        size = self.size
        while size & 1:
            node = sha(b"\1", self.stack.pop(), node)
            size >>= 1
        self.stack.append(node)
        self.size += 1

    def root(self):
        node = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            node = sha(b"\1", left, node)
        return node


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def records(body):
    at = 0
    while at < len(body):
        size, kind, zero = struct.unpack_from("<IHH", body, at)
        end = at + 8 + size
        padded = (end + 7) & ~7
        assert zero == 0 and not any(body[end:padded])
        yield kind, body[at + 8:end], body[at:padded]
        at = padded
    assert at == len(body)


def read_block(segment, at, nonce, state):
    head = segment[at:at + 512]
    assert head[:8] == b"BBBLKv2\0" and not any(head[328:504])
    assert struct.unpack("<II", head[504:]) == (crc32c(head[:504]), 0x5A5AA5A5)
    (height, epoch, own_nonce, total, size, inputs, results, durable, first, sealed, previous,
     inputs_root, results_root, state_root, log_size, log_root, zero_sectors) = struct.unpack(
         "<QQ16sQQIIQQQ32s32s32s32sQ32sQ", head[8:264])
    assert (height, epoch, own_nonce, previous) == (
        state["height"] + 1, 1, nonce, state["block_hash"])
    assert total % 4096 == 0 and durable <= max(height - 1, 0) and sealed >= first
    block = segment[at:at + total]
    body = block[512:512 + size]
    assert not any(block[512 + size:-64])
    assert zero_sectors == sum(not any(block[i:i + 512]) for i in range(0, total, 512))
    block_hash = sha(b"busbar-block-v2\0", head[:264])
    assert block[-64:] == b"BBENDv2\0" + struct.pack("<Q", height) + nonce + block_hash

    everything = list(records(body))
    ins, outs = everything[:inputs], everything[inputs:]
    assert (inputs, results) != (0, 0) or (size, first) == (0, 0)  # a heartbeat
    assert len(outs) == results and all(k == 16 and len(b) == 56 for k, b, _ in outs)
    record_hashes, result_hashes, results_read = [], [], 0
    for kind, data, raw in ins:
        number, time_ns = struct.unpack_from("<QQ", data)
        assert kind == 2 if height == 0 else kind in (1, 4)
        assert kind != 4 or len(data) == 16
        assert number == (0 if height == 0 else state["number"] + 1)
        caused = [o for _, b, o in outs if struct.unpack_from("<Q", b)[0] == number]
        record_hashes.append(sha(raw))
        result_hashes.append(sha(*caused))
        results_read += len(caused)
        state["tree"].add(data[:16] + record_hashes[-1] + result_hashes[-1])
        state["number"] = number
        if height == 0:
            assert sha(data[16:]) == state["ledger_id"]
    numbers = [struct.unpack_from("<Q", b)[0] for _, b, _ in outs]
    assert results_read == results and numbers == sorted(numbers)
    assert (sha(*record_hashes), sha(*result_hashes)) == (inputs_root, results_root)
    state["state_root"] = sha(state["state_root"], results_root)
    assert state_root == state["state_root"]
    assert (log_size, log_root) == (state["tree"].size, state["tree"].root())
    state.update(height=height, block_hash=block_hash, log_root=log_root)
    return at + total


def read_ledger(folder):
    state = {"height": -1, "number": 0, "block_hash": bytes(32), "state_root": bytes(32),
             "tree": Tree()}
    for index, path in enumerate(sorted(folder.glob("seg-*"))):
        segment = path.read_bytes()
        assert path.name == f"seg-{index:016x}" and segment[:4096] == segment[4096:8192]
        assert segment[:16] == b"BBSEGv1\0" + struct.pack("<II", 4096, 1)
        own, size, nonce, first, _, state["ledger_id"], previous, epoch = struct.unpack(
            "<QQ16sQQ32s32sQ", segment[16:136])
        assert (own, size, first, previous, epoch) == (
            index, len(segment), state["height"] + 1, state["block_hash"], 1)
        assert sha(segment[:4064]) == segment[4064:4096] and not any(segment[168:4064])
        at = 8192
        while at < size and any(segment[at:at + 512]):
            at = read_block(segment, at, nonce, state)
        assert not any(segment[at:])
    return state


def main():
    printed = dict(line.split() for line in
                   subprocess.check_output(sys.argv[1], text=True).splitlines())
    folder = pathlib.Path(printed["folder"])
    try:
        state = read_ledger(folder)
        assert len(list(folder.glob("seg-*"))) == 2
    finally:
        shutil.rmtree(folder)
    for name in ("height", "number"):
        assert state[name] == int(printed[name]), name
    for name in ("block_hash", "state_root", "log_root"):
        assert state[name].hex() == printed[name], name
    print(f"{state['height'] + 1} blocks, {state['number']} inputs: the same hashes")


if __name__ == "__main__":
    main()
