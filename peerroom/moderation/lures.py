"""What an offer that harms people says: where to go, and why to go at once.

Each cue has patterns in both languages, searched for in `Reading.folded`; katakana here is folded,
too. One cue alone is everyday talk; `protections.scam` counts them.
"""

from __future__ import annotations

from typing import Final

from peerroom.i18n import N_
from peerroom.moderation.patterns import Patterns
from peerroom.moderation.reading import kana

AWAY: Final = N_("asks to go elsewhere")
APP: Final = N_("names another app")
OFFER: Final = N_("offers something")
PRICE: Final = N_("price or payment")
CLAIM: Final = N_("guarantee")
HURRY: Final = N_("deadline")
SECRET: Final = N_("secrecy")
PRAISE: Final = N_("testimonial")
MONEY: Final = N_("earning or investing")
DEMAND: Final = N_("asks for private data")
PITCH: Final = N_("sales talk")
STRONG: Final = frozenset({CLAIM, SECRET, PRAISE, MONEY, DEMAND})
"""Cues that tempt or press, and are rare in talk."""
LURES: Final = STRONG | {PRICE, HURRY, PITCH}
"""All that do; an offer alone does not."""

_APP_JA: Final = (
    "(?:ライン|line|公式|テレグラム|telegram|カカオ|kakao|ディスコード|discord|whatsapp|インスタ|"
    "signal|シグナル|緑のアプリ|別アプリ|スカイプ|zoom)"
)
_APP_EN: Final = (
    "(?:whats ?app|telegram|signal|discord|line|wechat|kakao|instagram|insta|skype|messenger|"
    "snapchat|tg|wa|zoom)"
)
_CURE: Final = "(?:治|行け(?:ま|る)|登校|変わ|変え|解決|戻|復学|改善|出てき|動き出|良く|勝て|元気)"
_CUES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        AWAY,
        (
            rf"{_APP_JA}[^。\n]{{0,12}}(?:待って|来て|希望|友だち|に(?:なって|来)|の?qr|追加|登録|"
            rf"友だち|友達|ともだち|ください|下さい|送って|お願い|"
            r"おいで|どうぞ|まで|問い合わせ|お待ち|来て|招待|受付|受け付|案内|参加|教えます|"
            r"送ります|交換|面接)",
            rf"{_APP_JA}(?:を|で|に)?(?:して|教えて|くれ|ください|ね|よ)|公式(?:ライン|line|"
            rf"アカウント)(?:で|から|に|へ|まで|の登録)",
            r"(?:dm|ディーエム|ダイレクトメッセージ|個チャ|個人チャット|裏チャ|"
            r"プライベート)(?:チャット)?"
            r"(?:を|で|に|へ|、|まで|から)*(?:ご)?(?:開け|開い|来て|ください|下さい|送|お願い|"
            r"お送り|して|待って|お待ち|どうぞ|"
            r"連絡|相談|メッセージ|案内|対応|お話|話|受付|教え|$|[。、!\n])",
            r"(?:個別|個人的)(?:に|で|へ|まで)(?:ご|お)?(?:場所|言って|教え|連絡|相談|メッセージ|"
            r"案内|対応|話|送|どうぞ|教え|[。!\n]|$)",
            r"メッセージ(?:を)?(?:ください|下さい|お待ち|どうぞ|で(?:受付|お|ご)|で(?:$|"
            r"[。、!\n])|にて|お?送って)",
            r"(?:ご?連絡|お?問い?合わせ|お?申し?込み?|ご?注文|ご?購入|ご?予約)(?:は|を|"
            r"先は)[^。\n]{0,10}"
            r"(?:ください|下さい|まで|から|へ|ライン|line|カカオ|dm|テレグラム|こちら|公式)",
            r"(?:プロフ(?:ィール)?|固定|概要欄)(?:の)?(?:リンク|url|欄)?(?:から|を?見て|"
            r"を?チェック|へ|に)",
            r"(?:下の|下記の?|こちらの)(?:リンク|url|サイト)|(?:友だち|友達|ともだち)(?:登録|"
            r"追加)|資料は[^。\n]{0,4}から|番号を返信|こちらで(?:確認|登録)|(?:リンク|url)(?:から|"
            r"を(?:クリック|タップ))|"
            r"(?:うち|わたし|私|当社)の(?:サイト|ホームページ|チャンネル)(?:へ|から|で|に)",
            r"\b(?:dm|pm|message|inbox|msg|whatsapp|telegram|contact|add|text|email|e-mail|ping|"
            r"write to|reach out to|get in touch with) (?:me|us|him|her|them|"
            r"my (?:mentor|coach|advis[eo]r|assistant))\b",
            r"\b(?:drop|send|leave|shoot) (?:me|us) an? (?:private )?(?:message|dm|pm|line|text|"
            r"note)\b|"
            r"\b(?:text|send|dm|reply|write) [a-z]{3,12} to (?:me|us|this)\b",
            rf"\b(?:on|via|over|through|join|to|by|using|have|get|your|my) (?:my |our |the |a )?"
            rf"(?:private |vip |secret |free )?{_APP_EN}\b|"
            rf"\bask (?:me|him|her|us)(?: \w+){{0,4}} (?:{_APP_EN}|invite|number|link)\b",
            r"\b(?:link|details|address) (?:is )?in (?:my |the |our )?(?:bio|profile)\b|"
            r"\b(?:see|check|visit|look at|through|via|on) my (?:bio|profile|page|site|website|"
            r"channel)\b",
            r"\boff (?:this|the) (?:app|platform|site|chat|room)\b|\bprivate (?:group|chat|"
            r"channel|e?mail)\b|"
            r"\b(?:talk|speak|chat|write|explain|tell|discuss|share|pay)(?: [\w']+){0,5} "
            r"(?:privately|in private|elsewhere|personally)\b|"
            r"\bcontact (?:me |us )?personally\b",
            r"\bdms?\b(?:\W*$|\W*\n| for| to| now| only| open)|\bdm only\b|"
            r"\b(?:by|via|in|through) (?:a )?(?:private message|pm|dm)\b",
            r"\bclick (?:here|the link|below|on)\b|\bconfirm here\b|\breply with your\b|"
            r"\bmy dms? (?:is|are|'re)\b|\brequests? by (?:message|dm)\b|"
            r"\b(?:give|tell|send) me your (?:\w+ )?(?:number|whatsapp|telegram|name|e?mail|"
            r"address|handle)\b|"
            rf"\bcome (?:over )?to {_APP_EN}\b|"
            r"\blink below\b|\bto order\b|\borders? (?:on|via|through|by|with)\b",
        ),
    ),
    (
        APP,
        (
            _APP_JA.replace("line|", "").replace("|signal", ""),
            r"\b" + _APP_EN.replace("line|", "") + r"\b",
            r"\bline\s?(?:で|の|に|を)",
        ),
    ),
    (
        OFFER,
        (
            r"(?:ご希望|やりたい|入会希望の?|受け取りたい|気になる|興味の?ある|知りたい|入りたい|"
            r"会いたい|参加したい|ほしい|欲しい|本気の)(?:方|人|親)",
            r"モニター|紹介(?:でき|しま|して)|募集|愛用|サンプル|体験(?:0円|会)|お譲り|ご?注文|"
            r"お?申し?込み",
            r"\binterested\b|\bi can connect you\b|\bwe hire\b|\bif you want in\b|"
            r"\bwho wants? in\b|\bfree sample\b|\bto order\b|\bsign up\b|"
            r"\bserious (?:parents|people|enquir)|\bonly takes\b|\bi can (?:get|help|show|share)\b",
        ),
    ),
    (
        PRICE,
        (
            r"(?:今なら|初回|通常|特別|モニター|会員|限定|キャンペーン|定期|初月)[^。\n]{0,10}"
            r"(?:[0-9,]+ ?(?:円|万|千)|無料|半額|割引|価格|特典|オフ|off|%)|お得|割引|半額|"
            r"送料のみ|(?:体験|実質)0円",
            r"(?:完全)?無料(?:で?(?:です|プレゼント)|相談|体験|面談|プレゼント|配布|セミナー|診断|"
            r"講座|動画|公開|メルマガ|で(?:教え|お|ご|配))|"
            r"プレゼント|(?:月額|入会金|受講料|教材|登録料|参加費|講座)[^。\n]{0,6}[0-9]|"
            r"[0-9]円?→[0-9]",
            r"振り?込(?:み|ん)?(?:ください|先|で|を|ます)|前払い|分割払い|代金を|前金|着手金|"
            r"初穂料|手数料|送金|お金を送|料金は|お?支払い?(?:ください|方法)|"
            r"ギフトカード|ギフト券|プリペイド|電子マネー|paypay|ペイペイ",
            r"\b(?:only|just|first month|first session|this week|deposit of|"
            r"donation of) ?[$£€] ?[0-9]|[$£€] ?[0-9.,]+ (?:today|this week|donation|in advance|"
            r"deposit|fee)|"
            r"\b[0-9]+ ?% off\b|\bdiscount|\bhalf price\b|\b(?:special|reduced) (?:price|offer|"
            r"rate|deal)",
            r"\b(?:free|zero cost) (?:trial|consultation|call|session|e-?book|webinar|guide|gift|"
            r"masterclass|"
            r"assessment|training|coaching|video|access|sample|reading)|\bfor free\b|"
            r"\bpostage only\b|\bpay nothing\b",
            r"\b(?:pay|payment|paid) (?:up ?front|half|by|via|in advance|in crypto|after)\b|"
            r"\bgift ?cards?\b|"
            r"\b(?:western union|cash ?app|paypal|venmo|zelle|bank transfer)\b|"
            r"\b(?:small |processing |admin |upfront |exit |release )fee\b|\bin advance\b|"
            r"\bsend (?:the |me )?(?:money|[$£€]? ?[0-9])|\bpay you back\b",
        ),
    ),
    (
        CLAIM,
        (
            r"効果(?:が|は)|全額|元気になって(?:い|ま)|心を開(?:き|く)|医師監修|成功報酬|大学生に|"
            r"ヒーリング|波動|先祖|霊(?:が|を|視)|前世|占いで|"
            r"を当てる|必ず(?:通|受か|合格)",
            r"\b(?:full )?refund if\b|\b(?:doctor|clinically) approved\b|\bapproved every time\b|"
            r"\b(?:distance|energy|spiritual) healing\b|\bhealer\b|\bpsychic\b|"
            r"\baccuracy\b|\bhundreds of (?:children|kids|families)\b|\bgot (?:him|her|them|"
            r"my \w+) into\b|\bonly pay if\b|\breads? your child",
            rf"100 ?%|100パーセント|百パーセント|(?:必ず|絶対に?|確実に|誰でも|"
            rf"すぐに)[^。\n]{{0,12}}(?:{_CURE}|稼|成功|儲|できます|増え|上が)",
            r"(?:効果|全額|成果|結果|返金|登校|アップ|入学|合格|成績|元本|全員)[^。\n]{0,6}保証|"
            r"返金|完治|治(?:り|せ|し)ます|科学的に証明|元本",
            rf"(?:たった)?[0-9]+(?:日|週間|か月|ヶ月|カ月|分|"
            rf"回)(?:間)?で(?:[^。\n]{{0,6}})?(?:{_CURE}|学校|笑顔|[0-9]+万)|(?:再登校|成功|復学|"
            rf"改善|解決)率",
            rf"(?:一回|1回|一度|一本|これ|だけ|この方法)で?[^。\n]{{0,12}}{_CURE}|別人のよう|"
            rf"[0-9]{{2,3}} ?%(?:が|の(?:方|人|親))|(?:暴れ|泣か)なくな|原因(?:が|は)(?:はっきり|"
            rf"わかり|分かり)",
            r"\bguarantee[ds]?\b|\b100 ?(?:%|percent)|\bmoney[- ]back\b|\brisk[- ]free\b|"
            r"\bno risk\b|\bsuccess rate\b|"
            r"\b(?:proven|secret) (?:method|system|program|formula|strateg|results|notebook)",
            r"\bnever fails\b|\b(?:always|definitely) (?:wins?|works?)\b|\bworks (?:every time|"
            r"for every)|\bcures?\b|\bhealed\b|"
            r"\b(?:in|within) (?:just |only )?(?:[0-9]+|one|two|three) (?:days?|weeks?|months?|"
            r"session)\b",
            r"\bback (?:in|at|to) (?:school|class) (?:in|within)\b|\bwill be back in school\b|"
            r"\bdifferent (?:child|person|kid|boy|girl|son|daughter)\b|"
            r"\bone (?:session|(?:phone )?call|meeting|visit) and\b|\b(?:tantrums|meltdowns|"
            r"anxiety|fear) (?:stopped|gone|disappeared)|\bfinds the cause\b|"
            r"\bcomes from the gut\b",
        ),
    ),
    (
        HURRY,
        (
            r"(?:本日|今日|今夜|明日|今週|今月|[0-9]+日|月末|[0-9]+時)(?:中|まで|限り|限定|だけ|"
            r"締)|[0-9]+時間以内|先着|"
            r"残り(?:わずか|あと|僅か)?[0-9]*(?:名|枠|席|人|わずか|セット|部|組)|あと[0-9]+(?:名|"
            r"枠|席|人|組)|締め?切り?|期間限定|"
            r"お急ぎ|お早め|急いで|至急|早い者勝ち|今すぐ|いますぐ|人数限定|"
            r"[0-9]+名(?:様)?(?:限定|まで|だけ)|限定[0-9]+|枠が?(?:埋|残|少)|今だけ|席に限り|定員",
            r"\b(?:only|last|just) (?:[0-9]+|two|three|four|five|six|ten|"
            r"a few) (?:more )?(?:spots?|places?|spaces?|seats?|slots?)|"
            r"\b(?:spots?|places?|slots?|spaces?|seats?|copies) (?:are )?(?:left|remaining|"
            r"filling|limited|close)|\blimited (?:time|offer|places|spots|seats)",
            r"\bends? (?:tonight|today|tomorrow|soon|at midnight|this week)|"
            r"\bdeadline is (?:today|tomorrow|tonight)\b|\b(?:with)?in (?:24|48) hours\b|"
            r"\btoday only\b|\bact (?:now|fast)\b|\bhurry\b|\burgent\b|\bbefore (?:midnight|"
            r"it'?s gone|it closes|friday|sunday)",
            r"\blast chance\b|\bdon'?t miss\b|\bexpires?\b|\b(?:the )?first (?:[0-9]+|ten|five|"
            r"twenty)\b|\bwhile it lasts\b|"
            r"\b(?:sign up|register|join|start) (?:today|now|tonight)\b|\btoday please\b|"
            r"\bby (?:tonight|monday|friday|tomorrow)\b|\bgoes up tomorrow\b|\bapproved today\b",
        ),
    ),
    (
        SECRET,
        (
            r"秘密|見せないで|本物の(?:支援者|運営|モデレーター)|(?:ここ|ここ)では(?:書け|言え|"
            r"話せ)|表に(?:は)?出(?:ない|せない)|知られません|より安心な|内緒|ナイショ|こっそり|"
            r"ここだけの話|ここの人だけ|他言|他の(?:人|方|親)には|誰にも(?:言わ|話さ)|口外|非公開|"
            r"極秘|公には|"
            r"(?:学校|家族|管理人|運営|モデレーター)(?:さん)?(?:に|には|が)(?:言わ|内緒|バレ|"
            r"見つか|消)|裏(?:情報|ワザ|技|ルート)|"
            r"消(?:され)?る前に|教えない(?:方法|情報)|知られていない|この部屋(?:の人)?だけ",
            r"\bbut not here\b|\bfake (?:helpers?|moderators?|people) here\b|\bthe real (?:one|"
            r"moderator|helper)\b|\bwill never know\b|\bnot a public\b|\bsafer (?:group|room|"
            r"place) than\b|\bkeep (?:this|it) (?:between|quiet|private|secret|to yourself)|"
            r"\bdon'?t (?:tell|mention|share|repeat) (?:this |it )?(?:to |with )?"
            r"(?:anyone|anybody|the|your|school|him|her|mods?)|\bsecrets?\b|\bconfidential|"
            r"\bbetween us\b|\bdiscreet|\binsider\b|\bnot (?:with|for) everyone\b",
            r"\bwithout (?:the )?(?:school|mods?|moderators?|doctors?|your \w+) knowing|"
            r"\b(?:mods?|moderators?|admins?) (?:will|would|don'?t|delete|remove)|"
            r"\bbefore (?:the )?(?:mods?|moderators?|this gets)|\bnot allowed (?:to say|to post|"
            r"here)|\bcan'?t (?:share|post|say) it here\b|"
            r"\b(?:doctors|schools?) (?:don'?t|won'?t)|\b(?:this room|people here|parents here|"
            r"for you) only\b|\bparents of this room\b",
        ),
    ),
    (
        PRAISE,
        (
            r"(?:プログラム|メソッド|方法|先生|講座|教材|この人|コーチ|セミナー|勉強会|師匠|水|石|"
            r"サプリ|アロマ)[^。\n]{0,25}(?:おかげ|で人生|再登校|行けるように|救われ|変わりました|"
            r"変わった|起きられるように|出会って)",
            r"[0-9,]+(?:人|名|組|家族|世帯|家庭)(?:以上)?(?:が|の|を)(?:親|方|ご家族|お子|救|実践|"
            r"参加|成功|再登校|実績|受講|愛用)|"
            r"お客様の声|声が[0-9,]+|[0-9,]+件(?:の|、|。)|ある方との出会い|でしたが、ある|"
            r"受講生の声|体験談|実績|人生が変わ|喜びの声|口コミ|(?:私|うち|息子|娘|友人|"
            r"知人)[^。\n]{0,10}[0-9]+(?:日|週間|か月|ヶ月|カ月)で|に会えば|最初は疑って",
            r"\bchanged (?:my|our|everything|his|her) ?(?:life|lives)?|\bturned (?:my|our|his|"
            r"her) life around\b|\bsaved (?:my|our|this) (?:family|son|daughter|child|marriage|"
            r"kid|life|home)",
            r"\b[0-9,]+\+? (?:families|parents|clients|people|members|students|mums|moms|kids)\b|"
            r"\btestimonials?\b|\b[0-9,]+ reviews\b|\b(?:a|this) (?:special|amazing|"
            r"wonderful) (?:man|woman|person|lady|teacher)\b|\bthanks to (?:dr|coach|prof|mr|mrs|"
            r"ms|this|him|her|my mentor|madam|his|their)\b|"
            r"\bi was (?:sceptical|skeptical|broke|desperate)|\bdidn'?t believe it\b|\b(?:helped|"
            r"healed|cured) (?:my|our|me)\b|\bmiracle\b|\bmust meet my\b|\bfamilies who\b|"
            r"\bsince we started\b",
        ),
    ),
    (
        MONEY,
        (
            r"副業|お手伝いだけ|投げ銭|印税|毎週[0-9]+万|未経験|面接なし|マネースクール|"
            r"ギフト[0-9,]+|円分|買えます|投資|稼(?:げ|ぐ|い|ご)|儲(?:か|け)|\bfx\b|仮想通貨|"
            r"ビットコイン|暗号資産|バイナリー|配当|不労所得|在宅(?:ワーク|で(?:稼|月|[0-9]))|"
            r"権利収入|"
            r"月収|日給|日収|時給[0-9]|収入(?:アップ|が(?:増|欲))|資産(?:運用|形成)|"
            r"ネットワークビジネス|カジノ|(?:^|[^式])株(?:の|で|を|価)",
            r"即金|日払い|週払い|見舞金|即日|融資|お金(?:を)?(?:貸し|に困)|貸します|借金|"
            r"ブラックでも|支援金|給付金|謝礼|アフィリ|スマホ(?:1つ|一つ|だけ)で|お?仕事(?:を|"
            r"の)?(?:紹介|案内|です|あります)|"
            r"(?:円|万)(?:を|が)?(?:もらえ|受け取れ|稼|勝ち)|倍に(?:し|な)",
            r"\binvest(?:ment|ing|or|ed|s)?s?\b|\bcrypto|\bbitcoin\b|\bbtc\b|\bforex\b|"
            r"\btrad(?:ing|er|es)\b|\bpassive income\b|\bstock tip|\bwealth\b|\bcasino\b|"
            r"\bfinancial freedom\b|\broi\b|\bdouble your\b|\bprofits?\b|\bpayouts?\b",
            r"\b(?:earn(?:ing|ed|s)?|mak(?:e|ing)|made|won) (?:up to |over |around |about |"
            r"an extra |extra )?(?:[$£€] ?[0-9]|[0-9]+ ?(?:k|dollars|pounds|a (?:day|week)))|"
            r"\bget paid\b",
            r"\bside (?:hustle|income|job|gig)|\bpaid weekly\b|\bno (?:experience|interview)\b|"
            r"\bpacking job\b|\bmoney (?:course|school)\b|\bvoucher\b|\bbuy a place\b|"
            r"\bremote job\b|\bwork(?:ing)? from home (?:job|and|opportunit)|\b(?:quick|easy|"
            r"instant|fast|low[- ]interest|need) (?:loan|cash|money)s?\b|\bloans?\b|"
            r"\bbad credit\b|\bin your account\b|"
            r"\bspell ?caster|\bmlm\b|\bgrants?\b|\bwidow\b|\bmillion dollars\b|\brecovery agent\b",
        ),
    ),
    (
        PITCH,
        (
            r"コーチング|養成講座|引き寄せ|潜在意識|浄化|開運|デトックス|酵素|水素|サプリ|"
            r"レメディ|アロマ|ノウハウ|秘訣|メソッド|コンサル|代理店|オンラインサロン|"
            r"メルマガ|セミナー|マインド|覚醒|特典|キャンペーン|限定公開|先行登録|ご紹介(?:し|で)|"
            r"ご案内(?:し|で)|お届けし|お渡しし|お譲りし|承ります|"
            r"(?:プラン|コース|プログラム)(?:を|が|で)|原因は[^。\n]{0,8}です",
            r"\b(?:coach(?:ing)?|mindset|manifest(?:ing|ation)?|detox|supplements?|gummies|drops|"
            r"enzyme|masterclass|webinar|mentorship|breakthrough|"
            r"transform(?:ed|ation)?|exclusive|bonus|promo|enrol?l|affiliate|testimonial|"
            r"exclusive offer)\b|\b(?:our|my|this|the) (?:program(?:me)?|method|course|system|"
            r"opportunity)\b|"
            r"\bopportunity (?:for|to)\b|\bchange your life\b|\bresults in\b",
        ),
    ),
    (
        DEMAND,
        (
            r"(?:会員|アカウント|本人|口座)(?:情報)?(?:の)?(?:確認|お知らせ|確認|認証|停止|登録)|"
            r"ログイン(?:し(?:ない|て)|ください)|退会に|銀行から|選ばれました|返信してください|"
            r"お客様の|口座が|身分証|"
            r"(?:写真|住所|生年月日|番号|口座|名前)を[^。\n]{0,8}(?:送|教え|登録|書いて)",
            r"\bverify (?:your|you)|\bfrom your bank\b|\byou have been chosen\b|\bto claim\b|"
            r"\breply with your\b|\byour account (?:has|was|is|will)\b|\byour id\b|\b(?:give|"
            r"tell) me your\b|\bmust be confirmed\b|\bunless you\b|\blog ?in (?:at|here|to)\b|"
            r"\blose access\b|\baccount (?:\w+ ){0,5}(?:closed|suspended)|\b(?:bank|card|"
            r"account) details\b|"
            r"\b(?:send|dm|give) (?:me |us )?(?:a |your |the |me your )?(?:photo|picture|pic|"
            r"address|birth|bank|card|codes?|selfie)",
        ),
    ),
)  # fmt: skip

CUES: Final = Patterns((cue, kana(text)) for cue, texts in _CUES for text in texts)
"""Finds names of cues in a folded text."""
