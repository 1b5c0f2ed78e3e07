"""A database of each test's own, and its stores, closed at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kept_sessions import NOW, Opened

from voice_agent.store import Store


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/data/still-here.sqlite3"


@pytest.fixture
def opened(url: str) -> Iterator[Opened]:
    stores: list[Store] = []

    def make(now_unix: float = NOW, *, serving: bool = True) -> Store:
        store = Store(url, batch_s=0.01)
        stores.append(store)
        store.open(now_unix, serving=serving)
        return store

    yield make
    for store in stores:
        store.close()
