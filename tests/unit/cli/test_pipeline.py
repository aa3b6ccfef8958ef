"""What functions say about their failures, read from answers, failure queues and logs."""

import json

import pytest

from cli.pipeline import error_text, failure_text


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"errorMessage": "no source answered", "errorType": "RunFailedError"}, "no source answered"),
        ({"statusCode": 400, "body": {"error": "unknown client"}}, "unknown client"),
        ({"statusCode": 500, "body": "it broke"}, "it broke"),
        ({"responsePayload": {"errorMessage": "no price"}, "requestPayload": {}}, "no price"),
        ({"batch_id": "edition-1"}, "it gave up on this message; its log says why"),
        (None, "None"),
    ],
)
def test_the_function_s_own_message_is_found(payload, told):
    assert failure_text(payload) == told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (json.dumps({"level": "INFO", "message": "fine"}), ""),
        (json.dumps({"level": "ERROR", "message": "abandoned"}), "abandoned"),
        (
            json.dumps(
                {
                    "level": "ERROR",
                    "message": "failed",
                    "exception_name": "KeyError",
                    "exception": "Traceback ...\nKeyError: 'x'",
                }
            ),
            "KeyError: 'x'",
        ),
        ("[ERROR] KeyError: 'x'", "[ERROR] KeyError: 'x'"),
        ("2030-01-01 Task timed out after 900.00 seconds", "2030-01-01 Task timed out after 900.00 seconds"),
        ("START RequestId: 1", ""),
    ],
)
def test_only_errors_are_read_out_of_a_log(line, told):
    assert error_text(line) == told
