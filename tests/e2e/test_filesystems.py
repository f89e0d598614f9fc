#!/usr/bin/env python3
"""Real file systems on loop devices: what was answered survives whatever happens to them.

Cycles of start, load and end, on ext4 and on XFS.  The end is kill -9, or the file system is
shut down under load (FS_IOC_SHUTDOWN, with or without its log): everything that had not been
flushed is gone, as after a power failure.  Then a disk that really fails a write, and one that
loses what it had flushed.

BUSBAR_CYCLES sets how many for each file system (default 4; the long suite 100), BUSBAR_SEED
when and how; BUSBAR_FILESYSTEMS which ("ext4 xfs").
"""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import time

from appliance import (Appliance, check_against_ledger, end_children, main, need_cpus, need_programs,
                       need_root, read_answers, skip)

CYCLES = int(os.environ.get("BUSBAR_CYCLES", "4"))
SEED = int(os.environ.get("BUSBAR_SEED", "1"))
FILESYSTEMS = os.environ.get("BUSBAR_FILESYSTEMS", "ext4 xfs").split()
MAKE = {"ext4": ["mkfs.ext4", "-q", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"],
        "xfs": ["mkfs.xfs", "-q", "-K"]}
FS_IOC_SHUTDOWN = 0x8004587D
SHUTDOWNS = {"shutdown": 0, "shutdown, log flushed": 1, "shutdown, log lost": 2}
FS_IOC_FIEMAP = 0xC020660B
PUNCH_HOLE_KEEP_SIZE = 3


def call(*args):
    subprocess.run([str(arg) for arg in args], check=True, stdout=subprocess.DEVNULL)


class Disk:
    """A file as a disk with one file system, mounted at mount."""

    def __init__(self, folder, kind, size=1 << 30):
        self.image = folder / "image"
        self.mount = folder / "mount"
        self.mount.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(size)
        call(*MAKE[kind], self.image)
        self.loop = subprocess.run(["losetup", "--find", "--show", self.image], check=True,
                                   text=True, stdout=subprocess.PIPE).stdout.strip()
        self.on()

    def on(self):
        call("mount", self.loop, self.mount)

    def off(self):
        call("umount", self.mount)

    def shut_down(self, flags):
        handle = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, FS_IOC_SHUTDOWN, struct.pack("I", flags))
        finally:
            os.close(handle)

    def extents(self, path):
        """Where a file lies on the disk: [(offset in the file, offset on the disk, size)]."""
        with open(path, "rb") as file:
            answer = bytearray(struct.pack("QQIIII", 0, 1 << 62, 0, 0, 256, 0) + bytes(256 * 56))
            fcntl.ioctl(file, FS_IOC_FIEMAP, answer)
        count = struct.unpack_from("I", answer, 20)[0]
        return [struct.unpack_from("QQQ", answer, 32 + 56 * i) for i in range(count)]

    def ranges(self, path, start, end):
        """The bytes start to end of a file, as pieces of the disk."""
        for logical, physical, size in self.extents(path):
            low, high = max(start, logical), min(end, logical + size)
            if low < high:
                yield physical + low - logical, high - low

    def remove(self):
        subprocess.run(["umount", self.mount], check=False, stderr=subprocess.DEVNULL)
        call("losetup", "--detach", self.loop)


@contextlib.contextmanager
def scene(kind, tmpfs_size=None):
    """A folder with a disk in it; with tmpfs_size the disk lies in a memory of that size."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"busbar-{kind}-"))
    below = folder / "below"
    below.mkdir()
    if tmpfs_size is not None:
        call("mount", "-t", "tmpfs", "-o", f"size={tmpfs_size}", "tmpfs", below)
    disk = Disk(below, kind)
    try:
        yield folder, disk
    finally:
        end_children()
        disk.remove()
        if tmpfs_size is not None:
            call("umount", below)
    shutil.rmtree(folder)  # kept when the test failed


def venue_on(build, folder, disk):
    """A venue whose ledger is on the disk, and everything else outside of it."""
    venue = Appliance(build, seed=SEED)
    venue.unsafe = False
    venue.remove_later = venue.folder.parent
    venue.folder = disk.mount / "venue"
    venue.port = folder / "port0.sock"
    venue.log = folder / "busbard.log"
    venue.device = f"net_memif0,role=server,socket={venue.port},socket-abstract=no"
    venue.init()
    venue.config = folder / "busbard.conf"
    venue.config.write_text(f"folder = {venue.folder}\n"
                            + (venue.folder / "busbard.conf").read_text())
    shutil.copy(venue.folder / "venue.json", folder)
    shutil.copy(venue.folder / "venue.key", folder)
    return venue


def set_write(venue, how):
    text = [line for line in venue.config.read_text().splitlines()
            if not line.startswith("write =")]
    venue.config.write_text("\n".join(text).replace("[ledger]", f"[ledger]\nwrite = {how}") + "\n")


class Load:
    """The generator, which goes on through all restarts of the venue, and every answer that it
    heard.  Where it ends or falls silent another takes its place: if that hears nothing either,
    it is the venue."""

    def __init__(self, venue, folder):
        self.venue, self.folder, self.count = venue, folder, 0
        self.gen = self.start()

    def start(self):
        self.count += 1
        return self.venue.gen_start("--answers", self.folder / f"answers-{self.count}", "--rate",
                                    300, "--rounds", 1000000, "--duration", 86400)

    def stop(self):
        self.gen.terminate()
        return self.gen.communicate(timeout=60)

    def answers(self):
        found = {}
        for path in sorted(self.folder.glob("answers-*")):
            for key, place in read_answers(path).items():
                assert found.setdefault(key, place) == place, f"{key} was answered twice"
        return found

    def wait(self, count):
        """Returns once there are so many answers."""
        for patience in (60, 120):
            until = time.monotonic() + patience
            while time.monotonic() < until and self.gen.poll() is None:
                if len(self.answers()) >= count:
                    return
                time.sleep(0.05)
            counters = self.venue.ctl("status", ok=(0, 1))["counters"]
            code, said = self.gen.poll(), self.stop()
            print(f"no answer: generator ended with {code}, said {said[1][-300:]!r}; venue "
                  f"{counters}", flush=True)
            self.gen = self.start()
        raise AssertionError(f"fewer than {count} answers")


def wait_for_failure(venue, text):
    code = venue.daemon.wait(60)
    assert code == 1, f"busbard ended with {code}"
    said = venue.log.read_text()
    assert text in said, said[-2000:]
    return said


def cycles_on(build, kind):
    chance = random.Random(f"{SEED} {kind}")
    print(f"{kind}: seed {SEED}, {CYCLES} cycles", flush=True)
    with scene(kind) as (folder, disk):
        venue = venue_on(build, folder, disk)
        venue.start().fill()
        load = Load(venue, folder)
        torn = known = 0
        for cycle in range(CYCLES):
            load.wait(known + 1)
            time.sleep(0.2 + 0.8 * chance.random())
            end = ["kill", *SHUTDOWNS][(cycle + chance.randrange(2)) % 4]
            if end == "kill":
                venue.kill()
            else:
                disk.shut_down(SHUTDOWNS[end])
                wait_for_failure(venue, "the ledger failed")
            known = len(load.answers())
            disk.off()
            disk.on()
            write = chance.choice(["direct", "buffered"])
            set_write(venue, write)
            venue.log.write_text("")
            venue.start()
            torn += "was not clean" in venue.log.read_text()
            print(f"{kind} {cycle + 1}: {end}; {known} answered before, height "
                  f"{venue.ctl('status')['height']} after, now {write}", flush=True)
        time.sleep(1)
        load.stop()
        venue.stop()
        venue.prove()
        found = load.answers()
        check_against_ledger(venue, found)
        assert len(found) > 10 * CYCLES, f"only {len(found)} answers: no load"
        print(f"{kind}: {CYCLES} cycles, {len(found)} answers, {torn} torn tails, nothing lost, "
              "nothing doubled", flush=True)
        shutil.rmtree(venue.remove_later)


def kill_and_shutdown_lose_nothing(build):
    for kind in FILESYSTEMS:
        cycles_on(build, kind)


def ledger_end(segment):
    """Where the blocks of a segment end, by their own sizes."""
    with open(segment, "rb") as file:
        at = 8192
        while True:
            file.seek(at)
            head = file.read(512)
            if head[:8] != b"BBBLKv2\0":
                return at
            at += struct.unpack_from("<Q", head, 40)[0]


def fill_up(folder):
    """Takes all room that is left."""
    with open(folder / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(1 << 16))
    with open(folder / "filler", "ab", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))


def failing_disk(build, kind, write):
    """The disk has no room behind some place of the segment: a write there is an error."""
    with scene(kind, tmpfs_size="1100M") as (folder, disk):
        venue = venue_on(build, folder, disk)
        set_write(venue, write)
        venue.start().fill()
        load = Load(venue, folder)
        load.wait(50)
        until = time.monotonic() + 60
        while not (venue.folder / "ledger" / "spare-1").exists():
            assert time.monotonic() < until, "no spares"
            time.sleep(0.05)
        os.sync()
        segment = venue.folder / "ledger" / "seg-0000000000000000"
        start = ledger_end(segment) + (256 << 10)
        size = segment.stat().st_size
        punch(disk, segment, start, size)
        fill_up(disk.image.parent)
        wait_for_failure(venue, "the ledger failed (ERR_")
        known = len(load.answers())
        (disk.image.parent / "filler").unlink()
        venue.log.write_text("")
        venue.start()
        said = venue.log.read_text()
        stale = "had never reached the disk" in said
        print(f"{kind}, {write}: a write failed after {known} answers; "
              f"{'stale cache seen, ' if stale else ''}started again", flush=True)
        load.wait(known + 20)
        load.stop()
        venue.stop()
        venue.prove()
        check_against_ledger(venue, load.answers())
        shutil.rmtree(venue.remove_later)
        return stale


def give_room(disk):
    """What the file system itself writes must not fail, or it turns read-only as a whole."""
    image = os.open(disk.image, os.O_RDWR)
    os.posix_fallocate(image, 0, os.fstat(image).st_size)
    os.close(image)


def punch(disk, path, start, end):
    libc = ctypes.CDLL(None, use_errno=True)
    image = os.open(disk.image, os.O_RDWR)
    for offset, size in disk.ranges(path, start, end):
        failed = libc.fallocate64(image, PUNCH_HOLE_KEEP_SIZE, ctypes.c_int64(offset),
                                  ctypes.c_int64(size))
        assert failed == 0, os.strerror(ctypes.get_errno())
    os.close(image)


def a_failed_write_stops_and_the_next_start_loses_nothing(build):
    failing_disk(build, "ext4", "direct")
    # The kernel goes on showing what it could not write; the disk's own bytes must count.
    assert failing_disk(build, "ext4", "buffered"), "the stale cache was not noticed"


def a_write_that_the_disk_lost_is_reported(build):
    """The last answered block is gone from the disk, while the kernel's cache still has it."""
    with scene("ext4") as (folder, disk):
        venue = venue_on(build, folder, disk)
        set_write(venue, "buffered")
        venue.start().fill()
        load = Load(venue, folder)
        load.wait(50)
        load.stop()
        time.sleep(0.5)
        venue.stop()
        segment = venue.folder / "ledger" / "seg-0000000000000000"
        end = ledger_end(segment)
        with open(disk.image, "r+b", buffering=0) as image:
            for offset, size in disk.ranges(segment, end - 4096, end):
                image.seek(offset)
                image.write(bytes(size))
        assert ledger_end(segment) == end, "the cache should still show the block"
        venue.log.write_text("")
        try:
            venue.start()
        except AssertionError as error:
            assert "later durable block" in str(error), error
        else:
            raise AssertionError("it started without an answered block")
        print("a lost write is seen although the cache hides it", flush=True)
        shutil.rmtree(venue.remove_later)


def memory_is_refused_unless_the_operator_says_so(build):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="busbar-tmpfs-"))
    call("mount", "-t", "tmpfs", "tmpfs", folder)
    try:
        venue = Appliance(build, seed=SEED)
        shutil.rmtree(venue.folder.parent)
        venue.folder = folder / "venue"
        venue.config = venue.folder / "busbard.conf"
        venue.unsafe = False
        try:
            venue.init()
        except AssertionError as error:
            assert "ended with 2" in str(error) and "lies on tmpfs" in str(error), error
        else:
            raise AssertionError("a venue was made in memory")
        assert not venue.folder.exists(), "something was left"
        venue.unsafe = True
        venue.init()
        check = ["busbard", "--check", "--config", venue.config]
        assert "ok" in venue.run(*check)
        venue.configure("allow_unsafe_filesystem = yes", "allow_unsafe_filesystem = no")
        try:
            venue.run(*check)
        except AssertionError as error:
            assert "ended with 2" in str(error) and "lies on tmpfs" in str(error), error
        else:
            raise AssertionError("busbard would start in memory")
    finally:
        call("umount", folder)
    folder.rmdir()


need_root()
need_cpus(2)
need_programs("mkfs.ext4", "mkfs.xfs", "losetup", "mount", "umount")
if not os.path.exists("/dev/loop-control"):
    skip("needs loop devices")
main(kill_and_shutdown_lose_nothing, a_failed_write_stops_and_the_next_start_loses_nothing,
     a_write_that_the_disk_lost_is_reported, memory_is_refused_unless_the_operator_says_so)
