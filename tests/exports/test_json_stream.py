import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.formats import json_stream
from exports.formats.records import NotReadable
from tests.exports import drawn

values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.sampled_from('ab"\\{}[], ä'), max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('k"},['), max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
rows = st.lists(st.dictionaries(st.sampled_from(["a", "b}", '"']), values, max_size=3), max_size=8)


def read(data):
    return {
        name: [item for batch in batches for item in batch] for name, batches in json_stream.Members(io.BytesIO(data))
    }


@drawn.several
@given(
    st.dictionaries(st.text(max_size=4), rows, max_size=4),
    st.sampled_from([None, 1]),
    st.integers(1, 60),
    st.booleans(),
)
def test_lists_come_in_pieces(content, indent, piece, ascii_only):
    text = json.dumps(content, indent=indent, ensure_ascii=ascii_only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "PIECE", max(piece, 40))
        assert read(text.encode()) == content


@pytest.mark.parametrize("value", ['{"a": {"b": "}"}}', '"x,}"', "1.5", "true", "null", "{}"])
def test_other_members_are_one_value(value):
    text = f'{{"info": {value}, "images": [], "last": {value}}}'
    assert read(text.encode()) == {"info": [json.loads(value)], "images": [], "last": [json.loads(value)]}


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a"', '{"a":', '{"a":[', '{"a":[{}', '{"a":[{"b":]}]}', '{"a":x}', "{1:2}", '{"a":[}]}']
)
def test_broken_files_are_refused(text):
    with pytest.raises(NotReadable, match="not valid JSON"):
        read(text.encode())


@drawn.several
@given(st.binary(max_size=20), st.integers(0, 60))
def test_damaged_files_are_read_or_refused(noise, place):
    data = bytearray(b'{"info":{"a":1},"images":[{"id":1},{"id":2}],"annotations":[{"id":1}]}')
    data[place : place + len(noise)] = noise
    try:
        read(bytes(data))
    except NotReadable:
        return
