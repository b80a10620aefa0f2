# ruff: noqa: E501 - a table is read by its rows
"""Keys of providers, drawn from the forms in which they are handed out, and what only begins like one."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tuneset.stages.redact import mask
from tuneset.stages.redact.tokens import TOKENS

FORMS = [(provider, form) for provider, forms in TOKENS.items() for form in forms]


@pytest.mark.parametrize(("provider", "form"), FORMS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_key_of_each_form_is_found_whole(provider: str, form: bytes) -> None:
    @settings(
        max_examples=3,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.from_regex(form, fullmatch=True))
    def check(drawn: bytes) -> None:
        key = drawn.decode()
        assume(any(sign.isdigit() for sign in key))  # one of a hundred thousand has none
        assume(key[-1].isalnum())
        for said in ("use {} now", '{{"k": "{}"}}', "K={}\n"):
            masked = mask(said.format(key), types=("credential",))
            assert masked == said.format("[CREDENTIAL_1]"), provider

    check()


@pytest.mark.parametrize(
    "said",
    [
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=x",
        "Endpoint=sb://a.example/;SharedAccessKeyName=Root;SharedAccessKey={}",
        "DD_APP_KEY={}", "aws_secret_access_key = {}", "heroku_api_key: {}", "Server=a;User Id=sa;Password={};",
        "mongodb+srv://{}@cluster0.example.net/db", "redis://{}@cache.example:6379/0", "amqps://{}@mq.example/v",
    ],
)  # fmt: skip
def test_secrets_of_connection_strings_and_settings_are_found(said: str) -> None:
    value = "app:s3cr3tPa55" if "://{}" in said else "wJalrXUtnFEMI7K7MDENGbPxRfiCYq9Zz0kA1b2c3D4"
    assert mask(said.format(value), types=("credential",)) == said.format("[CREDENTIAL_1]")


@pytest.mark.parametrize(
    "text",
    [
        "pat-a-cake-2024-and-more", "patient12345678.record", "display-name-2024-01-01-x1", "secret_santa_2024_party_list",
        "api_orgchart_2024_version_1", "re_release_2024_final_v2", "v1.0-rc1-2024-build-77", "sl.1234567890-abc",
        "publication2024_final_v12", "sub_1234567890_customer", "access-denied-2024-01-01", "figure_12_final_2024_abc",
        "MT103_transfer_2024_file", "Mz7-class.abc.def", "section-12-of-34-with-more-words", "key-value-pairs-2024-list",
        "csk-2024-final-match-report", "docs/app-1234/keyboard-layout-1", "npm_config_registry_2024", "OTP1234567890123",
    ],
)  # fmt: skip
def test_what_only_begins_like_a_key_stays(text: str) -> None:
    assert mask(text, types=("credential",)) == text
