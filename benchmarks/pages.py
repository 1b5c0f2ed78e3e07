"""Stand-ins for the page, in a process of their own: each holds a live WebRTC session."""

import asyncio
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
ANSWER_S = 180.0
"""How long opening the sessions may take."""


class Pages:
    """A process with stand-ins for the page; each holds a live session."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, command: str) -> int:
        """Have it do something and return the number that comes of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(command, file=self._process.stdin, flush=True)
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_S)
        answer = self._process.stdout.readline() if ready else ""
        if not answer:
            raise SystemExit("the stand-ins for the page ended or hang; see above")
        return int(answer)

    def __enter__(self) -> Self:
        """Begin without a session."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all sessions."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


async def pages(url: str) -> None:
    """Hold sessions until the input ends: "add N" opens N more, "voices" counts what they heard."""
    import httpx
    import numpy as np

    sys.path.insert(0, str(ROOT / "tests" / "transport"))
    from webrtc_peer import PagePeer

    peers: list[PagePeer] = []
    speaking: list[asyncio.Task[None]] = []
    opened: list[dict[str, str]] = []
    room = np.random.default_rng(3).normal(0, 10, 16_000 * 600).astype(np.int16)

    async def add(http: httpx.AsyncClient) -> None:
        made = (await http.post("/api/sessions", json={"mode": "solo", "microphone": True})).json()
        peer = PagePeer()
        body = {"sdp": await peer.offer(), "type": "offer", "page": f"page-{len(peers)}"}
        answer = await http.post(
            f"/api/sessions/{made['id']}/offer",
            json=body,
            headers={"Authorization": f"Bearer {made['token']}"},
        )
        answer.raise_for_status()
        await peer.accept(answer.json()["sdp"])
        await asyncio.wait_for(peer.opened(), 20)
        peers.append(peer)
        opened.append(made)
        speaking.append(asyncio.create_task(peer.speak(room)))

    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        while command := (await asyncio.to_thread(sys.stdin.readline)).split():
            if command[0] == "add":
                for _ in range(int(command[1])):
                    await add(http)
                print(len(peers), flush=True)
            elif command[0] == "voices":
                heard = [
                    int(np.abs(peer.heard().astype(np.int32)).max(initial=0)) for peer in peers
                ]
                print(sum(loudest > 1_000 for loudest in heard), flush=True)
            elif command[0] == "leave":
                await _leave(http, opened)
                print(len(opened), flush=True)
        for task in speaking:
            task.cancel()
        for peer in peers:
            await peer.leave()


async def _leave(http: Any, opened: list[dict[str, str]]) -> None:
    for made in opened:
        token = {"Authorization": f"Bearer {made['token']}"}
        (await http.delete(f"/api/sessions/{made['id']}", headers=token)).raise_for_status()


if __name__ == "__main__":
    asyncio.run(pages(sys.argv[1]))
