"""Ids are a public contract: the digests below were written down once and may never change."""

from tuneset.core.ids import RecordHash, content_id, content_ids, keyed, origin_id, record_hash


def test_pinned_ids_never_change() -> None:
    record = record_hash(b'{"messages":[]}', source="logs/*.jsonl")

    assert record.hex() == "dc10d3fce81fce46e4347a246fb0b1a9"
    assert origin_id(record).hex() == record.hex()
    assert origin_id(record, occurrence=1).hex() == "bf8928f95c6da28e36e5877b57aede78"
    assert origin_id(record, occurrence=256).hex() == "7701eb6d19c042c1803308c7370679bf"
    assert content_id(b'{"messages":[]}').hex() == "995ec2cfd69cd13c7eb507cb81f0aaeb"
    assert keyed("user-1", key=b"k" * 32) == "fe8765675de45bcd0ac4ac7c387829ff"


def test_ids_of_many_conversations_are_those_of_each() -> None:
    texts = [b"x" * size for size in (0, 1, 126, 127, 128, 129, 1000)]

    assert content_ids(texts) == [content_id(text) for text in texts]
    assert content_ids(map(memoryview, texts), after=b"{") == [content_id(b"{" + text) for text in texts]


def test_a_record_is_told_apart_by_source_and_bytes() -> None:
    ids = {
        record_hash(b"x", source="a"),
        record_hash(b"x", source="b"),
        record_hash(b"y", source="a"),
        record_hash(b"", source="ax"),
    }

    assert len(ids) == 4


def test_occurrences_of_one_record_have_different_ids() -> None:
    record = RecordHash(bytes(16))

    assert len({origin_id(record, occurrence=k) for k in range(1000)}) == 1000


def test_a_keyed_id_means_nothing_without_the_key() -> None:
    assert keyed("user-1", key=b"a" * 32) != keyed("user-1", key=b"b" * 32)
