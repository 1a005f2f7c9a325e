import pytest

from projects import markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("## Look\n\n- **one**", "<h2>Look</h2>\n<ul>\n<li><strong>one</strong></li>\n</ul>\n"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("<b onclick=x>hi</b>", "<p>&lt;b onclick=x&gt;hi&lt;/b&gt;</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("[x](data:text/html,hi)", "<p>[x](data:text/html,hi)</p>\n"),
        (
            "[x](https://example.com)",
            '<p><a href="https://example.com" rel="noopener noreferrer nofollow">x</a></p>\n',
        ),
        ("![tracker](https://example.com/x.png)", "<p></p>\n"),
        (
            "| a |\n|---|\n| b |",
            "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>\n",
        ),
    ],
)
def test_only_what_is_harmless_comes_out(text, html):
    assert markdown.render(text) == html
