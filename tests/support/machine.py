"""A machine to install on: this one's files under an overlay, in a mount namespace of its own.

Whatever is written there is in memory, and gone with the machine. Only root can make one.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

# The interpreter of this run is readable to all; it may lie in the home of root.
SETUP = """
set -e
mount -t tmpfs tmpfs {home}
cd {home}
mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mount --rbind /proc root/proc
mount --rbind /dev root/dev
mount -t tmpfs tmpfs root/tmp
chmod 1777 root/tmp
for folder in {parents}; do chmod a+rx root$folder; done
echo ready
exec cat
"""
PYTHON = Path(sys.executable).resolve()
PATH = f"{PYTHON.parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Who has no entry in /etc/passwd, and no right that root has.
STRANGER = "setpriv --reuid {uid} --regid {uid} --clear-groups --no-new-privs --bounding-set -all"


class Machine:
    """A root file system that can be changed without leaving a trace."""

    def __init__(self, home: Path):
        script = SETUP.format(home=home, parents=" ".join(map(str, PYTHON.parents)))
        self.root = home / "root"
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._holder.stdout is not None
        first = self._holder.stdout.readline()
        assert first == "ready\n", first

    def close(self) -> None:
        """End it; nothing of it stays."""
        self._holder.communicate("")

    def command(self, line: str, uid: int = 0, folder: str = "/", **environ: str) -> list[str]:
        """What runs a line of a shell there, with this environment and no other."""
        variables = shlex.join(f"{name}={value}" for name, value in environ.items())
        user = STRANGER.format(uid=uid) if uid else ""
        inside = f"cd {folder}; exec {user} env -i {variables} sh -c {shlex.quote(line)}"
        target = f"--mount=/proc/{self._holder.pid}/ns/mnt"
        return ["nsenter", target, "chroot", str(self.root), "sh", "-c", inside]

    def run(self, line: str, uid: int = 0, folder: str = "/", **environ: str) -> str:
        """Run a line of a shell, which must end well; return what it prints."""
        command = self.command(line, uid, folder, **{"PATH": PATH, **environ})
        run = subprocess.run(command, capture_output=True, text=True, timeout=180)
        assert run.returncode == 0, f"{line}\n{run.stdout}{run.stderr}"
        return run.stdout

    def put(self, path: str, content: str, mode: int = 0o644) -> None:
        """Write a file there."""
        line = f"mkdir -p {Path(path).parent}; umask 077; cat > {path}; chmod {mode:o} {path}"
        command = self.command(line, PATH=PATH)
        subprocess.run(command, input=content, text=True, check=True)

    def copy(self, source: Path, target: str) -> None:
        """Copy a file or a folder there, as `cp -r` does."""
        # The machine's lower files are those of this one, but for /tmp.
        into = shlex.quote(f"{self.root}{target}")
        script = f"mkdir -p {shlex.quote(str(Path(f'{self.root}{target}').parent))}; "
        script += f"cp -r {shlex.quote(str(source))} {into}"
        namespace = f"--mount=/proc/{self._holder.pid}/ns/mnt"
        subprocess.run(["nsenter", namespace, "sh", "-c", script], check=True)

    def make_read_only(self) -> None:
        """Let nothing be written from now on but in /tmp, which is emptied, and /dev/shm."""
        script = f"mount -o remount,ro {self.root}"
        namespace = f"--mount=/proc/{self._holder.pid}/ns/mnt"
        subprocess.run(["nsenter", namespace, "sh", "-c", script], check=True)


def why_none() -> str:
    """Why no machine can be made here; "" where one can."""
    if os.geteuid() != 0:
        return "only root can mount an overlay: run the tests as root"
    missing = [tool for tool in ("unshare", "nsenter", "setpriv") if not shutil.which(tool)]
    return f"needs {', '.join(missing)}: apt install util-linux" if missing else ""
