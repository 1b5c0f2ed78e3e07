"""Check a page's WebRTC offer, and complete our answer with the addresses we are reached at."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import ip_address

from voice_agent.core.errors import UsageError

MAX_OFFER_CHARS = 65_536
"""Chromium's and Firefox's offers with one track and one channel have 2,000 to 6,000."""

_MEDIA = re.compile(r"^m=([a-z]+) ", re.MULTILINE)
_ADDRESS_FIELD = 4


def _is_numeric(candidate_line: str) -> bool:
    fields = candidate_line.split()
    try:
        ip_address(fields[_ADDRESS_FIELD])
    except (IndexError, ValueError):
        return False
    return True


def checked_offer(sdp: str) -> str:
    """Return the offer as it may be given to the WebRTC library.

    Candidates that are names are left out: looking up a page's made-up names (`….local`, by
    which browsers hide addresses) would take time and leave the machine, and the page reaches us
    at our addresses all the same.

    Args:
        sdp: The page's session description, complete with candidates or without any.

    Raises:
        UsageError: It is not an offer of one audio line and at most one data channel line.
    """
    if len(sdp) > MAX_OFFER_CHARS:
        raise UsageError(
            f"The offer has {len(sdp)} characters; one for sound and a data channel "
            f"has fewer than {MAX_OFFER_CHARS}."
        )
    lines = sdp.splitlines()
    if not lines or lines[0] != "v=0" or "\0" in sdp or not sdp.isascii():
        raise UsageError(
            "The offer is not a session description; send localDescription.sdp as it is."
        )
    media = sorted(_MEDIA.findall("\n".join(lines)))
    if media not in (["audio"], ["application", "audio"]):
        raise UsageError(
            f"The offer has the media {', '.join(media) or 'none'}; "
            "send one with one audio line and one data channel."
        )
    kept = [
        line
        for line in lines
        if line and (not line.startswith("a=candidate:") or _is_numeric(line))
    ]
    return "\r\n".join(kept) + "\r\n"


def with_candidates(sdp: str, candidates: Iterable[str], announced: Sequence[str] = ()) -> str:
    """Put all candidates into the first media section, which carries everything (BUNDLE).

    Args:
        sdp: Our answer without candidates.
        candidates: Lines such as `candidate:1 1 udp 2122 192.0.2.1 40000 typ host`.
        announced: Further IP addresses under which the same UDP ports reach us: the host's, when
            we run in a container with its ports mapped one to one.
    """
    found = list(dict.fromkeys(candidates))
    more = []
    ports = {line.split()[5] for line in found if " udp " in line.lower() and " typ host" in line}
    for index, (address, port) in enumerate((a, p) for a in announced for p in sorted(ports)):
        more.append(
            f"candidate:{9000 + index} 1 udp {2113937151 - index} {address} {port} typ host"
        )
    head, *sections = re.split(r"(?m)^(?=m=)", sdp)
    added = "".join(f"a={line}\r\n" for line in (*found, *more)) + "a=end-of-candidates\r\n"
    return "".join((head, sections[0], added, *sections[1:]))


def plays_to_page(answer: str) -> bool:
    """Tell from our answer whether the page takes our voice."""
    return re.search(r"(?m)^a=(sendrecv|sendonly)\s*$", answer) is not None
