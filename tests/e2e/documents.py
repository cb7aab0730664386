#!/usr/bin/env python3
"""What the tools write about themselves: bash, zsh, fish and groff read it without complaint, and
the shells complete commands, words of groups, flags of the right command, and choices."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import server
from terminal import Terminal

SECONDS = 60
SKIPPED = 77
TOOLS = ("immuclient", "immuadmin")
# The words so far, of which the last is to be completed, and what must be offered; after a ! what
# must not be.
CASES = (
    ("immuclient safe", "safeget safeset safezadd safereference !get"),
    ("immuclient get --tr", "--trusted-root"),
    ("immuclient get --first-contact ", "trust refuse"),
    ("immuadmin ", "user database stats completion !mangen !create"),
    ("immuadmin user ", "create permission !database"),
    ("immuadmin u c", "create changepassword"),
    ("immuadmin user create --new", "--new-password-file"),
    ("immuadmin stats --t", "--text --timeout"),
    ("immuadmin status --te", "!--text"),
    ("immuadmin --output ", "text json"),
)
BASH = """
source "$1"
COMP_WORDS=($2)
[[ $2 != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_${COMP_WORDS[0]}
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = 'source $argv[1]; complete -C $argv[2]'
# What zsh, which completes at a terminal only, makes of the words when Tab is typed.
ZSH_CASES = (
    ("immuclient safeg", "immuclient safeget"),
    ("immuclient get --first-contact r", "immuclient get --first-contact refuse"),
    ("immuadmin us", "immuadmin user"),
    ("immuadmin user cr", "immuadmin user create"),
    ("immuadmin stats --te", "immuadmin stats --text"),
    ("immuadmin --output j", "immuadmin --output json"),
)


def run(words, folder):
    done = subprocess.run(list(map(str, words)), cwd=folder, text=True, capture_output=True,
                          timeout=SECONDS, stdin=subprocess.DEVNULL,
                          env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
                               "TERM": "dumb", "ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == 0 and not done.stderr, f"{words}: {done}"
    return done.stdout


def offers(shell, script, line, folder):
    """The words that the shell offers at the end of the line."""
    program = {"bash": BASH, "fish": FISH}[shell]
    middle = ["bash"] if shell == "bash" else []
    output = run([shell, "-c", program, *middle, script, line], folder)
    return {each.split("\t")[0] for each in output.splitlines()}


def check_page(programs, tool, folder):
    run([programs / tool, "mangen", folder], folder)
    page = folder / f"{tool}.1"
    shown = run(["groff", "-man", "-ww", "-Tascii", "-P-c", page], folder)
    text = re.sub(".\x08", "", shown)
    for word in ("NAME", "EXIT STATUS", f"{tool.upper()}_", "--immudb-address", "login"):
        assert word in text, f"{word} is not in the page:\n{text}"


def check_zsh(programs, folder):
    for tool in TOOLS:
        shutil.copy(folder / f"{tool}.zsh", folder / f"_{tool}")
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(folder),
                   "LANG": "C.UTF-8", "TERM": "xterm", "ZDOTDIR": str(folder)}
    (folder / ".zshrc").write_text(
        f"PROMPT='> '; fpath=({folder} $fpath)\n"
        "autoload -U compinit; compinit -u -D; echo READY\n")
    terminal = Terminal("zsh -i", folder, environment, (100, 30))
    terminal.await_screen("the shell", lambda screen: "READY\n>" in screen)
    for words, completed in ZSH_CASES:
        terminal.tmux("send-keys", "-l", words)
        terminal.tmux("send-keys", "Tab")
        pattern = re.compile(f"^> {completed} *$", re.MULTILINE)
        terminal.await_screen(completed, pattern.search)
        terminal.tmux("send-keys", "C-u")


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args()).resolve()
    missing = [each for each in ("bash", "zsh", "fish", "groff", "tmux") if not shutil.which(each)]
    if missing:
        print(f"skipped: there is no {missing[0]}")
        sys.exit(SKIPPED)
    folder = server.scratch_folder()
    for tool in TOOLS:
        check_page(programs, tool, folder)
        for shell in ("bash", "zsh", "fish"):
            script = folder / f"{tool}.{shell}"
            script.write_text(run([programs / tool, "completion", shell], folder))
            run([shell, "-n", script], folder)
    for shell in ("bash", "fish"):
        for line, words in CASES:
            tool = line.split()[0]
            offered = offers(shell, folder / f"{tool}.{shell}", line, folder)
            for word in words.split():
                is_wanted = not word.startswith("!")
                found = word.removeprefix("!") in offered
                assert found == is_wanted, f"{shell}: '{line}' offers {sorted(offered)}: {word}"
    check_zsh(programs, folder)


if __name__ == "__main__":
    server.run(main)
