"""Puts AgentDojo into an environment of its own, in a cache outside the repository; `make attack-agentdojo` calls it.

    python tests/attack/agentdojo/install_agentdojo.py

It is no requirement of ours and in no lock file. About 180 MB, nothing after the first time.
"""

from __future__ import annotations

import subprocess
import sys
import venv

from platformdirs import user_cache_path

REQUIREMENT = "agentdojo==0.1.35"


def main() -> None:
    """Installs it where it is not there yet."""
    folder = user_cache_path("twinning") / "agentdojo"
    python = folder / "bin" / "python"
    if python.exists() and subprocess.run([python, "-c", "import agentdojo"], check=False).returncode == 0:
        return
    print(f"Installing {REQUIREMENT} into {folder} ...")
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", REQUIREMENT]
    sys.exit(subprocess.run(pip, check=False).returncode)


if __name__ == "__main__":
    main()
