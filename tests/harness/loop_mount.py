"""File systems in files, mounted for the time of a with statement. Needs root and loop devices."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

SKIPPED = 77  # What a script that cannot run here ends with.


def require(*devices):
    """Ends the script as skipped where mounting is impossible."""
    missing = [path for path in ("/dev/loop-control", *devices) if not pathlib.Path(path).exists()]
    if os.geteuid() == 0 and not missing and shutil.which("mkfs.ext4"):
        return
    print("skipped: this needs root, mkfs.ext4 and " + " ".join(("/dev/loop-control", *devices)))
    sys.exit(SKIPPED)


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
