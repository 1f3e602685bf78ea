"""The texts that come along, in English and Japanese: what the bot says to somebody in private.

Short, concrete, without blame; each says what happened, why, and what can be done now. Moderators
write them anew with ``!template``.
"""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["en", "ja"]
Texts = dict[Language, str]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "ja")

REASON_TEXTS: Final[dict[str, Texts]] = {
    "pace": {
        "en": "Many messages came from you in a short time, so there is a little pause. "
        "You can write again soon. If you need a voice now, F1 shows whom you can reach.",
        "ja": "短い間にたくさんのメッセージが届いたので、少しだけお休みを入れました。"
        "まもなくまた書けます。"
        "今すぐだれかと話したいときは、F1 を押すと、つながる先が出ます。",
    },
    "raid": {
        "en": "Many people came in at the same moment, so the room is closed to writing for a "
        "while. It opens by itself. This is not about you.",
        "ja": "同じ時間に多くの人が入ってきたため、部屋への書きこみを少し止めています。"
        "自動で元に戻ります。あなたのせいではありません。",
    },
    "mentions": {
        "en": "Your message called many people at once, and their screens light up for each. "
        "Please write it again without calling them by name.",
        "ja": "メッセージで一度に多くの人が呼び出されていました。"
        "名前を呼ばずに、もう一度書いていただけますか。",
    },
    "newcomer": {
        "en": "Links and pictures from people who are new here wait until a moderator has seen "
        "them. Yours is kept. You can write in your own words meanwhile.",
        "ja": "参加したばかりの方のリンクや画像は、見守り役が見るまでお待ちいただいています。"
        "お送りいただいたものは残してあります。言葉では今すぐ書けます。",
    },
    "words": {
        "en": "Your message has a word in it that this room does without. "
        "Could you say it in another way? What you wanted to say is welcome.",
        "ja": "メッセージに、この部屋では使わないことにしている言葉がありました。"
        "別の言い方で書いていただけますか。お話の中身は歓迎です。",
    },
    "repeated": {
        "en": "The same text came again and again, so it waits until a moderator has seen it. "
        "It is kept.",
        "ja": "同じ文章がくり返し届いたので、見守り役が見るまでお待ちいただいています。"
        "お送りいただいたものは残してあります。",
    },
    "scam": {
        "en": "Your message looks like an offer that has harmed other families, so a moderator "
        "looks at it first. If it is not one, it comes back.",
        "ja": "ほかのご家庭が被害にあった勧誘に似ているため、見守り役が先に確認します。"
        "そうでなければ、元に戻します。",
    },
    "contact": {
        "en": "There was a phone number, an address or an account in your message. "
        "For everyone's safety these stay out of the room. Please write it again without.",
        "ja": "メッセージに電話番号や住所、アカウントなどがありました。"
        "みなさんの安全のため、部屋には載せないことにしています。そこを除いて書き直してください。",
    },
    "malformed": {
        "en": "Your message came in a form that programs here cannot read. "
        "Please try once more with plain words.",
        "ja": "お使いのアプリからのメッセージを、ここでは読みとれませんでした。"
        "ふつうの文章で、もう一度お試しください。",
    },
    "impersonation": {
        "en": "Your name here can be taken for a moderator's. Please choose another one; "
        "then you can write again.",
        "ja": "お名前が見守り役とまちがわれやすいものになっています。"
        "別の名前に変えていただければ、また書けます。",
    },
    "churn": {
        "en": "You came and went many times in a short while, perhaps the connection is bad. "
        "Please wait a few minutes before you come in again.",
        "ja": "短い間に何度も出入りがありました。接続が不安定なのかもしれません。"
        "数分おいてから、もう一度お入りください。",
    },
    "policy": {
        "en": "Your account or its server is on a list that this room follows, so you cannot "
        "come in. If that is wrong, tell the moderators here.",
        "ja": "お使いのアカウントかサーバーが、この部屋で使っているリストに載っているため、"
        "お入りいただけません。"
        "まちがいでしたら、ここで見守り役にお知らせください。",
    },
    "quiet": {
        "en": "The room is closed for the night and opens in the morning. "
        "If you need someone now, F1 in PeerRoom shows whom you can reach.",
        "ja": "部屋は夜の間お休みで、朝にまた開きます。"
        "今だれかと話したいときは、PeerRoom で F1 を押すと、つながる先が出ます。",
    },
    "report": {
        "en": "Somebody asked us to look at a message of yours. A moderator read it and decided. "
        "If you see it differently, you can ask us to look again.",
        "ja": "あなたのメッセージを見てほしいという声があり、見守り役が読んで判断しました。"
        "違うと思われるときは、もう一度見てほしいとお伝えいただけます。",
    },
    "other": {
        "en": "A moderator decided this to keep the room safe for everyone. "
        "If you see it differently, you can ask us to look again.",
        "ja": "部屋をみなさんにとって安心な場所にするため、見守り役が判断しました。"
        "違うと思われるときは、もう一度見てほしいとお伝えいただけます。",
    },
}
"""By reason code (`peerroom.moderation.findings`): why something was done about one's message."""

REPLY_TEXTS: Final[dict[str, Texts]] = {
    "thanks": {
        "en": "Thank you for telling us. A moderator has read it and looks after it.",
        "ja": "お知らせくださり、ありがとうございます。見守り役が読んで、対応しています。",
    },
    "acted": {
        "en": "Thank you for telling us. We have done something about it. "
        "You did not make trouble for anybody; you helped.",
        "ja": "お知らせのおかげで、対応することができました。"
        "ご迷惑なことは何もありません。助かりました。",
    },
    "stays": {
        "en": "Thank you for telling us. We have read it with care, and the message stays. "
        "If more comes, please tell us again.",
        "ja": "お知らせをていねいに読み、今回はメッセージを残すことにしました。"
        "また気になることがあれば、いつでもお知らせください。",
    },
    "hello": {
        "en": "A moderator has read what you wrote and is here now. What would help you most?",
        "ja": "見守り役がお話を読みました。今ここにいます。何があると、いちばん助かりますか。",
    },
    "helpline": {
        "en": "Thank you for writing. If it is hard right now, press F1 in PeerRoom: it shows whom "
        "you can call, and who is there at this hour. "
        "If somebody is in danger, call 119 (in Japan) or your country's emergency number.",
        "ja": "書いてくださって、ありがとうございます。今つらいときは、"
        "PeerRoom で F1 を押すと、電話できる先と、いま受け付けているかどうかが出ます。"
        "どなたかの身に危険があるときは、119 に電話してください。",
    },
    "back": {
        "en": "Your message is back in the room. Thank you for your patience.",
        "ja": "メッセージを部屋に戻しました。お待ちくださり、ありがとうございました。",
    },
    "again": {
        "en": "We have looked at it again, and you are right: it is taken back. We are sorry.",
        "ja": "もう一度見直し、取り消しました。ご指摘のとおりでした。申し訳ありません。",
    },
    "remains": {
        "en": "Another moderator has looked at it again, and it stays as it is. "
        "You are welcome here as before.",
        "ja": "別の見守り役がもう一度見て、このままにすることにしました。"
        "これまでどおり、いつでもいらしてください。",
    },
}
"""What a moderator answers to whoever reported, asked or appealed."""
