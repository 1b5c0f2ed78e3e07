"""All phrases at once: one automaton over words, made deterministic only where it is walked."""

from collections.abc import Iterable, Iterator, Sequence

from voice_agent.cues.phrases import Tree

Tag = tuple[int, str]
"""What a phrase stands for: the number of its cue, and the list it is in."""


class _Node:
    __slots__ = ("any_word", "skips", "tag", "words")

    def __init__(self, tag: Tag | None = None) -> None:
        self.words: dict[str, list[_Node]] = {}
        self.any_word: list[_Node] = []
        self.skips: list[_Node] = []
        self.tag = tag


class _State:
    """A set of nodes that can be reached together; its ways on are found when first taken."""

    __slots__ = ("_any_word", "_next", "_words", "tags")

    def __init__(self, nodes: Iterable[_Node]) -> None:
        todo, seen = list(nodes), set[_Node]()
        self._words: dict[str, list[_Node]] = {}
        self._any_word: list[_Node] = []
        self._next: dict[str, _State | None] = {}
        tags: set[Tag] = set()
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            todo.extend(node.skips)
            self._any_word.extend(node.any_word)
            for word, onward in node.words.items():
                self._words.setdefault(word, []).extend(onward)
            if node.tag:
                tags.add(node.tag)
        self.tags = tuple(sorted(tags))

    def after(self, word: str) -> "_State | None":
        """Return the state after `word`, or None where no phrase goes on with it."""
        # All words that no phrase names lead to one place, so that what people say is not kept.
        key = word if word in self._words else ""
        try:
            return self._next[key]
        except KeyError:
            nodes = [*self._words.get(word, ()), *self._any_word]
            state = self._next[key] = _State(nodes) if nodes else None
            return state


class Automaton:
    """Finds where phrases stand in a row of words."""

    def __init__(self, phrases: Iterable[tuple[Tree, Tag]]) -> None:
        ends: dict[Tag, _Node] = {}
        # Trees are kept as keys: a part that is shared by phrases is built once for each end.
        self._built: dict[tuple[Tree, _Node], _Node] = {}
        entries = [self._build(tree, ends.setdefault(tag, _Node(tag))) for tree, tag in phrases]
        self._built.clear()
        self._start = _State(entries)

    def _build(self, tree: Tree, onward: _Node) -> _Node:
        """Return the node from which `tree` leads to `onward`."""
        key = (tree, onward)
        if key in self._built:
            return self._built[key]
        node = _Node()
        if tree.word is not None:
            node.words[tree.word] = [onward]
        elif tree.any_word:
            node.any_word.append(onward)
        elif tree.one_of:
            for choice in tree.one_of:
                if len(choice.all_of) == 1 and choice.all_of[0].word is not None:
                    node.words.setdefault(choice.all_of[0].word, []).append(onward)
                else:
                    node.skips.append(self._build(choice, onward))
        else:
            for part in reversed(tree.all_of):
                onward = self._build(part, onward)
            node = onward
        self._built[key] = node
        return node

    def walk(self, words: Sequence[str], begin: int = 0) -> Iterator[tuple[int, tuple[Tag, ...]]]:
        """Yield, for phrases that begin at `words[begin]`, where one ends and what it is."""
        state: _State | None = self._start
        for index in range(begin, len(words)):
            state = state.after(words[index]) if state else None
            if state is None:
                return
            if state.tags:
                yield index + 1, state.tags
