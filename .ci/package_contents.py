"""Look into built files: everything that the package needs at run time is there, nothing that is not its own.

python .ci/package_contents.py FOLDER
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

TOP = Path(__file__).parents[1]
ALSO_IN_SDIST = ("README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "tests/strategies.py", "docs/index.md")


def main(folder: Path) -> int:
    """Compare the only wheel and the only sdist of a folder with the package's own files; 1 where they differ."""
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    package = {
        path.relative_to(TOP).as_posix()
        for path in (TOP / "kms_eval").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if not name.endswith("/")}
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    faults = [f"not in the wheel: {name}" for name in sorted(package - in_wheel)]
    faults += [
        f"in the wheel, but not of the package: {name}"
        for name in sorted(in_wheel - package)
        if ".dist-info/" not in name
    ]
    faults += [f"not in the sdist: {name}" for name in sorted({*package, *ALSO_IN_SDIST} - in_sdist)]
    print("\n".join(faults) or f"{len(package)} files of the package in {wheel.name} and in {sdist.name}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
