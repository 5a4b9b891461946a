"""Long texts: what organizers write, and nothing that acts."""

import pytest

from festival.lib.rich import rich


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**报名：**请点击", "<p><strong>报名：</strong>请点击</p>"),
        ("一\n二", "<p>一<br>\n二</p>"),
        ("# 大标题\n\n- 一\n- 二", "<h3>大标题</h3>\n<ul>\n<li>一</li>\n<li>二</li>\n</ul>"),
        ("[政策](https://example.cn)", '<p><a href="https://example.cn" rel="noreferrer">政策</a></p>'),
        ("[x](javascript:alert(1))", '<p><a rel="noreferrer">x</a></p>'),
        ("<script>alert(1)</script>好", "<p>好</p>"),
        ('<p style="color:red" onclick="x()">好</p>', "<p>好</p>"),
        ("![图](https://example.cn/a.png)", "<p></p>"),
    ],
)
def test_markdown_becomes_safe_html(text, expected):
    assert str(rich(text)).strip() == expected
