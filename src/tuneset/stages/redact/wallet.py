"""Addresses of crypto currencies.

What it finds: addresses in Base58Check (Bitcoin, Litecoin, Dogecoin, Dash, Tron) and Bech32 (Bitcoin) with a
correct checksum; Ethereum's `0x` and 40 hexadecimal digits by shape. Example:
`1BoatSLRHtKNngkdXEeobR76b53LETtpyT`. Known gaps: Solana, Monero and others whose addresses have no checksum
of these kinds.
"""

from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module

from tuneset.core.later import later
from tuneset.stages.redact.finding import Finding

_WORD = later(
    rb"(?<![0-9A-Za-z])(?:0x[0-9A-Fa-f]{40}|[13LMDXT][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[02-9ac-hj-np-z]{11,71})(?![0-9A-Za-z])"
)
_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_SIZE, _CHECK = 25, 4


def find(text: bytes, start: int, stop: int) -> Iterator[Finding]:
    """Wallets that begin in the window."""
    for match in _WORD.finditer(text, start, min(len(text), stop + 1)):
        if is_wallet(match[0]):
            yield Finding(match.start(), match.end(), "wallet", match[0])


def is_wallet(word: bytes) -> bool:
    """Is its checksum right, if it has one?"""
    if word.startswith(b"0x"):
        return len(set(word[2:].lower())) > 4
    if word.startswith(b"bc1"):
        return bool(import_module("stdnum.bitcoin").is_valid(word.decode()))
    return _is_base58check(word)


def _is_base58check(word: bytes) -> bool:
    """Base58Check: 21 bytes and the first four of their double SHA-256 (Bitcoin wiki, Base58Check
    encoding).
    """
    number = 0
    for sign in word:
        number = number * 58 + _BASE58.index(sign)
    if number >= 1 << (8 * _SIZE):
        return False
    raw = number.to_bytes(_SIZE, "big")
    return sha256(sha256(raw[:-_CHECK]).digest()).digest()[:_CHECK] == raw[-_CHECK:]
