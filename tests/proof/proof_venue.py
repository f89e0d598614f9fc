"""A venue whose ledger grows as a test tells it, and busbarctl for it."""
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile

OK, UNHEALTHY, USAGE = range(3)


class Venue:
    """make_venue and the folder that it serves; with venue.json as participants get it."""

    def __init__(self, make_venue, busbarctl, *more):
        self.busbarctl = busbarctl
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="busbar-proof-"))
        self.folder = self.root / "venue"
        self.folder.mkdir()
        self.maker = subprocess.Popen([make_venue, self.folder, *more], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        told = dict(self.maker.stdout.readline().rstrip("\n").split(" ", 1) for _ in range(3))
        self.key, self.ledger_id, self.name = told["key"], told["ledger_id"], told["name"]
        (self.folder / "venue.json").write_text(json.dumps({
            "schema": "busbar.venue/1", "name": self.name, "ledger_id": self.ledger_id,
            "key": self.key, "host": "127.0.0.1", "udp": 7001}))

    def grow(self, count, alone=False):
        """Adds count inputs; returns the size of the log."""
        self.maker.stdin.write(f"{count} {int(alone)}\n")
        self.maker.stdin.flush()
        return int(self.maker.stdout.readline()) + 1

    def run(self, *args, code=OK, folder=None):
        done = subprocess.run([self.busbarctl, "-C", str(folder or self.folder),
                               *map(str, args)], text=True, capture_output=True)
        assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
        if code != OK and "-j" not in args:
            assert done.stderr.startswith("busbarctl: "), (args, done.stderr)
        return done.stdout

    def run_json(self, *args, code=OK, folder=None):
        out = self.run("-j", *args, code=code, folder=folder)
        assert out.count("\n") == 1, (args, out)
        return json.loads(out)

    def receipt(self, which, *args, folder=None):
        return json.loads(self.run("ledger", "proof", which, *args, folder=folder))

    def auditor(self, name="auditor", mark=True):
        """A copy of the ledger without the venue's key."""
        folder = self.root / name
        folder.mkdir()
        shutil.copytree(self.folder / "ledger", folder / "ledger")
        if not mark:
            (folder / "ledger" / "wm").unlink()
        return folder

    def close(self):
        self.maker.stdin.close()
        assert self.maker.wait(30) == 0
        shutil.rmtree(self.root)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Server:
    """busbarctl ledger serve on a port of its own choosing."""

    def __init__(self, busbarctl, export, listen="127.0.0.1:0"):
        self.process = subprocess.Popen([busbarctl, "-j", "ledger", "serve", "--folder",
                                         str(export), "--listen", listen], text=True,
                                        stdout=subprocess.PIPE)
        told = json.loads(self.process.stdout.readline())
        assert told["schema"] == "busbar.ledger.serve/1" and told["result"] == "ok", told
        self.url = told["url"]
        self.port = int(self.url.rstrip("/").rsplit(":", 1)[1])

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        assert self.process.wait(20) == 0
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()

