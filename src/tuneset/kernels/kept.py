"""Tables that are made once for an installed version, as the kernels are: beside them, in `__pycache__`."""

import unicodedata
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile
from zipfile import BadZipFile

import numpy as np

Arrays = tuple[np.ndarray, ...]


def kept(make: Callable[[], Arrays], *, sources: tuple[Path, ...]) -> Arrays:
    """What `make` returns, from the disk if it was made before.

    Made again if one of the `sources` (its own file, and what it reads) or the tables of Unicode are others.
    Where nothing can be written it is made each time; what cannot be read is made again.
    """
    seen = blake2b(unicodedata.unidata_version.encode(), digest_size=8)
    for source in sources:
        seen.update(source.read_bytes())
    place = Path(__file__).parent / "__pycache__" / f"{make.__name__.strip('_')}.{seen.hexdigest()}.npz"
    try:
        with place.open("rb") as file, np.load(file) as found:
            return tuple(found[name] for name in found.files)
    except (OSError, EOFError, ValueError, BadZipFile):
        made = make()
        _keep(made, place)
        return made


def _keep(made: Arrays, place: Path) -> None:
    """All or nothing; another process may do the same."""
    try:
        place.parent.mkdir(exist_ok=True)
        with NamedTemporaryFile(dir=place.parent, suffix=".tmp", delete=False) as draft:
            np.savez(draft, *made)
    except OSError:
        return  # nothing is lost but time
    aside = Path(draft.name)
    aside.chmod(0o644)
    aside.replace(place)
