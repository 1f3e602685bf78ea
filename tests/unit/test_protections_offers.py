"""Contact details, offers that harm people, risk words: what is found, what only looks so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.watching import NIGHT, room, seen, verbs, watched

from peerroom.care import catalogue
from peerroom.moderation.details import details
from peerroom.moderation.guard import Guard
from peerroom.moderation.phones import phones
from peerroom.moderation.protection import Room
from peerroom.moderation.protections import PROTECTIONS
from peerroom.moderation.protections.contact import CONTACT
from peerroom.moderation.protections.risk import RISK
from peerroom.moderation.protections.scam import SCAM
from peerroom.moderation.reading import reading

NEW = "@new:example.org"


def newly() -> Room:
    """A room into which `NEW` came an hour ago."""
    return room(newcomers={NEW: NIGHT - timedelta(hours=1)})


# contact


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("090-0000-0000", "phone number"),
        ("０９０（００００）０００１", "phone number"),
        ("〇九〇の一二三四の五六七八".replace("の", "ー"), "phone number"),
        ("O9O.0000.1234", "phone number"),
        ("0 9 0 0 0 0 0 0 0 0 1", "phone number"),
        ("+81 90 0000 0000", "phone number"),
        ("(212) 555-0147", "phone number"),
        ("07700 900123", "phone number"),
        ("call 555-0147", "phone number"),
        ("1番 090-0000-0001 2番 090-0000-0002", "phone number"),
        ("a.b@example.com", "e-mail address"),
        ("ab (at) example (dot) com", "e-mail address"),
        ("ab★example.com", "e-mail address"),
        ("架空市架空町2丁目3番", "street address"),
        ("架空区架空1-2-3", "street address"),
        ("〒000-0000", "street address"),
        ("14 Sample Street", "street address"),
        ("she lives at 9 sample road", "street address"),
        ("LINE ID: sample", "name on another service"),
        ("insta @sample.x", "name on another service"),
        ("t.me/sample", "name on another service"),
        ("かくう小学校3年2組", "school and class"),
        ("第三小の5年1組", "school and class"),
        ("Oaksample Primary class 4B", "school and class"),
        ("架空市立第三小学校の山田先生", "person and school"),
        ("Mrs Sample at Oaksample Primary", "person and school"),
        ("普通 0000001", "bank account"),
    ],
)
def test_what_leads_to_a_person_is_held(text: str, cue: str) -> None:
    found = watched(
        CONTACT, [seen(f"それは{text} です" if not text.isascii() else f"so {text} ok")]
    )

    assert verbs(found) == ["hold"]
    assert cue in found[0].cues


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-08 10:30",
        "05 06 2026, 1930",
        "100,000円と12,000円",
        "10 9 8 7 6 5 4 3 2 1 0",
        "0 1 2 3 4 5 6 7 8 9",
        "〇〇〇〇〇〇〇〇〇〇",
        "注文番号 123456789012345678",
        "¥09000000000",
        "110 119 189 #7119 999 911",
        "0120-000-000",
        "たくさん食べた最中、背中が",
        "うちの小学校の3年2組",
        "近所の小学校の3年2組",
        "市立小学校の校長先生",
        "第三小学校の保健の先生",
        "our Primary School, class 4B",
        "Mr Sample was kind",
        "クラスのLINEグループで30人",
        "the line is busy",
        "LINE 3回",
        "オンライン zoom2",
        "look at example.com",
        "5 minutes down the road",
        "2 years in the same class",
        "〇〇区の学校、3-4年前",
        "info@city.example.lg.jp",
    ],
)
def test_what_only_looks_like_it_stands(text: str) -> None:
    assert watched(CONTACT, [seen(text)]) == []


def test_helplines_and_numbers_that_moderators_allow_stand() -> None:
    tells = [seen("03-0000-0000")]

    assert verbs(watched(CONTACT, tells)) == ["hold"]
    assert watched(CONTACT, tells, room(helplines=frozenset({"0300000000"}))) == []
    assert watched(CONTACT, tells, settings={"allowed": ["0300000000"]}) == []
    assert watched(CONTACT, [seen("+81-3-0000-0000")], settings={"allowed": ["0300000000"]}) == []
    assert verbs(watched(CONTACT, tells, settings={"verb": "flag"})) == ["flag"]


def test_no_helpline_that_we_show_is_held() -> None:
    lines = [line for country in catalogue.countries() for line in catalogue.load(country.code)]
    known = frozenset("".join(filter(str.isdigit, line.dial or "")) for line in lines)

    for line in lines:
        for text in (line.phone, line.dial, line.sms):
            if text:
                assert watched(CONTACT, [seen(text)], room(helplines=known)) == [], line.id


def test_several_numbers_side_by_side_are_told_apart() -> None:
    assert list(phones("090-0000-0001 090-0000-0002")) == ["09000000001", "09000000002"]
    assert list(phones("+81 (0)90-0000-0001")) == ["09000000001"]
    assert list(phones("+1 (212) 555-0147")) == ["2125550147"]
    assert list(phones("+44 7700 900123")) == ["+447700900123"]


def test_a_number_from_abroad_is_known_however_it_is_written() -> None:
    for known in ("07700900123", "447700900123"):
        assert watched(CONTACT, [seen("+44 7700 900123")], room(helplines={known})) == []
    assert verbs(watched(CONTACT, [seen("+855 00 000 000")])) == ["hold"]  # Cambodia, not toll-free


# scam


@pytest.mark.parametrize(
    ("text", "lure"),
    [
        ("LINEを追加してください。必ず登校できます", "guarantee"),
        ("個別にご連絡ください、残り3名です", "deadline"),
        ("DMください。運営には内緒で", "secrecy"),
        ("公式LINEの登録で特典が半額", "price or payment"),
        ("テレグラムに招待します、FXで稼げます", "earning or investing"),
        ("message me, guaranteed results", "guarantee"),
        ("DM me on Telegram, only 3 spots left", "deadline"),
        ("WhatsApp me, invest £50", "earning or investing"),
        ("inbox me, don't tell the mods", "secrecy"),
        ("a miracle for us, text me on 555-0142", "testimonial"),
    ],
)
def test_a_way_off_and_a_lure_are_held(text: str, lure: str) -> None:
    found = watched(SCAM, [seen(text)])

    assert verbs(found) == ["hold"]
    assert lure in found[0].cues


@pytest.mark.parametrize(
    "text",
    [
        "フリースクールは月いくらですか",
        "うちは月33,000円で、入会金が2万円でした",
        "クラスのLINEグループを抜けました",
        "よかったら個別にお話しできませんか",
        "絶対大丈夫、必ず春は来ます",
        "先着順で、残り2組だった",
        "カウンセラーの先生のおかげで笑うように",
        "What does the free school cost? Ours is £95 a day",
        "message me if you want to talk",
        "our class WhatsApp is too much",
        "the tutor guarantees nothing, sadly",
        "only two places left, they want us to decide today",
        "https://blog.example.com/free-school",
    ],
)
def test_one_cue_is_normal_talk(text: str) -> None:
    assert watched(SCAM, [seen(text)]) == []


def test_a_link_needs_a_rare_lure_or_two_and_a_newcomer_less() -> None:
    link = "https://shop.example.com "

    assert watched(SCAM, [seen(f"{link}half price")]) == []
    assert verbs(watched(SCAM, [seen(f"{link}half price", NEW)], newly())) == ["hold"]
    assert verbs(watched(SCAM, [seen(f"{link}half price, hurry")])) == ["hold"]
    assert verbs(watched(SCAM, [seen(f"{link}100% works")])) == ["hold"]
    assert watched(SCAM, [seen(f"{link}100% works")], settings={"points": 4}) == []


def test_a_single_cue_is_never_enough() -> None:
    for text in ("guaranteed", "これは内緒です", "bitcoin", "message me"):
        assert watched(SCAM, [seen(text, NEW)], newly()) == []


def test_without_a_way_off_it_takes_three_lures() -> None:
    assert watched(SCAM, [seen("ここだけの話、体験談に泣いてます")]) == []
    assert verbs(watched(SCAM, [seen("必ず儲かる投資、ここだけの話です")])) == ["hold"]


# risk


@pytest.mark.parametrize(
    "text",
    [
        "死にたい",
        "しにたくなる",
        "シニタイ",
        "死 に た い",
        "もう消えたいです",
        "生きるのに疲れました",
        "子どもと一緒に死のうと思った",
        "I want to die",
        "he said he wants to kill himself",
        "i wanna d i e",
        "better off without me",
        "I don't want to be here anymore",
        "thinking about ending it all",
    ],
)
def test_risk_words_are_told_to_a_human(text: str) -> None:
    found = watched(RISK, [seen(text)])

    assert verbs(found) == ["flag"]
    assert set(found[0].cues) <= {"not wanting to live", "hurting someone"}


@pytest.mark.parametrize(
    "text", ["I don't want to die, I said", "いのちの電話『死にたい』と言われたら"]
)
def test_a_not_and_a_quotation_make_no_difference(text: str) -> None:
    assert verbs(watched(RISK, [seen(text)])) == ["flag"]


@pytest.mark.parametrize(
    "text",
    [
        "死ぬほど眠い",
        "担任、死ねばいいのに",
        "自殺対策の白書を読みました",
        "消しゴムがほしい",
        "I'm dying of laughter",
        "this meeting is killing me",
        "dead tired",
        "suicide prevention week",
        "my phone died",
    ],
)
def test_bare_words_and_idioms_are_not(text: str) -> None:
    assert watched(RISK, [seen(text)]) == []


@given(st.text(max_size=200))
def test_risk_never_does_more_than_tell(text: str) -> None:
    assert set(verbs(watched(RISK, [seen(f"{text} 死にたい {text}")]))) <= {"flag"}


def test_moderators_may_add_words_of_their_own() -> None:
    found = watched(RISK, [seen("あの橋に行きます")], settings={"more": ["あの橋"]})

    assert verbs(found) == ["flag"]
    assert found[0].cues == ("あの橋",)


def test_risk_is_told_whatever_else_is_found() -> None:
    guard = Guard(PROTECTIONS.values(), {}, {"words": {"flag": ["tonight"]}})
    found = guard.judge(seen("I want to die tonight, 090-0000-0000"), room())

    assert [(one.verb, one.reason) for one in found] == [("hold", "contact"), ("flag", "risk")]


def test_details_are_told_once() -> None:
    both = reading("a@example.com b@example.com 090-0000-0000 090-0000-0001")

    assert sorted(details(both)) == ["e-mail address", "phone number"]
