"""The name a file is saved under, in the header form of every browser (RFC 6266, RFC 8187)."""

import io
from urllib.parse import unquote

import pytest
from werkzeug.http import parse_options_header

from festival.lib.download import download

NAMES = {
    "首届河西人才节_高峰论坛_花名册_20230618.xlsx": "首届河西人才节_高峰论坛_花名册_20230618.xlsx",
    'a/b\\c:d*e?f"g<h>i|j.xlsx': "a_b_c_d_e_f_g_h_i_j.xlsx",
    "100%; filename=x' 𠮷 é.csv": "100%; filename=x' 𠮷 é.csv",
    "第一行\r\n第二行.csv": "第一行_第二行.csv",
}


@pytest.mark.parametrize(("name", "saved"), NAMES.items(), ids=["Chinese", "separators", "signs", "lines"])
def test_a_file_is_saved_under_its_name_whatever_is_in_it(name, saved):
    header = download(io.BytesIO(), name=name, plain_name="roster-forum.xlsx", content_type="x/y").headers["Content-Disposition"]

    kind, options = parse_options_header(header)
    _first, plain, whole = header.split("; ")
    assert (kind, options["filename"]) == ("attachment", saved)  # a browser of today
    assert plain == 'filename="roster-forum.xlsx"'  # one that knows no other form
    assert (whole.isascii(), unquote(whole.removeprefix("filename*=UTF-8''"))) == (True, saved)
