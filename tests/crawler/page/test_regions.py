"""Where visitors write, on the platforms that schools use, is told from what only sounds so; and the file is strict."""

from datetime import UTC, datetime

import pytest

from crawler.errors import BadRules
from crawler.page import extract
from crawler.page.regions import KINDS, read, regions

SAID = "Link vao nha cai so mot"
# As the platforms write it, shortened, up to what a visitor wrote; the parser closes what is open.
PLATFORMS = {
    "WordPress": '<div id="primary"><section class="wp-block-comments comments-area"><ol><li>',
    "WordPress reply form": '<div id="respond-12" class="comment-respond"><p>',
    "WordPress wpDiscuz": '<div id="wpdcom" class="wpdiscuz_unauth wpd-default"><div class="wpd-thread-list">',
    "WordPress author page": '<div class="archive-header-author"><div class="author-bio">',
    "bbPress": '<div id="bbpress-forums" class="bbpress-wrapper"><ul class="bbp-replies"><li>',
    "BuddyPress": '<div id="buddypress"><div id="item-body"><table class="profile-fields"><td>',
    "Joomla K2": '<div class="itemComments"><ul class="itemCommentsList"><li>',
    "Joomla K2 user": '<div id="k2Container" class="userView"><div class="userBlock"><div class="userDescription">',
    "Joomla JComments": '<div id="jc"><div id="comments"><div class="even" id="comment-item-41">',
    "Joomla Kunena": '<div class="kblock kview"><table class="kmsg"><tr><td class="kmessage-left">',
    "Joomla Easybook": '<div id="easybook"><div class="easy_frame"><div class="easy_top">',
    "Joomla profile": '<div class="com-users-profile profile"><fieldset id="users-profile-custom"><dl><dd>',
    "Drupal": '<section class="field field--name-comment field--type-comment comment-wrapper"><article>',
    "NukeViet": '<div id="idcomment"><div id="showcomment"><ul class="comment-list"><li class="media">',
    "phpBB": '<div id="p301" class="post has-profile bg2"><div class="inner"><div class="postbody"><div>',
    "phpBB profile": '<form action="./memberlist.php" id="viewprofile"><div class="panel bg1"><dl><dd>',
    "Discuz": '<div id="postlist" class="pl bm"><table id="pid77"><tr><td class="t_f" id="postmessage_77">',
    "vBulletin": '<table id="post88"><tr><td class="alt1" id="td_post_88"><div id="post_message_88">',
    "XenForo": '<article class="message message--post js-post" id="js-post-9"><div class="bbWrapper">',
    "XenForo profile": '<div class="memberHeader"><div class="memberHeader-main">',
    "Moodle": '<article id="p4" class="forum-post-container"><div class="d-flex body-content-container">',
    "DotNetNuke": '<div class="DnnModule DnnModule-DNN_Feedback DnnModule-771"><a name="771"></a><table><td>',
    "DotNetNuke profile": '<div class="DnnModule DnnModule-ViewProfile DnnModule-402"><div>',
    "SharePoint": '<div class="ms-comm-postMainContainer"><div class="ms-comm-postBody">',
    "Blogger": '<div class="comments" id="comments"><div id="Blog1_comments-block-wrapper"><dl><dd>',
    "Disqus": '<div id="disqus_thread"><p>',
    "Facebook": '<div class="fb-comments" data-href="https://truong.example/">',
    "ASP.NET portal, questions": '<div id="ctl00_MainContent_ucHoiDap1_pnlList"><table><tr><td>',
    "ASP.NET portal, feedback": '<table id="ctl00_cphMain_dsGopY" cellpadding="0"><tr><td>',
    "portal, guestbook": '<div class="so_luu_but"><div class="dong">',
    "portal, forum": '<div class="box box-dien-dan"><div class="chu-de">',
    "portal, member": '<div class="ho-so-thanh-vien"><div class="gioi-thieu">',
}
HONEST = (
    '<div class="commentary"><p>',
    '<div class="review-lesson"><p>',
    '<section id="unit-3-review"><p>',
    '<div class="profile-school school-profile"><p>',
    '<div class="profile"><p>',
    '<div id="posts" class="post-list"><div class="post_content">',
    '<div class="post-body entry-content">',
    '<div class="message alert message-body">',
    '<div class="cau-hoi trac-nghiem">',
    '<div class="doi-ngu thanh-vien">',
    '<div class="forumula platforums">',
    '<table class="t_fish kmsgs"><tr><td>',
)


def zone_of(markup: str) -> str:
    page = extract(
        url="https://truong.example/bai.html",
        status=200,
        headers=[("Content-Type", "text/html; charset=utf-8")],
        body=f"<html><body><div id=wrapper><p>Trường</p>{markup}{SAID}".encode(),
        fetched=datetime(2026, 11, 23, tzinfo=UTC),
        host="truong.example",
    )
    return next(block.region for block in page.blocks if block.part == "text" and SAID in block.text)


@pytest.mark.parametrize("name", PLATFORMS)
def test_what_visitors_write_is_told_by_its_platform(name: str) -> None:
    assert zone_of(PLATFORMS[name]) == "comments"


@pytest.mark.parametrize("markup", HONEST)
def test_what_the_school_writes_is_its_own(markup: str) -> None:
    assert zone_of(markup) == "main"


def test_navigation_and_footer_keep_what_is_below_them() -> None:
    assert zone_of('<footer class="chan-trang"><div class="gop-y">') == "footer"
    assert zone_of('<div id="main-menu"><ul class="hoi-dap">') == "nav"


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("div", "comments", ""), "comment"),
        (("table", "", "table Gop-Y"), "guestbook"),
        (("ul", "", "bbp-topics-12"), "forum"),
        (("div", "dnn_ctr512_hoidap", ""), "question"),
        (("div", "", "memberHeader-content"), "profile"),
        (("section", "postbody", "postbody"), ""),
    ],
)
def test_kinds(names: tuple[str, str, str], kind: str) -> None:
    assert regions().kind_of(*names) == kind


def test_every_kind_is_known_of_some_platform() -> None:
    known = regions()
    assert {*known.words.values(), *known.whole.values(), *known.begins.values()} == set(KINDS)


def test_all_faults_are_told_with_their_lines() -> None:
    text = """# ours
any comment binh-luan div.hop
any chat .room
lonely comment
any comment li.comment .a>b .x*y div.b-* Binh-Luan
any forum .hop1 .hop2 binh-luan"""
    with pytest.raises(BadRules) as raised:
        read(text, "ours.txt")
    told = str(raised.value).splitlines()
    assert [line.split(": ")[:2] for line in told] == [
        ["ours.txt:3", "any"],
        ["ours.txt:4", "lonely"],
        ["ours.txt:5", "li.comment"],
        ["ours.txt:5", ".a>b"],
        ["ours.txt:5", ".x*y"],
        ["ours.txt:5", "div.b-*"],
        ["ours.txt:6", "binh-luan"],
    ]
    assert told[-1].endswith("is comment in line 5 already")


def test_a_file_without_regions_is_refused() -> None:
    with pytest.raises(BadRules, match=r"ours\.txt:1: names no region"):
        read("# nothing\n\n", "ours.txt")
