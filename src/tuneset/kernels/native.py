"""Machine code of kernels, kept on disk so that a process can run them without numba.

What numba compiled for one kernel and one set of argument types is one relocatable object file with the
wrapper that Python calls. LLVM's loader links it against Python and the C parts of numba, which are loaded by
their path: that is all numba does too, after .4 s of imports and of tables for its compiler.

    <cache>/native-<machine>/<sources>/<kernel>-<kinds>.o

`cache` is where numba's is: `NUMBA_CACHE_DIR`, or `__pycache__` of this package, or the user's cache if that
cannot be written. `machine` covers this installation, Python, numpy, numba, LLVM and the instructions of the
processor; `sources` covers every file that a kernel can be made of, by size and time of change, as numba's
cache does. Before any file is used, a process of its own tries one (`trial.py`), once for each machine.
Whatever is unusual ends in numba as it is: a trial that failed, object files that are not ELF, a `NUMBA_`
variable, a file that is damaged or missing.

Files are made of what numba itself put into its cache, and are as trustworthy: both are code.
"""

import ctypes
import os
import pickle
import struct
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from shutil import rmtree
from threading import RLock
from types import ModuleType
from typing import Any

import xxhash

VERSION = 1
"""Goes up when the files would be others."""

_HARMLESS = {"NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS"}
"""Variables of numba that do not change what it makes."""

_ROOMS = ("core", "kernels", "stages")
"""Where kernels lie and what they can be made of; imports go down only."""

_VERDICT = "verdict"
"""File beside the sources' folders, with one of the words below."""
_PROVEN, _REFUSED, _TRYING = "proven", "refused", "trying"

_ONE_AT_A_TIME = RLock()

_C_PARTS = ("_dynfunc", "_helperlib", "core.runtime._nrt_python")


def load(name: str, kinds: tuple[Any, ...]) -> Callable[..., Any] | None:
    """The kernel's code for arguments of these kinds; None if it is not there, or not to be trusted."""
    with _ONE_AT_A_TIME:
        loader = _loader()
        return loader.found(name, kinds) if loader is not None and loader.proven else None


def keep(name: str, kinds: tuple[Any, ...], dispatcher: Any, arguments: tuple[Any, ...]) -> None:  # noqa: ANN401
    """Writes down what numba compiled for these arguments, or does nothing where that cannot be done."""
    with _ONE_AT_A_TIME:
        loader = _loader()
        if loader is None or loader.refused:
            return
        kept = _taken(dispatcher, arguments, loader)
        if kept is not None and loader.put(_file_name(name, kinds), _sealed(kept)) and loader.untried:
            loader.prove()


def unproven(name: str, kinds: tuple[Any, ...]) -> Callable[..., Any] | None:
    """The same as `load`, for the trial that decides whether it may be used."""
    loader = _loader()
    return loader.found(name, kinds) if loader is not None else None


@dataclass(frozen=True)
class _Environment:
    """Python objects that compiled code refers to."""

    symbol: str
    constants: list[Any]


@dataclass(frozen=True)
class _Kept:
    """One compiled function. `entry`: the symbol that Python calls, `environments`: its own first."""

    module: str
    qualname: str
    code: bytes
    entry: str
    environments: list[_Environment]


def _sealed(kept: _Kept) -> bytes:
    content = pickle.dumps(kept, protocol=5)
    return xxhash.xxh3_128_digest(content) + content


def _unsealed(content: bytes) -> _Kept | None:
    digest, content = content[:16], content[16:]
    return pickle.loads(content) if xxhash.xxh3_128_digest(content) == digest else None  # noqa: S301


def _file_name(name: str, kinds: tuple[Any, ...]) -> str:
    return f"{name.removeprefix('tuneset.')}-{xxhash.xxh3_64_hexdigest(repr(kinds).encode())}.o"


def _write(place: Path, name: str, content: bytes) -> None:
    """Atomically; the first file of new sources takes the place of all files of older ones."""
    if not place.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        for other in place.parent.iterdir():
            if other != place and other.is_dir():
                rmtree(other, ignore_errors=True)
    draft = place / f"{os.getpid()}-{uuid.uuid4().hex}.new"  # by `open`, so that other users may read it
    draft.write_bytes(content)
    draft.replace(place / name)


# Taking from numba


def _taken(dispatcher: Any, arguments: tuple[Any, ...], loader: "_Loader") -> _Kept | None:  # noqa: ANN401
    """What numba's cache holds of it; None if that is more than code, or not to be linked without numba."""
    signature = tuple(dispatcher.typeof_pyval(argument) for argument in arguments)
    dispatcher.compile(signature)
    cached = dispatcher._cache  # noqa: SLF001
    context = dispatcher.targetctx
    try:
        found = cached._cache_file.load(cached._index_key(signature, context.codegen()))  # noqa: SLF001
        (_, form, (code, _)), described, own, _, objectmode, lifted, _, at_load, others = found
    except (AttributeError, OSError, TypeError, ValueError):  # no cache to write, or another layout
        return None
    if form != "object" or objectmode or lifted or at_load or not _is_closed(code, loader):
        return None
    environments = [_Environment(context.get_env_name(described), own.consts)]
    environments += [_Environment(env.env_name, env.consts) for env in others if env is not own]
    module, entry = own.globals["__name__"], described.llvm_cpython_wrapper_name
    return _Kept(module, described.qualname, code, entry, environments)


def _is_closed(code: bytes, loader: "_Loader") -> bool:
    """Is all there that the code refers to? LLVM ends the process if it is not."""
    if code[:6] != b"\x7fELF\2\1":  # of 64 bits, the lowest first
        return False
    process = ctypes.CDLL(None)
    return all(name in loader.symbols or hasattr(process, name) for name in undefined(code))


def undefined(code: bytes) -> Iterator[str]:
    """Names that an ELF object file of 64 bits expects from elsewhere.

    Source: System V ABI, ch. 4, "Object Files": section header, symbol table, string table.
    """
    (sections,) = struct.unpack_from("<Q", code, 0x28)
    size, count = struct.unpack_from("<HH", code, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", code, sections + size * i) for i in range(count)]
    for _, kind, _, _, start, length, link, _, _, each in headers:
        if kind != 2:  # SHT_SYMTAB
            continue
        names = headers[link][4]
        for at in range(start + each, start + length, each):  # the first symbol stands for none
            name, _, _, section = struct.unpack_from("<IBBH", code, at)
            if section == 0:  # SHN_UNDEF
                yield code[names + name : code.index(b"\0", names + name)].decode()


# Linking


@dataclass
class _Loader:
    """LLVM's linker and what it links against."""

    llvm: ModuleType
    engine: Any
    dynfunc: Any
    symbols: dict[str, int]
    places: list[Path]
    _alive: dict[str, Any] = field(default_factory=dict)
    _verdict: str | None = None

    @property
    def proven(self) -> bool:
        """Did a trial in a process of its own succeed, on this machine and with these libraries?"""
        return self._judged == _PROVEN

    @property
    def refused(self) -> bool:
        """Did it fail?"""
        return self._judged == _REFUSED

    @property
    def untried(self) -> bool:
        """Has there been none, nor is one going on?"""
        return not self._judged

    @property
    def _judged(self) -> str:
        if self._verdict is None:
            said = (_said(place.parent / _VERDICT) for place in self.places)
            self._verdict = next(filter(None, said), "")
        return self._verdict

    def prove(self) -> None:
        """Tries it and writes down what came of it."""
        from tuneset.kernels.trial import SUCCESS, run

        self._verdict = _TRYING
        status = run()
        self._verdict = _PROVEN if status == SUCCESS else _REFUSED
        if status is None:  # another process may have more luck
            return
        for place in self.places:
            if place.is_dir():
                with suppress(OSError):
                    _write(place, f"../{_VERDICT}", self._verdict.encode())

    def put(self, name: str, content: bytes) -> bool:
        """Writes a file to the first place that takes it; was there one?"""
        for place in self.places:
            with suppress(OSError):
                _write(place, name, content)
                return True
        return False

    def found(self, name: str, kinds: tuple[Any, ...]) -> Callable[..., Any] | None:
        """The function in the first file of that name, if the file is whole."""
        for place in self.places:
            with suppress(OSError):
                kept = _unsealed((place / _file_name(name, kinds)).read_bytes())
                return self.linked(kept) if kept is not None else None
        return None

    def linked(self, kept: _Kept) -> Callable[..., Any] | None:
        """The function, as Python calls it; its code stays in memory."""
        self.engine.add_object_file(self.llvm.ObjectFileRef.from_data(kept.code))
        self.engine.finalize_object()
        address = self.engine.get_function_address(kept.entry)
        if not address:
            return None
        for environment in kept.environments:
            self._set(environment)
        own = self._alive[kept.environments[0].symbol]
        module, name = sys.modules[kept.module], kept.qualname.split(".")[-1]
        return self.dynfunc.make_function(module, name, "", address, own, self)

    def _set(self, environment: _Environment) -> None:
        if environment.symbol in self._alive:
            return
        made = self.dynfunc.Environment({})  # compiled code asks for no globals
        made.consts[:] = environment.constants
        slot = self.engine.get_global_value_address(environment.symbol)
        ctypes.c_void_p.from_address(slot).value = id(made)
        self._alive[environment.symbol] = made


def _said(verdict: Path) -> str:
    """What a trial said; nothing if there was none, or nobody can tell."""
    with suppress(OSError):
        word = verdict.read_bytes().decode("ascii", "replace")
        return word if word in (_PROVEN, _REFUSED) else ""
    return ""


@cache
def _loader() -> _Loader | None:
    """The loader of this process; None where numba itself is to be used."""
    special = {name for name in os.environ if name.startswith("NUMBA_")} - _HARMLESS
    if special or sys.implementation.name != "cpython":
        return None
    found = find_spec("numba")
    if found is None or not found.submodule_search_locations:
        return None
    numba = Path(found.submodule_search_locations[0])
    try:
        import llvmlite.binding as llvm

        dynfunc, helpers, runtime = (_c_part(numba, name) for name in _C_PARTS)
        places = list(_places(_machine(numba, llvm), sources(Path(__file__).parents[1])))
    except (ImportError, OSError):
        return None
    symbols = _symbols(dynfunc, helpers, runtime)
    for name, address in symbols.items():
        llvm.add_symbol(name, address)
    runtime.memsys_use_cpython_allocator()
    return _Loader(llvm, _engine(llvm), dynfunc, symbols, places)


def _engine(llvm: Any) -> Any:  # noqa: ANN401
    """As numba makes its own (`numba.core.codegen.JITCPUCodegen`); it compiles nothing."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = _processor(llvm)
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu, features=features, reloc="static", codemodel="jitdefault", jit=True
    )
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)


def _processor(llvm: Any) -> tuple[str, str]:  # noqa: ANN401
    """Its name and instructions; LLVM knows the latter of some kinds only."""
    try:
        return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    except RuntimeError:
        return llvm.get_host_cpu_name(), ""


def _c_part(numba: Path, name: str) -> Any:  # noqa: ANN401
    """A module of numba that is written in C, without the package around it."""
    full = f"numba.{name}"
    if full in sys.modules:
        return sys.modules[full]
    folder = numba.joinpath(*name.split(".")[:-1])
    file = next(folder.glob(f"{name.rsplit('.', maxsplit=1)[-1]}.{sys.implementation.cache_tag}*"), None)
    if file is None:
        raise ImportError(full)
    spec = spec_from_file_location(full, file, loader=ExtensionFileLoader(full, str(file)))
    if spec is None or spec.loader is None:
        raise ImportError(full)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _symbols(dynfunc: Any, helpers: Any, runtime: Any) -> dict[str, int]:  # noqa: ANN401
    """What numba tells LLVM (`numba.core.base`, `numba.core.runtime.nrt`): name → address."""
    named = {"_Py_NoneStruct": id(None)}
    for part in (helpers, dynfunc):
        named |= {f"numba_{name}": address for name, address in part.c_helpers.items()}
    named |= {
        name if name.startswith("_") else f"NRT_{name}": address
        for name, address in runtime.c_helpers.items()
    }
    builtins = vars(sys.modules["builtins"]).values()
    named |= {
        f"PyExc_{known.__name__}": id(known)
        for known in builtins
        if isinstance(known, type) and issubclass(known, BaseException)
    }
    if "numba.core" not in sys.modules:  # which its own function imports
        named["numba_unpickle"] = ctypes.cast(_unpickle, ctypes.c_void_p).value or 0
    return named


@ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
def _unpickle(data: int, length: int, _digest: int) -> object:
    """Constants in compiled code: classes of arrays, and errors with what they say."""
    return pickle.loads(ctypes.string_at(data, length))  # noqa: S301


# Places


def _machine(numba: Path, llvm: Any) -> str:  # noqa: ANN401
    import llvmlite
    import numpy as np

    told = [
        VERSION,
        str(Path(__file__).parent),
        sys.version,
        np.__version__,
        llvmlite.__version__,
        (numba / "_version.py").read_text(),
        llvm.get_default_triple(),
        *_processor(llvm),
    ]
    return xxhash.xxh3_64_hexdigest(repr(told).encode())


def sources(package: Path) -> str:
    """Changes with every file that can change a kernel."""
    digest = xxhash.xxh3_64()
    for room in _ROOMS:
        for folder, folders, files in os.walk(package / room):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            digest.update(f"{os.path.relpath(folder, package)}\n".encode())
            for name in sorted(name for name in files if name.endswith(".py")):
                found = os.stat(f"{folder}/{name}")  # noqa: PTH116 - a hundred of them, on every start
                digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _places(machine: str, sources: str) -> Iterator[Path]:
    """Directories of this machine and these sources, the preferred one first."""
    for home in homes():
        yield home / f"native-{machine}" / sources


def homes() -> Iterator[Path]:
    """Directories in which code is kept, the preferred one first."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        yield Path(given)
        return
    yield Path(__file__).parent / "__pycache__"
    with suppress(RuntimeError):  # a user without a home, as in many containers
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tuneset"
