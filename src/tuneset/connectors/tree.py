"""Chats that are kept as trees: whoever edits or asks again makes a branch beside the old one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tuneset.core.errors import Rejected

Object = Mapping[str, object]


@dataclass(frozen=True)
class Tree:
    """Messages by id, in the order of the file; `parents` holds None for those that nobody precedes."""

    nodes: Mapping[str, Object]
    parents: Mapping[str, str | None]

    @classmethod
    def of(cls, nodes: object, *, parent: str) -> "Tree":
        """From an object of nodes, in which the key `parent` names the node before.

        A parent that is not there counts as none: clients delete messages and leave the pointer.

        Raises:
            Rejected: broken-tree, no-messages.
        """
        if type(nodes) is not dict or not nodes:
            raise Rejected("no-messages", "the tree has no nodes")
        if not all(type(node) is dict for node in nodes.values()):
            raise Rejected("broken-tree", "a node is no object")
        named = {key: node.get(parent) for key, node in nodes.items()}
        known = {
            key: value if type(value) is str and value in nodes else None for key, value in named.items()
        }
        return cls(nodes, known)

    @cached_property
    def children(self) -> Mapping[str | None, Sequence[str]]:
        """The nodes that follow each node, in the order of the file."""
        found: defaultdict[str | None, list[str]] = defaultdict(list)
        for key, parent in self.parents.items():
            found[parent].append(key)
        return found

    def branch(self, leaf: object) -> list[str]:
        """Ids from the root to `leaf`; without a leaf to the last node that nothing follows.

        Raises:
            Rejected: broken-tree.
        """
        node = self._last() if leaf is None or leaf == "" else leaf
        if type(node) is not str or node not in self.nodes:
            raise Rejected("broken-tree", "the shown message is not in the tree")
        path: list[str] = []
        seen: set[str] = set()
        step: str | None = node
        while step is not None:
            if step in seen:
                raise Rejected("broken-tree", "a message comes before itself")
            seen.add(step)
            path.append(step)
            step = self.parents[step]
        return path[::-1]

    def beside(self, node: str) -> list[str]:
        """The other nodes with the same parent."""
        return [key for key in self.children.get(self.parents[node], ()) if key != node]

    def _last(self) -> str | None:
        followed = set(self.parents.values())
        return next((key for key in reversed(list(self.nodes)) if key not in followed), None)
