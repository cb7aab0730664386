"""File systems in files, mounted for the time of a with statement. Needs root and loop devices."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77  # What a script that cannot run here ends with.


def require(*devices):
    """Ends the script as skipped where mounting, or one of the devices, is not to be had."""
    why = _obstacle(("/dev/loop-control", *devices))
    if why is not None:
        print(f"skipped: this needs root, mkfs.ext4 and loop devices; {why}")
        sys.exit(SKIPPED)


def _obstacle(devices):
    if os.geteuid() != 0:
        return "this is not root"
    if not shutil.which("mkfs.ext4"):
        return "there is no mkfs.ext4"
    try:
        for device in devices:
            os.close(os.open(device, os.O_RDWR))
        with tempfile.TemporaryDirectory(prefix="immudb-test-") as scratch:
            with fresh(scratch, 4 << 20):
                return None
    except OSError as error:
        return str(error)
    except subprocess.CalledProcessError as error:
        return f"{error.cmd[0]} says: {error.stderr.decode(errors='replace').strip()}"


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make_ext4(image):
    run("mkfs.ext4", "-q", "-F", "-E", "nodiscard,lazy_itable_init=0", str(image))


@contextlib.contextmanager
def mounted(image, folder):
    """The file system in `image`, on `folder`."""
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    run("mount", "-o", "loop,nodiscard", str(image), str(folder))
    try:
        yield folder
    finally:
        unmount = ["umount", str(folder)]
        for _ in range(50):  # The last file of a killed server may be closing.
            if subprocess.run(unmount, stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.1)
        else:
            run("umount", "-l", str(folder))


@contextlib.contextmanager
def fresh(scratch, size_bytes):
    """An empty ext4 of `size_bytes`, mounted under `scratch`."""
    image = pathlib.Path(scratch) / "image"
    with open(image, "wb") as file:
        file.truncate(size_bytes)
    make_ext4(image)
    with mounted(image, pathlib.Path(scratch) / "mounted") as folder:
        yield folder
