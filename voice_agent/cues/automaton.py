"""All phrases at once: one automaton over words, built only where it is walked."""

from collections.abc import Iterable, Iterator, Sequence

from voice_agent.cues.phrases import I_WORD, Tree

MOST_STATES = 10_000
"""States that are kept, some 50 MB; beyond, what was found is found anew. Every other sentence leads
somewhere new, and a service that listens for weeks must not grow with all that was ever said."""

Tag = tuple[int, str]
"""What a phrase stands for: the number of its cue (or part), and the list it is in."""


class _Node:
    """A place in a phrase: what is still to come there, and where that leads."""

    __slots__ = ("onward", "tag", "tree")

    def __init__(self, tree: Tree | None, onward: "_Node | None", tag: Tag | None = None) -> None:
        self.tree = tree
        self.onward = onward
        self.tag = tag


class _State:
    """A set of nodes that can be reached together; its ways on are found when first taken."""

    __slots__ = ("_any_but_i", "_any_word", "_next", "_nodes", "_words", "tags")

    def __init__(self, nodes: "_Nodes", entered: Iterable[_Node]) -> None:
        todo, seen = list(entered), set[_Node]()
        nodes.states += 1
        self._nodes = nodes
        self._words: dict[str, list[_Node]] = {}
        self._any_word: list[_Node] = []
        self._any_but_i: list[_Node] = []
        self._next: dict[str, _State | None] = {}
        tags: set[Tag] = set()
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            tree, onward = node.tree, node.onward
            if tree is None or onward is None:
                if node.tag:
                    tags.add(node.tag)
            elif tree.word is not None:
                self._words.setdefault(tree.word, []).append(onward)
            elif tree.any_word:
                (self._any_but_i if tree.but_i else self._any_word).append(onward)
            elif tree.one_of:
                for choice in tree.one_of:
                    if choice.word is not None:
                        self._words.setdefault(choice.word, []).append(onward)
                    else:
                        todo.append(nodes.at(choice, onward))
            else:
                for part in reversed(tree.all_of):
                    onward = nodes.at(part, onward)
                todo.append(onward)
        self.tags = tuple(sorted(tags))

    def after(self, word: str) -> "_State | None":
        """Return the state after `word`, or None where no phrase goes on with it."""
        # All words that no phrase names lead to one place, so that what people say is not kept.
        key = word if word in self._words or word == I_WORD else ""
        try:
            return self._next[key]
        except KeyError:
            entered = [*self._words.get(word, ()), *self._any_word]
            if word != I_WORD:
                entered += self._any_but_i
            state = self._next[key] = _State(self._nodes, entered) if entered else None
            return state

    def forget(self) -> None:
        """Forget the ways on."""
        self._next.clear()


class _Nodes:
    """Every place once: a part that phrases share is the same node for each end."""

    __slots__ = ("_made", "states")

    def __init__(self) -> None:
        self._made: dict[tuple[Tree, _Node], _Node] = {}
        self.states = 0
        """States that were made of them and not forgotten."""

    def at(self, tree: Tree, onward: _Node) -> _Node:
        """Return the node from which `tree` leads to `onward`."""
        key = (tree, onward)
        node = self._made.get(key)
        if node is None:
            node = self._made[key] = _Node(tree, onward)
        return node


class Automaton:
    """Finds where phrases stand in a row of words."""

    def __init__(self, phrases: Iterable[tuple[Tree, Tag]]) -> None:
        ends: dict[Tag, _Node] = {}
        nodes = _Nodes()
        entries = []
        for tree, tag in phrases:
            if tag not in ends:
                ends[tag] = _Node(None, None, tag)
            entries.append(nodes.at(tree, ends[tag]))
        self._nodes = nodes
        self._start = _State(nodes, entries)

    @property
    def states(self) -> int:
        """How many states are kept."""
        return self._nodes.states

    def walk(self, words: Sequence[str], begin: int = 0) -> Iterator[tuple[int, tuple[Tag, ...]]]:
        """Yield, for phrases that begin at `words[begin]`, where one ends and what it is."""
        if self._nodes.states > MOST_STATES:
            self._start.forget()
            self._nodes.states = 1
        state: _State | None = self._start
        for index in range(begin, len(words)):
            state = state.after(words[index]) if state else None
            if state is None:
                return
            if state.tags:
                yield index + 1, state.tags
