"""How well the encoder's cosine tells sentences of one intent from others. Run by ``benchmarks/meaning.py``.

All sentences were written for this test, in other words than the training grammar uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from meaning_sentiment import area

from qa_analyzer.analysis.encoder import Encoder
from qa_analyzer.analysis.similarity import Similarity

Array = npt.NDArray[np.float32]

# Per intent: anchors as a scorecard would name them, then paraphrases that should be found.
INTENTS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "apology": (
        ("非常抱歉给您带来不便", "实在对不起，是我们没有做好", "给您添麻烦了"),
        (
            "这回真是我们工作没到位，跟您赔罪了",
            "害您白跑了一趟，我心里挺过意不去的",
            "这么久没给您弄好，是我们的不是",
            "影响到您上班了，请您原谅",
            "出这样的差错，我向您赔礼",
            "让您受累了，真的很愧疚",
            "耽误了您这么多工夫，请多包涵",
            "对您造成的影响我们感到非常歉疚",
        ),
    ),
    "understanding": (
        ("我非常理解您的心情", "换作是我也会着急的", "听得出来您很生气"),
        (
            "您发火是应该的，谁碰到都上火",
            "我要是您，早就坐不住了",
            "这几天您肯定过得很糟心",
            "您有情绪很正常",
            "我能感觉到您等得很辛苦",
            "没网的日子确实难熬，我懂",
            "您的焦虑我感同身受",
            "家里老人离不开电话，您肯定放心不下",
        ),
    ),
    "confirmation": (
        (
            "跟您确认一下，您是说网速慢，对吗",
            "您反映的是多扣了话费，是这样吗",
            "也就是说您想取消这个业务，对吧",
        ),
        (
            "那我捋一下，您是想把这个号降到最低那一档，没记错吧",
            "我跟您核对下问题，宽带从周二开始时断时续，是不是这样",
            "您讲的情况是，没订过的业务收了钱，我没理解错吧",
            "归纳一下，您要的是拆机加退押金，对不对",
            "所以您的诉求就是把违约金退回来，是这个意思吗",
            "我重复一下您的问题，电视看不了但能上网，没错吧",
        ),
    ),
    "hold": (
        ("请您稍等，我帮您查一下", "麻烦您不要挂机，我核实一下"),
        (
            "您先在线上等我片刻，我去后台瞧瞧",
            "给我半分钟时间看看系统记录，可以吗",
            "劳驾您等一等，这边正在调取资料",
            "电话先别放，我跟同事问问清楚",
        ),
    ),
    "offer": (
        ("请问有什么可以帮您", "您好，请讲您的问题"),
        (
            "您今天打来是想办点什么呢",
            "有啥事需要我给您处理",
            "请告诉我您遇到的状况",
            "我能为您做些什么",
        ),
    ),
    "more_help": (
        ("请问还有其他可以帮您的吗", "您看还有别的问题吗"),
        (
            "别的方面还要我帮忙不",
            "除此之外您还想了解点啥",
            "另外还有没有要处理的业务",
            "今天就这一件事吗，还有需要我做的没有",
        ),
    ),
    "closing": (
        ("感谢您的来电，祝您生活愉快，再见", "谢谢您的支持，再见"),
        (
            "多谢您打电话来，愿您每天都顺心",
            "那就不耽误您了，回头见",
            "谢谢您一直用我们的服务，拜拜",
            "祝您一家人平平安安，再会",
        ),
    ),
}
# Plain statements and questions of agents that mean none of it.
OTHERS = (
    "您的套餐每月包含三十个G流量",
    "这笔费用是国际漫游产生的",
    "请提供一下您的身份证后四位",
    "师傅明天上午到您家里去",
    "营业厅早上九点开门",
    "您先把路由器的电源拔掉",
    "短信里有一个链接，点开就能看到",
    "这个活动到月底截止",
    "您的号码是去年三月入网的",
    "副卡每个月十块钱",
    "机房那边正在割接，今晚十二点恢复",
    "这个业务需要本人到场办理",
    "您家的带宽是三百兆",
    "积分可以兑换话费或者礼品",
    "请问您用的是什么牌子的手机",
    "系统显示上个月您用了四十个G",
    "您的押金两个工作日内退到账户",
    "现在改套餐下个月生效",
    "光猫的第三个灯是什么颜色",
    "这边已经给您取消了彩铃业务",
)


def run(folder: Path) -> None:
    """Print how well paraphrases stand out, and the threshold that divides best."""
    similarity = Similarity(Encoder(folder))
    print("## Likeness of sentences\n")
    print(
        "Highest cosine of a sentence to the anchors of an intent: its paraphrases against plain statements "
        "and the paraphrases of other intents. `nearest` is the share of paraphrases whose nearest intent is "
        "their own.\n"
    )
    print("| intent | paraphrases, median | others, 95th percentile | AUC | nearest |\n|---|---|---|---|---|")
    names = list(INTENTS)
    best = {
        name: _highest(similarity, name, [text for _, own in INTENTS.values() for text in own])
        for name in names
    }
    plain = {name: _highest(similarity, name, OTHERS) for name in names}
    owner = np.array([place for place, name in enumerate(names) for _ in INTENTS[name][1]])
    own_all: list[Array] = []
    other_all: list[Array] = []
    nearest = np.stack([best[name] for name in names]).argmax(axis=0)
    for place, name in enumerate(names):
        own = best[name][owner == place]
        others = np.concatenate([best[name][owner != place], plain[name]])
        own_all.append(own)
        other_all.append(others)
        wanted = np.concatenate([np.ones(len(own), bool), np.zeros(len(others), bool)])
        right = float((nearest[owner == place] == place).mean())
        print(
            f"| {name} | {np.median(own):.2f} | {np.quantile(others, 0.95):.2f} | "
            f"{area(np.concatenate([own, others]).astype(float), wanted):.3f} | {right:.2f} |"
        )
    own, others = np.concatenate(own_all), np.concatenate(other_all)
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        print(
            f"\nAt {threshold}: {float((own >= threshold).mean()):.0%} of paraphrases found, "
            f"{float((others >= threshold).mean()):.1%} of the others wrongly."
        )
    print()


def _highest(similarity: Similarity, name: str, texts: Sequence[str]) -> Array:
    highest: Array = similarity.cosines(texts, INTENTS[name][0]).max(axis=1)
    return highest
