"""One result of a batch and the request joined to it."""

from tuneset.connectors.calls.call import Object, add_call, as_object
from tuneset.connectors.calls.dialect import read_call
from tuneset.connectors.calls.errors import refuse_error
from tuneset.core.connector import Parsed
from tuneset.core.errors import Rejected
from tuneset.core.example import ExampleBuilder
from tuneset.core.spec import Fields


def parse_result(
    record: Object, into: ExampleBuilder, *, response: object, asked: str, status: object, fields: Fields
) -> Parsed:
    """The example of a result.

    Args:
        record: what is kept, with what stands around the body of the response under `response`, and under
            `request` the line of the input file, if one was joined.
        into: gets the messages.
        response: body of the response.
        asked: the key of the body in a line of the input file.
        status: HTTP status of the response, if it was recorded.
        fields: of the spec.

    Raises:
        Rejected: no-request, provider-error, or as `read_call`.
    """
    refuse_error(as_object(response), status=status)
    line = as_object(record.get("request"))
    if line is None:
        raise Rejected("no-request", "no request, or more than one, has its `custom_id`")
    call = read_call(line.get(asked), response, status=status)
    call.response = {**(as_object(record.get("response")) or {}), **call.response}
    extra = {name: value for name, value in record.items() if name not in ("request", "response")}
    return add_call(call, into, extra=extra, fields=fields)
