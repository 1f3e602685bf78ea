"""Offers that harm people: a miracle cure for school refusal, a side job, a loan.

One cue never counts. A way off the platform has to come together with a lure: a price, a guarantee,
a deadline, a secret, a testimonial, an investment. What a free school costs, who has a good
counsellor, which group the class has: all of that is normal talk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.details import EMAIL, HANDLE, PHONE, details, links
from peerroom.moderation.findings import Finding
from peerroom.moderation.patterns import Patterns
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.reading import Reading, kana, read
from peerroom.moderation.seen import Seen


class Scam(Settings, frozen=True):
    """``verb``: what happens to an offer with a way off the platform and a lure. A plain link is a
    way off only beside ``lures`` lures."""

    verb: Annotated[
        Literal["hold", "flag"], Meta(description=N_("hold it, or only tell moderators"))
    ] = "hold"
    lures: Annotated[
        int, Meta(ge=2, le=6, description=N_("lures that make a link or no address at all suspicious"))
    ] = 2


def arm(settings: Scam) -> Judge:
    """Compiles the cues."""
    cues = Patterns((cue, kana(pattern)) for cue, pattern in _CUES)

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if seen.kind not in _WRITTEN or (text := read(seen)) is None:
            return
        found = cues.found(text.folded)
        lures = [cue for cue in found if cue != AWAY]
        if not lures:
            return
        if AWAY in found or _leads_away(text) or len(lures) > settings.lures:
            pass
        elif len(lures) < settings.lures or not links(text):
            return
        yield Finding(
            SCAM.name, settings.verb, "scam", seen.room_id, seen.sender, (seen.event_id,), found
        )

    return judge


def _leads_away(text: Reading) -> bool:
    return not _PRIVATE.isdisjoint(details(text))


AWAY: Final = N_("asks to go elsewhere")
PRICE: Final = N_("price or payment")
GUARANTEE: Final = N_("guarantee")
DEADLINE: Final = N_("deadline")
SECRECY: Final = N_("secrecy")
TESTIMONIAL: Final = N_("testimonial")
INVESTMENT: Final = N_("earning or investing")
_PRIVATE: Final = frozenset({PHONE, EMAIL, HANDLE})
_APP_JA: Final = "(?:ライン|line|公式|テレグラム|telegram|カカオ|kakao|ディスコード|discord|whatsapp|インスタ|signal|シグナル|緑のアプリ|別アプリ)"
_APP_EN: Final = "(?:whatsapp|whats app|telegram|signal|discord|line|wechat|kakao|instagram|insta|skype|messenger|snapchat|tg|wa)"
_CUES: Final = (
    (AWAY, rf"{_APP_JA}[^。\n]{{0,12}}(?:追加|登録|友だち|友達|ともだち|ください|下さい|送って|お願い|おいで|どうぞ|まで|問い合わせ|お待ち|来て|招待|受付|案内|参加|教えます|送ります|交換|から)"),
    (AWAY, r"(?:dm|ディーエム|ダイレクトメッセージ|個チャ|個人チャット|個別|裏チャ|プライベート)(?:チャット)?(?:を|で|に|へ|、|に?て)?(?:ご)?(?:ください|下さい|送|お願い|お送り|して|待って|お待ち|どうぞ|まで|連絡|相談|メッセージ|案内|対応|お話|話)"),
    (AWAY, r"(?:プロフ(?:ィール)?|固定|概要欄)(?:の)?(?:リンク|url|欄)?(?:から|を?見て|を?チェック|へ|に)|下のリンク|(?:リンク|url)(?:から|を(?:クリック|タップ))"),
    (AWAY, r"\b(?:dm|pm|message|inbox|msg|whatsapp|telegram|contact|add|text|email|e-mail|ping|write to|reach out to|get in touch with) (?:me|us|him|her|them|my (?:mentor|coach|advis[eo]r|assistant))\b"),
    (AWAY, rf"\b(?:on|via|over|through|join|to|by|using|have|get) (?:my |our |the |a )?(?:private |vip |secret |free )?{_APP_EN}\b"),
    (AWAY, r"\b(?:link|details|address) (?:is )?in (?:my |the |our )?(?:bio|profile)|\b(?:see|check|visit|look at) my (?:bio|profile|page|site|website|channel)\b|\boff (?:this|the) (?:app|platform|site|chat|room)\b|\b(?:talk|chat|speak|continue|discuss|explain)(?: about it)? (?:privately|in private|elsewhere|somewhere (?:else|private))\b|\bclick (?:here|the link|below|on)\b|\blink below\b|\bprivate (?:group|chat|channel)\b"),
    (PRICE, r"(?:今なら|初回|通常|特別|モニター|会員|限定|キャンペーン)[^。\n]{0,10}(?:[0-9,]+ ?(?:円|万)|無料|半額|割引|価格|特典|オフ|off|%)|お得|割引|半額|(?:完全)?無料(?:相談|体験|面談|プレゼント|配布|セミナー|診断|講座|動画|公開|で(?:教え|お渡し|配))|(?:月額|入会金|受講料|教材|登録料|参加費|講座)[^。\n]{0,10}[0-9]|プレゼント"),
    (PRICE, r"振り?込(?:み|んで)?(?:ください|先|で|を)|前払い|前金|送金|ギフトカード|ギフト券|プリペイド|電子マネー|手数料|paypay|ペイペイ|お金を送"),
    (PRICE, r"\b(?:only|just|for) ?[$£€] ?[0-9]|\b[0-9]+ ?% off\b|\bdiscount|\bfree (?:trial|consultation|call|session|e-?book|webinar|guide|gift|masterclass|assessment|training|coaching|video|access)|\bspecial (?:price|offer|rate|deal)|\bhalf price\b|\b(?:pay|payment|paid) (?:up ?front|by|via|in advance|in crypto)\b|\bgift ?cards?\b|\bwestern union\b|\bcash ?app\b|\bpaypal\b|\bvenmo\b|\bzelle\b|\bbank transfer\b|\b(?:small |processing |admin |upfront )fee\b|\bsend (?:the |me )?(?:money|[$£€]? ?[0-9])"),
    (GUARANTEE, r"100 ?%|100パーセント|百パーセント|(?:必ず|絶対に?|確実に|誰でも)[^。\n]{0,12}(?:治|行ける|登校|変わ|変え|解決|稼|成功|儲|戻|できます|復学|改善|増え)|(?:効果|全額|成果|結果|返金|登校)[^。\n]{0,3}保証|(?:たった)?[0-9]+(?:日|週間|か月|ヶ月|カ月|分)(?:間)?で(?:再登校|登校|復学|解決|学校|治|元気|変わ|[0-9]+万)|(?:再登校|成功|復学|改善|解決)率|返金|完治|治(?:り|せ|し)ます|科学的に証明|元本"),
    (GUARANTEE, r"\bguarantee[ds]?\b|\bguaranteed\b|\b100 ?(?:%|percent)|\bmoney[- ]back\b|\brisk[- ]free\b|\bproven (?:method|system|program|formula|strateg|results)|\bnever fails\b|\bworks (?:every time|for every)|\bcures?\b|\bback (?:in|at|to) (?:school|class) (?:in|within) (?:just |only )?[0-9a-z]+ (?:days?|weeks?)|\b(?:in|within) (?:just |only )?[0-9]+ days\b|\bsuccess rate\b|\bno risk\b|\bwill be back in school\b"),
    (DEADLINE, r"(?:本日|今日|今夜|明日|今週|今月|[0-9]+日|月末|[0-9]+時)(?:中|まで|限り|限定)|先着|残り(?:わずか|あと|僅か)?[0-9]*(?:名|枠|席|人|わずか)|あと[0-9]+(?:名|枠|席|人)|締め?切り?|期間限定|お急ぎ|お早め|急いで|早い者勝ち|今すぐ|いますぐ|人数限定|[0-9]+名(?:様)?(?:限定|まで|だけ)|限定[0-9]+|枠が(?:埋|残|少)|今だけ"),
    (DEADLINE, r"\b(?:only|last|just) (?:[0-9]+|two|three|four|five|six|ten|a few) (?:more )?(?:spots?|places?|spaces?|seats?|slots?)|\b(?:spots?|places?|slots?|spaces?|seats?) (?:are )?(?:left|remaining|filling)|\bends? (?:tonight|today|tomorrow|soon|at midnight|this week)|\btoday only\b|\blimited (?:time|offer|places|spots|seats)|\bact (?:now|fast)\b|\bhurry\b|\bbefore (?:midnight|it'?s gone|it closes|friday|sunday)|\blast chance\b|\bdon'?t miss\b|\bexpires?\b|\bfirst [0-9a-z]+ (?:people|parents|families|members|mums|to)\b|\bright now only\b|\bwhile it lasts\b|\b(?:sign up|register|join|start) (?:today|now|tonight)\b"),
    (SECRECY, r"秘密|内緒|ナイショ|ここだけの話|他の(?:人|方|親)には|誰にも(?:言わ|話さ)|口外|非公開|学校(?:に|には)(?:言わ|内緒|バレ)|家族(?:に|には)(?:言わ|内緒|バレ)|(?:管理人|運営|モデレーター)(?:さん)?(?:に|には|が)(?:言わ|内緒|バレ|見つか|消)|裏(?:情報|ワザ|技|ルート)|極秘|消(?:され)?る前に|教えない(?:方法|情報)|知られていない|公には"),
    (SECRECY, r"\bkeep (?:this|it) (?:between|quiet|private|secret|to yourself)|\bdon'?t (?:tell|mention|share) (?:this |it )?(?:to )?(?:anyone|anybody|the|your|school|him|her|mods?)|\bsecrets?\b|\bconfidential|\bbetween us\b|\bwithout (?:the )?(?:school|mods?|moderators?|doctors?|your \w+) knowing|\b(?:mods?|moderators?|admins?) (?:will|would|don'?t|delete|remove)|\bbefore (?:the )?(?:mods?|moderators?|this gets)|\bnot allowed (?:to say|to post|here)|\binsider\b|\bdoctors (?:don'?t|won'?t)|\bschools? (?:don'?t|won'?t) (?:want|tell)|\bdiscreet"),
    (TESTIMONIAL, r"(?:このプログラム|このメソッド|この方法|この先生|この講座|この教材|ある先生|この人|コーチ|メソッド|プログラム|講座|セミナー|先生)[^。\n]{0,25}(?:おかげ|で人生|再登校|行けるように|救われ|変わりました|変わった)|[0-9,]+(?:人|名|組|家族|世帯|家庭)(?:以上)?(?:が|の|を)(?:親|方|ご家族|お子|救|実践|参加|成功|再登校|実績|受講)|お客様の声|体験談|実績|人生が変わ|喜びの声|(?:私|うち|息子|娘|友人|知人)[^。\n]{0,10}(?:[0-9]+(?:日|週間|か月|ヶ月|カ月)で)"),
    (TESTIMONIAL, r"\bchanged (?:my|our|everything|his|her) ?(?:life|lives)?|\bsaved (?:my|our) (?:family|son|daughter|child|marriage|kid|life|home)|\b[0-9,]+\+? (?:families|parents|clients|people|members|students|mums|moms|kids)\b|\btestimonials?\b|\bthanks to (?:dr|coach|prof|mr|mrs|ms|this|him|her|my mentor|madam|his|their)\b|\bi was (?:sceptical|skeptical|broke|desperate)|\b(?:helped|healed|cured) (?:my|our|me)\b|\bmiracle\b|\bbest decision\b"),
    (INVESTMENT, r"副業|投資(?!家の)|稼(?:げ|ぐ|い|ご)|儲(?:か|け)|\bfx\b|仮想通貨|ビットコイン|暗号資産|バイナリー|配当|不労所得|在宅(?:ワーク|で(?:稼|月|[0-9]))|権利収入|月収|日給|日収|時給[0-9]|収入(?:アップ|が(?:増|欲))|資産運用|ネットワークビジネス|即金|即日(?:融資|入金)|融資|お金(?:を)?(?:貸し|に困)|貸します|給付金|アフィリ|スマホ(?:1つ|一つ|だけ)で".replace("(?!家の)", "")),
    (INVESTMENT, r"\binvest(?:ment|ing|or|ed|s)?s?\b|\bcrypto|\bbitcoin\b|\bbtc\b|\bforex\b|\btrad(?:ing|er)\b|\bpassive income\b|\b(?:earn(?:ing|ed|s)?|mak(?:e|ing)|made) (?:up to |over |around |about |an extra |extra )?(?:[$£€] ?[0-9]|[0-9]+ ?(?:k|dollars|pounds|a (?:day|week)))|\bside (?:hustle|income|job|gig)|\bwork(?:ing)? from home (?:job|and|opportunit)|\bfinancial freedom\b|\broi\b|\bdouble your\b|\b(?:quick|easy|instant|low[- ]interest) (?:loan|cash|money)s?\b|\bloans? (?:available|approved|offer)|\bspell ?caster|\bmlm\b|\bpayouts?\b|\bprofits?\b"),
)  # fmt: skip
"""What `Reading.folded` is searched for; katakana here is folded too."""

_WRITTEN: Final = frozenset({"text", "media", "edit"})
SCAM = Protection(
    "scam", N_("Holds offers that lead people elsewhere with a lure."), Scam, arm
)
