import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.seals import BrokenSealError, check_seal, sealed

CONTENT = {"call_id": "C1", "turns": [{"text": "您好，一百二十八元。"}], "length_s": 12.5}


@pytest.mark.parametrize("indent", [None, 1])
def test_a_sealed_object_is_still_json(indent: int | None) -> None:
    text = sealed(json.dumps(CONTENT, ensure_ascii=False, indent=indent).encode() + b"\n")
    check_seal(text)
    assert {**CONTENT, "content_sha256": json.loads(text)["content_sha256"]} == json.loads(text)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_breaks_the_seal_or_the_json_or_changes_nothing_else(place: int, bit: int) -> None:
    damaged = bytearray(sealed(json.dumps(CONTENT, ensure_ascii=False).encode()))
    damaged[place % len(damaged)] ^= 1 << bit
    try:
        check_seal(bytes(damaged))
        content = json.loads(damaged)
    except ValueError:
        return
    assert {name: content[name] for name in CONTENT} == CONTENT


def test_the_seal_says_what_may_have_happened() -> None:
    with pytest.raises(BrokenSealError, match="remove content_sha256"):
        check_seal(sealed(b'{"a": 1}').replace(b"1", b"2", 1))


def test_files_without_a_seal_pass() -> None:
    check_seal(b'{"a": 1}')
    check_seal(b"")
