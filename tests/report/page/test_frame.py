"""The file around a page allows its own style and script alone."""

import re
from base64 import b64encode
from hashlib import sha256

from hairpin.report.page.frame import whole_file
from hairpin.report.page.markup import element
from hairpin.report.words import Words


def test_the_policy_names_the_hashes_of_the_files_own_style_and_script() -> None:
    text = whole_file("<title>", "here", [element("p", "x")], Words())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    for tag in ("style", "script"):
        own = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert own is not None
        digest = b64encode(sha256(own[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none';")


def test_nothing_is_loaded_from_anywhere() -> None:
    text = whole_file("t", "w", [element("p", "x")], Words())
    assert not re.search(r"(?:src|href)=|url\(|@import|https?://", text.replace("default-src", "").replace("-src", ""))


def test_the_language_is_the_readers() -> None:
    assert '<html lang="zh-Hans">' in whole_file("t", "w", [], Words("zh"))
