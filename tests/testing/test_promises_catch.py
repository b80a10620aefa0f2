"""A promise is worth what it catches: each offender breaks the promise beside it, the sound ones none."""

from collections.abc import Iterator, Sequence

import broken
import pytest
from hypothesis import Phase, settings

from tuneset.engine.executor import SerialExecutor
from tuneset.testing import (
    Promise,
    connector_promises,
    executor_promises,
    exporter_promises,
    stage_promises,
)

SAMPLES = [
    {
        "q": "Where is my invented parcel number 17?",
        "a": "It will arrive on Tuesday morning.",
        "region": "eu",
    },
    {
        "q": "Can I move the booking of the blue boat?",
        "a": "Yes, by two days at the most.",
        "scores": [1, {"x": 2}],
    },
]

STAGES = {
    broken.Loses: "nothing_vanishes",
    broken.InventsIds: "nothing_vanishes",
    broken.CountsItsTable: "sharding_does_not_matter",
    broken.SeesTheRowBefore: "arrival_order_does_not_matter",
    broken.CountsItsRuns: "running_again_gives_the_same",
    broken.NeverDone: "running_twice_changes_nothing",
    broken.AlwaysEdits: "running_twice_changes_nothing",
    broken.MovesLines: "origin_is_never_edited",
    broken.WritesIntoItsInput: "input_table_is_not_modified",
    broken.QuotesText: "events_hold_no_text",
    broken.SentenceAsReason: "events_hold_no_text",
    broken.SignsAsAnother: "ids_of_events_exist",
    broken.SetIdentity: "fingerprint_is_stable",
    broken.ClockIdentity: "fingerprint_is_stable",
    broken.IdentityOfUse: "fingerprint_is_stable",
    broken.CannotTravel: "fingerprint_is_stable",
}
CONNECTORS = {
    broken.QuotesInWhy: "it_recognises_its_samples_and_says_why",
    broken.RecognisesAnything: "it_recognises_no_empty_record",
    broken.SaysNothing: "every_sample_becomes_an_example",
    broken.Remembers: "the_same_record_gives_the_same_example",
    broken.BreaksWhenOpening: "bad_records_are_opened_or_rejected",
    broken.PopsFields: "records_are_not_modified",
    broken.ForgetsFields: "unknown_fields_are_kept",
    broken.Crashes: "bad_records_are_rejected_and_nothing_else",
    broken.QuotesInDetail: "rejections_hold_no_text",
    broken.KeepsItsBuilder: "a_rejected_record_leaves_no_trace",
}
EXPORTERS = {
    broken.NoDate: "it_describes_itself",
    broken.Escapes: "side_files_stay_beside_the_data",
    broken.UnknownRule: "breaks_name_rows_and_rules",
    broken.Skips: "each_example_is_one_line_of_json",
    broken.Trims: "the_conversation_is_in_its_line",
    broken.Numbers: "a_row_does_not_depend_on_the_others",
}
EXECUTORS = {
    broken.Unordered: "results_are_in_the_order_of_the_items",
    broken.TellsNobody: "on_done_is_told_once_per_item_in_the_driver",
    broken.Swallows: "errors_for_the_user_pass_unchanged",
    broken.Wraps: "bugs_keep_their_type",
    broken.LastFirst: "the_first_of_several_errors_is_raised",
}


@pytest.fixture(autouse=True)
def _without_shrinking() -> Iterator[None]:
    """Finding the offender is enough; nobody reads the smallest example."""
    before = settings.get_current_profile_name()
    settings.register_profile("only-find", settings.get_profile(before), phases=[Phase.generate])
    settings.load_profile("only-find")
    yield
    settings.load_profile(before)


def _named(promises: Sequence[Promise], name: str) -> Promise:
    (found,) = [promise for promise in promises if str(promise) == name]
    return found


def _caught(promise: Promise) -> None:
    with pytest.raises(AssertionError):
        promise()


@pytest.mark.parametrize(("kind", "name"), STAGES.items())
def test_a_broken_stage_is_caught(kind: type[broken.Stage], name: str) -> None:
    _caught(_named(stage_promises(kind(), tries=50), name))


@pytest.mark.parametrize(("kind", "name"), CONNECTORS.items())
def test_a_broken_connector_is_caught(kind: type[broken.Connector], name: str) -> None:
    _caught(_named(connector_promises(kind(), SAMPLES), name))


@pytest.mark.parametrize(("kind", "name"), EXPORTERS.items())
def test_a_broken_exporter_is_caught(kind: type[broken.Exporter], name: str) -> None:
    _caught(_named(exporter_promises(kind(), tries=50), name))


@pytest.mark.parametrize(("kind", "name"), EXECUTORS.items())
def test_a_broken_executor_is_caught(kind: type[SerialExecutor], name: str) -> None:
    _caught(_named(executor_promises(kind()), name))


SOUND = [
    *stage_promises(broken.Stage(), tries=5),
    *connector_promises(broken.Connector(), SAMPLES),
    *exporter_promises(broken.Exporter(), tries=5),
]


@pytest.mark.parametrize("promise", SOUND, ids=str)
def test_a_sound_plugin_breaks_no_promise(promise: Promise) -> None:
    promise()


def test_every_promise_has_an_offender_that_it_catches() -> None:
    """Except those that two others imply: no state in an executor, no error of the driver's own."""
    known = {str(promise) for promise in [*SOUND, *executor_promises(SerialExecutor())]}
    caught = {*STAGES.values(), *CONNECTORS.values(), *EXPORTERS.values(), *EXECUTORS.values()}
    assert caught <= known
    assert known - caught == {
        "nothing_to_do_is_done",
        "it_works_after_an_error",
        "an_error_in_on_done_is_raised",
        "the_bytes_are_those_of_the_serial_executor",
    }


def test_the_same_corpora_serve_our_tests_and_those_of_plugins() -> None:
    import strategies
    from tuneset.testing import strategies as public

    assert strategies.corpora is public.corpora
    for texts in (strategies.LOOKALIKES, strategies.AWKWARD, strategies.ORDINARY):
        assert len(set(texts)) == len(texts)
