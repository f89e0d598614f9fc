#!/usr/bin/env python3
"""Faults planted in ledger, gate and market, one at a time: the simulator must find each.

usage: test_faults.py SOURCE_ROOT BUILD_ROOT COMPILER...

For each fault the changed sources are compiled and linked in front of the libraries that the
build has made, so that the linker takes the faulty functions; without any fault the same
program must find nothing.
"""
import pathlib
import subprocess
import sys
import tempfile

# What is broken, and how: file, text, other text.  The text must be there: who changes that
# line chooses another.
FAULTS = [
    ("answers leave before their block is flushed", [
        ("ledger/bb_line.c",
         "if (block->sealed && block->summary.height > line->durable_height)",
         "if (block->sealed && block->summary.height > line->submitted_height)")]),
    # State root and log root cover the same bytes as the roots of inputs and results: what one
    # of them misses, another finds.  So all go, in whichever file they are looked at.
    ("no hash of the body is looked at", [
        ("ledger/bb_roots.c", "if (!bb_roots_end(roots, &inputs_root, &results_root))",
         "if (bb_roots_end(roots, &inputs_root, &results_root), false)"),
        ("ledger/bb_roots.c", "if (memcmp(&inputs_root", "if (false && memcmp(&inputs_root"),
        ("ledger/bb_roots.c", "if (memcmp(&results_root",
         "if (false && memcmp(&results_root"),
        ("ledger/bb_chain.c",
         "if (chain->state_known && !same(&header->state_root, &state_root))",
         "if (false)"),
        ("ledger/bb_chain.c",
         "if (chain->tree_known && !same(&header->log_root, &sums->log_root))",
         "if (false)")]),
    ("whatever is broken may have been torn", [
        ("ledger/bb_pass.c", "return pass->still ?", "return false ?")]),
    ("any sector of zeros was torn, though it was never written otherwise", [
        ("ledger/bb_tail.c", "> header.zero_sectors", "> 0")]),
    ("a block that lacks one sector is taken for written", [
        ("ledger/bb_tail.c", "> header.zero_sectors", "> header.zero_sectors + 1")]),
    ("a header that is none may have been torn", [
        ("ledger/bb_tail.c", """	    !is_next(chain, nonce, &header, size))
		return BB_REMAINS_SPOILT;""", """	    !is_next(chain, nonce, &header, size))
		return BB_REMAINS_CUT;""")]),
    ("a torn tail is not zeroed", [
        ("ledger/bb_recover.c",
         "file->zero(file->context, scan->offset, scan->size - scan->offset)", "BB_OK")]),
    ("there is no watermark", [
        ("ledger/bb_tail.c", "if (bytes == NULL)", "if (true || bytes == NULL)")]),
    ("a sequence is marked before its signature is checked", [
        ("dataplane/bb_gate.c", "visit->seen = result == BB_ERR_DUPLICATE;",
         """static uint64_t lives, marked[64][4096];
            static const struct bb_roster *life;
            if (life != gate->roster) { life = gate->roster; lives++; }
            uint64_t *mark = &marked[packet->participant % 64][packet->sequence % 4096];
            visit->seen = result == BB_ERR_DUPLICATE || *mark == lives;
            *mark = lives;""")]),
    ("a later header does not vouch", [
        ("ledger/bb_pass.c", "const bool vouched = result != BB_ERR_NOT_FOUND &&",
         "const bool vouched = false &&")]),
    ("a failed flush is forgotten", [
        ("ledger/bb_line.c", "line->failed = result;\n\t\treturn;\n\t}\n\tBB_ASSERT(height",
         "return;\n\t}\n\tBB_ASSERT(height")]),
    ("the recovery block is of the old epoch", [
        ("ledger/bb_chain.c", "header.epoch++;", ";")]),
    ("a full disk stops nobody", [
        ("ledger/bb_hold.c", "return spares == 0 &&", "return false &&")]),
    ("ticks are not replayed", [
        ("ledger/bb_recover.c", "if (!bb_record_is_decided(input.type))",
         "if (input.type != BB_RECORD_PACKET)")]),
    ("a settlement pays more now and then", [
        ("market/bb_settling.c",
         "bb_accounts_move(&subject->market->accounts, debit, credit, amount);",
         """static uint32_t calls;
            bb_accounts_move(&subject->market->accounts, debit, credit,
                             amount + (calls++ % 5 == 0));""")]),
    ("a snapshot forgets the calendar", [
        ("market/bb_save.c", "HOLE(calendar.courses),", "HOLE(calendar),")]),
    ("whatever stands in a snapshot's head is believed", [
        ("ledger/bb_snapshot.c", "if (memcmp(whole.bytes, bytes + HASH_AT, BB_HASH_SIZE) != 0)",
         "if (false)"),
        ("ledger/bb_snapshot.c",
         "!bb_sign_check(key, hash.bytes, BB_HASH_SIZE, bytes + SIGNATURE_AT)", "false")]),
    ("who begins with a snapshot forgets the epoch", [
        ("ledger/bb_snapshot.c", "chain->epoch = header->epoch;",
         "chain->epoch = BB_EPOCH_FIRST;")]),
    ("who begins with a snapshot finds no packet again", [
        ("ledger/bb_places.c", "bb_sparse_read(&reader, bytes, size,",
         "bb_sparse_read(&reader, bytes, 0,")]),
    ("replay is a nanosecond late", [
        ("ledger/bb_replay.c", "bid->sequenced_ns = input->time_ns;",
         "bid->sequenced_ns = input->time_ns + 1;")]),
]

STATES = 60000 # enough to find any of them; most are found in the first hundred
ARCHIVES = ["tests/sim_appliance/libsim-parts.a", "tests/market/libmarket-model.a",
            "ledger/libbusbar-ledger.a", "dataplane/libbusbar-gate.a",
            "matcher/libbusbar-matcher.a", "codec/libbusbar-codec.a",
            "market/libbusbar-market.a"]
LIBRARIES = ["-lsodium", "-lcrypto", "-lurcu-qsbr", "-lurcu-common", "-pthread"]


class Bench:
    """Builds the simulator with some sources changed, and runs it."""

    def __init__(self, root, build, folder, compiler):
        self.root, self.folder = root, folder
        self.compiler = [*compiler, "-std=gnu11", "-O1", "-w", "-I", str(root), "-I", str(build)]
        rest = [*sorted((build / "wire").glob("*.a")), *sorted((build / "base").glob("*.a"))]
        self.archives = [*(build / name for name in ARCHIVES), *rest]
        self.main = self.compile(root / "tests/sim_appliance/sim_appliance.c")

    def compile(self, source):
        target = self.folder / (source.name + ".o")
        subprocess.run([*self.compiler, "-c", source, "-o", target], check=True)
        return target

    def plant(self, changes):
        """The objects of the sources with these changes in them."""
        texts = {}
        for name, old, new in changes:
            text = texts.get(name) or (self.root / name).read_text()
            assert text.count(old) == 1, f"{name} has no single {old!r}: plant another fault"
            texts[name] = text.replace(old, new)
        for name, text in texts.items():
            (self.folder / pathlib.Path(name).name).write_text(text)
        return [self.compile(self.folder / pathlib.Path(name).name) for name in texts]

    def run(self, objects, states):
        """What the simulator says; its last line but one names the broken promise."""
        program = self.folder / "sim"
        subprocess.run([*self.compiler, self.main, *objects, "-Wl,--start-group",
                        *self.archives, "-Wl,--end-group", "-Wl,--wrap=bb_sign_check",
                        *LIBRARIES, "-o", program], check=True)
        return subprocess.run([program, "--states", str(states), "--no-shrink"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              timeout=250)


def main():
    root, build, compiler = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="busbar-sim-") as folder:
        bench = Bench(root, build, pathlib.Path(folder), compiler)
        # A short run: the long one is a test of its own.
        done = bench.run([], 5000)
        assert done.returncode == 0, f"without any fault: {done.stdout}"
        for what, changes in FAULTS:
            done = bench.run(bench.plant(changes), STATES)
            lines = done.stdout.splitlines()
            found = done.returncode == 1 and lines[-1].startswith("repro: ")
            print(f"{what}: {'found: ' + lines[-2] if found else 'NOT FOUND'}", flush=True)
            wrong += not found
    print(f"{len(FAULTS)} faults, {wrong} of them not found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
