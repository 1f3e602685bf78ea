"""The two word lists that names are made of: kind, neutral, and the same in both languages.

Chosen so that no word judges, names an illness, a body, a belief, a nation or a school year, and
so that any pair reads well in both languages. Japanese stands beside English on the same row: a
name is one thing in two languages, not two names.
"""

from __future__ import annotations

from typing import Final

Word = tuple[str, str]
"""English, Japanese."""

QUALITIES: Final[tuple[Word, ...]] = (
    ("Quiet", "静かな"), ("Gentle", "やさしい"), ("Calm", "穏やかな"), ("Kind", "親切な"),
    ("Warm", "あたたかな"), ("Patient", "気長な"), ("Steady", "たしかな"), ("Bright", "明るい"),
    ("Soft", "やわらかな"), ("Clear", "澄んだ"), ("Little", "小さな"), ("Round", "まるい"),
    ("Light", "軽やかな"), ("Feathered", "羽のある"), ("Sleepy", "眠たげな"), ("Cheerful", "朗らかな"),
    ("Humble", "つつましい"), ("Honest", "正直な"), ("Loyal", "まっすぐな"), ("Merry", "陽気な"),
    ("Mellow", "まろやかな"), ("Nimble", "すばやい"), ("Open", "ひらいた"), ("Peaceful", "平和な"),
    ("Polite", "ていねいな"), ("Hidden", "隠れた"), ("Dreaming", "夢みる"), ("Listening", "耳をすます"),
    ("Singing", "歌う"), ("Humming", "口ずさむ"), ("Smiling", "ほほえむ"), ("Waiting", "待っている"),
    ("Walking", "歩く"), ("Floating", "ただよう"), ("Gliding", "すべる"), ("Dancing", "踊る"),
    ("Climbing", "のぼる"), ("Drifting", "流れる"), ("Brave", "勇気ある"), ("Bold", "思いきった"),
    ("Careful", "用心深い"), ("Carefree", "気ままな"), ("Simple", "素朴な"), ("Toasted", "こんがりした"),
)  # fmt: skip

MODIFIERS: Final[tuple[Word, ...]] = (
    ("Unhurried", "ゆっくりの"), ("Curious", "知りたがりの"), ("Playful", "遊び好きの"), ("Rippling", "さざ波の"),
    ("Resting", "ひと休みの"), ("Silver", "銀色の"), ("Golden", "金色の"), ("Amber", "琥珀の"),
    ("Azure", "空色の"), ("Ivory", "象牙色の"), ("Jade", "翡翠色の"), ("Indigo", "藍色の"),
    ("Crimson", "紅色の"), ("Lilac", "藤色の"), ("Olive", "若草色の"), ("Pearl", "真珠色の"),
    ("Coral", "珊瑚色の"), ("Misty", "霧の"), ("Snowy", "雪の"), ("Rainy", "雨の"),
    ("Sunny", "日なたの"), ("Starry", "星の"), ("Moonlit", "月夜の"), ("Breezy", "そよ風の"),
    ("Dewy", "朝露の"), ("Frosty", "霜の"), ("Dawn", "夜明けの"), ("Morning", "朝の"),
    ("Noon", "昼の"), ("Evening", "夕方の"), ("Twilight", "たそがれの"), ("Midnight", "真夜中の"),
    ("Spring", "春の"), ("Summer", "夏の"), ("Autumn", "秋の"), ("Winter", "冬の"),
    ("Coastal", "海辺の"), ("River", "川の"), ("Lakeside", "湖畔の"), ("Mountain", "山の"),
    ("Valley", "谷の"), ("Forest", "森の"), ("Meadow", "草原の"), ("Garden", "庭の"),
    ("Island", "島の"), ("Harbour", "港の"), ("Hillside", "丘の"), ("Northern", "北の"),
    ("Southern", "南の"), ("Eastern", "東の"), ("Western", "西の"), ("Distant", "遠くの"),
    ("Nearby", "近くの"), ("Wandering", "旅の"), ("Whistling", "口笛の"), ("Yawning", "あくびの"),
    ("Nesting", "巣ごもりの"), ("Basking", "日向ぼっこの"), ("Braided", "編み込みの"), ("Fluffy", "ふわふわの"),
    ("Velvet", "ビロードの"), ("Woolly", "もこもこの"), ("Striped", "しまもようの"), ("Spotted", "水玉の"),
    ("Polished", "つやつやの"), ("Wooden", "木の"), ("Paper", "紙の"), ("Linen", "麻の"),
    ("Cotton", "木綿の"), ("Glass", "ガラスの"), ("Copper", "銅の"), ("Maple", "楓の"),
    ("Cedar", "杉の"), ("Birch", "白樺の"), ("Willow", "柳の"), ("Plum", "梅の"),
    ("Clover", "クローバーの"), ("Mossy", "苔の"), ("Sandy", "砂の"), ("Pebble", "小石の"),
    ("Honeyed", "はちみつの"), ("Minty", "ミントの"), ("Ginger", "生姜の"), ("Cocoa", "ココアの"),
)  # fmt: skip

CREATURES: Final[tuple[Word, ...]] = (
    ("Heron", "サギ"), ("Sparrow", "スズメ"), ("Swallow", "ツバメ"), ("Crane", "ツル"),
    ("Robin", "コマドリ"), ("Wren", "ミソサザイ"), ("Finch", "アトリ"), ("Lark", "ヒバリ"),
    ("Plover", "チドリ"), ("Snipe", "シギ"), ("Grebe", "カイツブリ"), ("Kingfisher", "カワセミ"),
    ("Thrush", "ツグミ"), ("Starling", "ムクドリ"), ("Wagtail", "セキレイ"), ("Nuthatch", "ゴジュウカラ"),
    ("Titmouse", "シジュウカラ"), ("Bullfinch", "ウソ"), ("Waxwing", "レンジャク"), ("Bunting", "ホオジロ"),
    ("Cuckoo", "カッコウ"), ("Quail", "ウズラ"), ("Pheasant", "キジ"), ("Partridge", "ヤマウズラ"),
    ("Dove", "キジバト"), ("Owl", "フクロウ"), ("Kestrel", "チョウゲンボウ"), ("Osprey", "ミサゴ"),
    ("Gull", "カモメ"), ("Tern", "アジサシ"), ("Puffin", "ツノメドリ"), ("Penguin", "ペンギン"),
    ("Pelican", "ペリカン"), ("Flamingo", "フラミンゴ"), ("Swan", "ハクチョウ"), ("Goose", "ガン"),
    ("Teal", "コガモ"), ("Mallard", "マガモ"), ("Mandarin", "オシドリ"), ("Ptarmigan", "ライチョウ"),
    ("Otter", "カワウソ"), ("Beaver", "ビーバー"), ("Badger", "アナグマ"), ("Raccoon", "アライグマ"),
    ("Tanuki", "タヌキ"), ("Squirrel", "リス"), ("Chipmunk", "シマリス"), ("Dormouse", "ヤマネ"),
    ("Hedgehog", "ハリネズミ"), ("Rabbit", "ウサギ"), ("Hare", "ノウサギ"), ("Marten", "テン"),
    ("Ermine", "オコジョ"), ("Deer", "シカ"), ("Fawn", "子ジカ"), ("Elk", "ヘラジカ"),
    ("Reindeer", "トナカイ"), ("Serow", "カモシカ"), ("Goat", "ヤギ"), ("Lamb", "子ヒツジ"),
    ("Alpaca", "アルパカ"), ("Llama", "リャマ"), ("Camel", "ラクダ"), ("Pony", "ポニー"),
    ("Donkey", "ロバ"), ("Bison", "バイソン"), ("Panda", "パンダ"), ("Koala", "コアラ"),
    ("Wombat", "ウォンバット"), ("Kangaroo", "カンガルー"), ("Wallaby", "ワラビー"), ("Quokka", "クアッカ"),
    ("Lemur", "キツネザル"), ("Tapir", "バク"), ("Capybara", "カピバラ"), ("Armadillo", "アルマジロ"),
    ("Sloth", "ナマケモノ"), ("Anteater", "アリクイ"), ("Meerkat", "ミーアキャット"), ("Mongoose", "マングース"),
    ("Giraffe", "キリン"), ("Zebra", "シマウマ"), ("Okapi", "オカピ"), ("Elephant", "ゾウ"),
    ("Walrus", "セイウチ"), ("Seal", "アザラシ"), ("Dolphin", "イルカ"), ("Porpoise", "スナメリ"),
    ("Manatee", "マナティー"), ("Dugong", "ジュゴン"), ("Turtle", "ウミガメ"), ("Tortoise", "リクガメ"),
    ("Newt", "イモリ"), ("Gecko", "ヤモリ"), ("Treefrog", "アマガエル"), ("Salamander", "サンショウウオ"),
    ("Carp", "コイ"), ("Trout", "マス"), ("Salmon", "サケ"), ("Minnow", "メダカ"),
    ("Goby", "ハゼ"), ("Seahorse", "タツノオトシゴ"), ("Sunfish", "マンボウ"), ("Starfish", "ヒトデ"),
    ("Urchin", "ウニ"), ("Scallop", "ホタテ"), ("Nautilus", "オウムガイ"), ("Snail", "カタツムリ"),
    ("Firefly", "ホタル"), ("Dragonfly", "トンボ"), ("Ladybird", "テントウムシ"), ("Cricket", "コオロギ"),
    ("Cicada", "セミ"), ("Bumblebee", "マルハナバチ"), ("Butterfly", "チョウ"), ("Silkworm", "カイコ"),
    ("Acorn", "どんぐり"), ("Chestnut", "くり"), ("Walnut", "くるみ"), ("Pinecone", "まつぼっくり"),
    ("Bamboo", "竹"), ("Bluebell", "つりがね草"), ("Dandelion", "たんぽぽ"), ("Violet", "すみれ"),
    ("Camellia", "椿"), ("Iris", "あやめ"), ("Cosmos", "コスモス"), ("Lantern", "ちょうちん"),
)  # fmt: skip
