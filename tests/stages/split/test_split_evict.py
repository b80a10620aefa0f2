"""Nothing that is related with a sealed test example is learned from, and nothing else has to leave."""

from dataclasses import dataclass
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.split.worlds import ids_of, specs
from tuneset.core.spec import SplitSpec
from tuneset.stages.split import NONE, TEST, Evicted, Ties, assign, evict, group_of
from tuneset.stages.split.evict import REASONS


@dataclass(frozen=True)
class Graph:
    """`n` examples, links of kinds between them, the conversation and the user of each, and who is sealed.

    A link says whether it is a contrast or a leak; two with the same input have the same `said`.
    """

    links: list[tuple[int, int, bool]]
    said: list[int]
    talks: list[int]
    users: list[int]
    sealed: list[bool]

    def __len__(self) -> int:
        return len(self.said)

    def evicted(self) -> Evicted:
        ends = [(i, j) for i, j, _loose in self.links]
        same = np.array([self.said[i] == self.said[j] for i, j in ends], bool)
        loose = np.array([loose for _i, _j, loose in self.links], bool)
        groups = [group_of(np.array(ids, np.uint64)) for ids in (self.talks, self.users)]
        pairs = np.array(ends, np.int64).reshape(-1, 2)
        return evict(Ties(pairs, same | ~loose, same, groups), sealed=np.array(self.sealed, bool))

    def renamed(self, place: list[int]) -> "Graph":
        """The same graph; the example `k` is now number `place[k]`."""
        back = np.argsort(place).tolist()
        links = [(place[i], place[j], loose) for i, j, loose in reversed(self.links)]
        columns = ([column[k] for k in back] for column in (self.said, self.talks, self.users, self.sealed))
        return Graph(links, *columns)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    n = draw(st.integers(1, 40))
    random = draw(st.randoms(use_true_random=False))
    rows = range(n)
    links = [
        (random.randrange(n), random.randrange(n), random.random() < 0.6)
        for _ in range(random.randrange(2 * n))
    ]
    chance = draw(st.sampled_from([0.0, 0.1, 0.3]))
    return Graph(
        [(i, j, loose) for i, j, loose in links if i != j],
        [random.randrange(n) for _ in rows],
        [random.randrange(n) for _ in rows],
        [random.choice([0, 0, random.randrange(1, n + 1)]) for _ in rows],
        [random.random() < chance for _ in rows],
    )


def _closed(rows: set[int], near: dict[int, set[int]]) -> set[int]:
    """Everybody that can be reached."""
    found, todo = set(rows), list(rows)
    while todo:
        fresh = near[todo.pop()] - found
        found |= fresh
        todo += fresh
    return found


def obvious(graph: Graph) -> tuple[dict[int, str], list[set[int]]]:
    """Who is evicted and why, and what hangs together; example by example."""
    rows = range(len(graph))
    twins: dict[int, set[int]] = {row: set() for row in rows}
    same: dict[int, set[int]] = {row: set() for row in rows}
    loose: dict[int, set[int]] = {row: set() for row in rows}
    for i, j, is_loose in graph.links:
        equal = graph.said[i] == graph.said[j]
        for a, b in ((i, j), (j, i)):
            if equal:
                same[a].add(b)
            (twins if equal or not is_loose else loose)[a].add(b)
    sealed = {row for row in rows if graph.sealed[row]}
    texts = _closed(sealed, twins)
    talks, users = ({ids[row] for row in sealed} - {0} for ids in (graph.talks, graph.users))
    near = {row for row in rows if loose[row] & texts} - texts
    why: dict[int, str] = {}
    for row in rows:
        if row in sealed:
            continue
        if row in texts:
            why[row] = REASONS[0]
        elif graph.talks[row] in talks or graph.users[row] in users:
            why[row] = REASONS[1]
        elif row in _closed(near, same):
            why[row] = REASONS[2]
    around: dict[int, set[int]] = {row: set() for row in rows}
    for a in rows:
        around[a] = {b for b in twins[a] | loose[a] if (a in texts) == (b in texts)}
        if a not in why:
            for ids in (graph.talks, graph.users):
                around[a] |= {b for b in rows if b not in why and ids[a] and ids[a] == ids[b]}
    return why, [_closed({row}, around) for row in rows]


@given(graphs())
def test_it_finds_whom_looking_at_one_after_the_other_finds(graph: Graph) -> None:
    why, together = obvious(graph)
    found = graph.evicted()
    assert {row: REASONS[found.why[row]] for row in np.flatnonzero(found.by >= 0).tolist()} == why
    assert found.component.tolist() == [min(rows) for rows in together]


@given(graphs())
def test_no_relation_of_a_sealed_example_leads_to_one_that_stays(graph: Graph) -> None:
    found = graph.evicted()
    stays = {row for row in range(len(graph)) if found.by[row] < 0 and not graph.sealed[row]}
    for i, j, _loose in graph.links:
        assert not (graph.sealed[i] and j in stays)
        assert not (graph.sealed[j] and i in stays)
    sealed = [row for row in range(len(graph)) if graph.sealed[row]]
    for ids in (graph.talks, graph.users):
        assert not {ids[row] for row in sealed} & {ids[row] for row in stays} - {0}
    assert not {found.component[row] for row in sealed} & {found.component[row] for row in stays}


@given(graphs(), specs)
def test_nothing_related_with_a_test_example_is_learned_from(graph: Graph, spec: SplitSpec) -> None:
    """Whether the test example is sealed or drawn now."""
    found, names = graph.evicted(), np.arange(len(graph))
    sealed = np.where(graph.sealed, TEST, NONE).astype(np.int8)
    cell = np.zeros(len(graph), np.int32)
    gone = found.by >= 0
    split = assign(found.component, cell, sealed, evicted=gone, ids=ids_of(names), spec=spec).split
    assert (split[sealed == TEST] == TEST).all()
    assert ((split == NONE) == gone).all()
    related = [(i, j) for i, j, _loose in graph.links]
    for ids in (graph.talks, graph.users):
        related += [(i, j) for i in names for j in names if ids[i] and ids[i] == ids[j]]
    for i, j in related:
        assert len({split[i], split[j]} - {NONE}) <= 1


@given(graphs())
def test_who_is_named_is_sealed_and_hangs_together_with_the_evicted(graph: Graph) -> None:
    found = graph.evicted()
    for row in np.flatnonzero(found.by >= 0).tolist():
        assert graph.sealed[found.by[row]]
        assert not graph.sealed[row]
        if REASONS[found.why[row]] == "twin-of-sealed-test":
            assert found.component[row] == found.component[found.by[row]]


@given(graphs())
def test_without_a_sealed_example_nobody_leaves_and_all_links_count(graph: Graph) -> None:
    free = Graph(graph.links, graph.said, graph.talks, graph.users, [False] * len(graph))
    found = free.evicted()
    assert (found.by < 0).all()
    for i, j, _loose in graph.links:
        assert found.component[i] == found.component[j]


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_links_does_not_matter(graph: Graph, random: Random) -> None:
    place = random.sample(range(len(graph)), len(graph))
    found, moved = graph.evicted(), graph.renamed(place).evicted()
    assert (moved.why[place] == found.why).all()
    assert ((moved.by[place] >= 0) == (found.by >= 0)).all()
    old, new = (labels[:, None] == labels[None, :] for labels in (found.component, moved.component[place]))
    assert (old == new).all()


@given(graphs(), st.data())
def test_more_links_never_let_an_evicted_example_back_in(graph: Graph, data: st.DataObject) -> None:
    rows = st.integers(0, len(graph) - 1)
    i, j = data.draw(rows), data.draw(rows)
    if i == j:
        return
    more = Graph([*graph.links, (i, j, data.draw(st.booleans()))], *_columns(graph))
    assert ((more.evicted().by >= 0) >= (graph.evicted().by >= 0)).all()


def _columns(graph: Graph) -> tuple[list[int], list[int], list[int], list[bool]]:
    return graph.said, graph.talks, graph.users, graph.sealed


def test_a_chain_of_contrasts_ends_at_the_first() -> None:
    chain = [(row, row + 1, True) for row in range(9)]
    graph = Graph(chain, list(range(10)), [0] * 10, [0] * 10, [row == 0 for row in range(10)])
    found = graph.evicted()
    assert np.flatnonzero(found.by >= 0).tolist() == [1]
    assert set(found.component[1:].tolist()) == {1}, "the rest hangs together as before"


def test_a_conversation_stays_together_when_its_first_example_has_to_leave() -> None:
    """Row 1, the first of the conversation 7, is a contrast of the sealed row 0."""
    graph = Graph([(0, 1, True)], list(range(4)), [0, 7, 7, 7], [0] * 4, [True, False, False, False])
    found = graph.evicted()
    assert np.flatnonzero(found.by >= 0).tolist() == [1]
    assert found.component.tolist() == [0, 1, 2, 2]
