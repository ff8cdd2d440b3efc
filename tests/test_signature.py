"""Signatures of our own, genuine ones, and garbage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.signature import is_genuine, issuer_of, read_signature, sign

GENUINE = "EoQDCm0IDhgCKkCDzGs2kL2PgnDCZU/nM2wG2P1VIXCRHVnhDDzBQxNF1fl4QBXEKLxRItNJ2MwFdW9e+=="


@given(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True), st.text(st.characters(codec=None)))
def test_what_was_signed_can_be_read(issuer, payload):
    signature = sign(issuer, payload)
    assert read_signature(signature) == (issuer, payload)
    assert issuer_of(signature) == issuer
    assert signature.isascii()
    assert signature.isprintable()


def test_a_signature_without_payload_names_its_issuer():
    assert read_signature(sign("deepseek")) == ("deepseek", "")


@pytest.mark.parametrize("issuer", ["", "DeepSeek", "a.b", "é", "a b", "-a"])
def test_an_issuer_that_could_not_be_read_back_is_refused(issuer):
    with pytest.raises(ValueError, match="issuer"):
        sign(issuer)


@pytest.mark.parametrize(
    ("signature", "issuer"),
    [
        ("", ""),
        (GENUINE, "anthropic"),
        ("some-other-gateway", "anthropic"),
        ("ccr1.", ""),
        ("ccr1.gemini", "gemini"),
        ("ccr1.gemini.!!!!", ""),
        ("ccr1.gemini.a", ""),  # no base64 has one character over
        ("ccr1.gemini._w", ""),  # a byte that is no UTF-8
        ("ccr1.Gemini.YQ", ""),
        ("ccr1..YQ", ""),
        ("ccr1.gemini.YQ.YQ", ""),
    ],
)
def test_who_signed(signature, issuer):
    assert issuer_of(signature) == issuer
    assert (read_signature(signature) is not None) == (issuer not in ("", "anthropic"))
    assert is_genuine(signature) == (issuer == "anthropic")


def test_a_wrapped_signature_is_never_genuine_whatever_its_issuer_is_called():
    assert not is_genuine(sign("anthropic", GENUINE))


@given(st.text())
def test_garbage_is_never_an_error(text):
    assert read_signature("ccr1." + text) is None or issuer_of("ccr1." + text)
    assert isinstance(issuer_of(text), str)
