"""The cue words of Mandarin that deny, report, ask and suppose: grammar only, no service wording."""

from __future__ import annotations

import re


def _any(words: str) -> str:
    """Return a group of alternatives, the longest first, from words separated by spaces."""
    return "(?:" + "|".join(sorted(words.split(), key=len, reverse=True)) + ")"


# Where clauses end. Recognisers leave commas out: a particle before a new subject, or a conjunction, ends a
# clause as well.
SENTENCE_END = re.compile(r"[。！？!?；;…\n]")
CLAUSE_END = re.compile(
    r"[，,。！？!?；;：:…\n\s]|(?<=[了吧呢啊吗嘛呀哦啦哈])(?=[我您你他她这那咱请])"
    r"|(?=但是|不过|可是|然后|所以|而是|只不过|另外)"
)

# --- negation ---

# Words that hold a negation's character without denying what follows.
NO_NEGATION = re.compile(
    _any(
        "不好意思 对不起 不客气 没关系 没事 没事儿 没问题 没办法 没辙 没错 没准 没准儿 没完没了 差不多"
        " 了不起 来不及 说不定"
        " 不得不 不得已 不由得 不管 不论 不但 不仅 不光 不单 不只 不止 不过 不如 不然 要不是 要不 不同 不少"
        " 不断 不久 不一定"
        " 不禁 不免 不愧 不料 不满 不错 不用说 不是我说 不瞒 无论 无线 无限 无故 无缘无故 无比 无非 非常"
        " 除非 是非 非得 非要"
        " 特别 级别 区别 分别 性别 个别 告别 类别 辨别 识别 别人 别的 别家 别处 别说 未来 未免 未必不 莫名"
        " 没收 淹没 动不动"
        " 好不容易 冷不丁 不知不觉 不就是 可不是 岂不 何不 怎么不 为什么不 为何不 干嘛不 干吗不 忍不住"
        " 恨不得 巴不得 不停 不住地"
    )
)
A_NOT_A = re.compile(
    r"(是|有|能|会|要|好|行|对|可|可以|肯|该|想|用|需|需要|愿|应|懂|知|方便)[不没]\1(?:以|有|要|道|该)?"
)
NEGATOR = re.compile(
    _any(
        "并不是 并没 并没有 并非 绝不 绝对不 决不 从不 从来不 从来没 从来没有 不可能 不可以 不应该 不需要"
        " 不至于 不存在 不允许"
        " 不打算 不会 不能 不用 不必 不要 不该 不敢 不想 不是 不准 不许 不得 不让 没有 没想 无需 无须 无意"
        " 请勿 切勿 严禁 禁止"
        " 杜绝 避免 拒绝 怎么可能 怎么会 怎么敢 怎么能 哪会 哪能 哪敢 哪有 谁说 不 没 别 甭 勿 未"
    )
)
# What may stand between a negation and what it denies: helpers, persons, prepositions, adverbs; never a verb
# of its own.
TRANSPARENT = re.compile(
    _any(
        "可以 可能 应该 需要 愿意 允许 打算 至于 存在 故意 随便 轻易 主动 直接 随意 擅自 私自 真的 真 那么"
        " 这么 任何 什么 客户 用户"
        " 自己 人家 别人 他们 我们 你们 她们 咱们 大家 一个 一次 这个 那个 这种 那种 这样 那样 现在 今天"
        " 以后 马上 立刻 因为 为了"
        " 由于 一直 就是 听说 感觉 觉得 您 你 我 他 她 咱 它 会 能 要 想 用 必 敢 准 许 让 叫 给 把 被 对"
        " 跟 和 向 为 帮 替 找 问"
        " 说 讲 提 去 来 在 再 又 还 都 也 就 是 太 很 有 人 谁 过 到 得 着 的 乱 光 只 单 像 先 多 跑 当"
        " 这 那 个 啊 呀 嗯 呃 啥"
    )
    + "*"
)
# A ban on doing it again takes it as given: 别再打电话骚扰我.
AGAIN = re.compile(_any("再 老是 老 总是 总 一直 又 天天 每天 整天 成天 动不动"))
BANS = frozenset(("别", "不要", "甭", "不准", "不许", "勿", "请勿", "切勿", "不能", "不用", "不可以"))
DENIED_AFTER = re.compile(
    r"(?:的话|这事|什么的)?(?:我|倒|就|也|是|那|都|先|还|倒是)*"
    + _any("不用 不用了 不必 不需要 算了 免了 不至于 谈不上 没必要 没有的事 不存在 倒没有 倒没")
)
RHETORICAL_END = re.compile(r"[吗嘛么]")

# --- quotation ---

QUOTE_MARKS = (("“", "”"), ("「", "」"), ("『", "』"), ("‘", "’"), ("﹁", "﹂"), ('"', '"'))
_OTHERS = (
    r"(?:(?<![跟和对给与向同问让请])[您你](?:们)?|"
    + _any(
        "他 他们 她 她们 客户 用户 同事 师傅 人家 别人 有人 对方 客服 坐席 姑娘 小伙子 营业员 营业厅 经理"
        " 领导 主管 那边 人工 机器人"
        " 前面那个 上一个 装维 网点 店里 业务员 推销的"
    )[3:]
)
_BETWEEN = _any(
    "刚才 刚刚 刚 之前 以前 上次 上回 当时 昨天 前天 那天 又 还 老是 老 总是 总 都 就 一直 也 非 直接 后来"
    " 跟我 跟我们 对我"
    " 对我们 给我 和我 和我们 与我 是 要 在 电话里 来 自己 明明"
)
_SAID = _any(
    "说 讲 问 反映 提到 提的 提出 表示 告诉我 告诉我们 通知我 通知我们 回我 回复我 回复我们 答复我 答复我们"
    " 回答 骂 喊 嚷 声称 保证 承诺"
)
REPORT = re.compile(
    rf"{_OTHERS}{_BETWEEN}{{0,4}}{_SAID}|[跟对和给与]我们?(?:说|讲|保证|承诺|解释)"
    r"|告诉我|通知我|回复我|听说|据说"
)
# The invitation to speak, and talk about how something is said, report nothing.
NO_REPORT_AFTER = re.compile(
    r"(?:吧|一下|一说|说看|清楚|慢|完|怎么|呢|啊|话|得|不|明白|明|到|什么时候|好|多|的话|[，,]?我听)"
)
# Asked to tell, or never told: what follows is no report.
NO_REPORT_BEFORE = re.compile(r"(?:请|麻烦|帮忙|能|可以|没|没有|没人|任何人|不|谁)$")
SCOLDING = re.compile(r"[你您]说(?:说)?[你您]$")
CONFIRMED = re.compile(r"对吗|对吧|是吗|是吧|是不是|对不对|没错吧")
WORDS_ABOUT = re.compile(r"(?:什么叫做?|何为|所谓的?|啥叫|叫做|写着|写的是)(?:的|是)?$")
THESE_WORDS = re.compile(
    r"[”」』’\"]?(?:这种|这样的?|这句|那种|那样的?|那句|这|那|之类的?|等)(?:些|个)?(?:话|词|说法|字眼|语气)"
    r"|[，,]?(?:这|那)?(?:可?都?是)(?:你们?|您|他们?|她们?|客服|营业员|师傅|推销的).{0,6}(?:说|讲|承诺|答应"
    r"|保证)的"
)

# --- question ---

ASKED_BEFORE = re.compile(
    "是不是|有没有|能不能|会不会|要不要|可不可以|是否|能否|可否|有无|该不该|想不想|需不需要|用不用"
)
ASKED_AFTER = re.compile(
    r"(?:吗|(?<=[了过着到好楚懂白])没有|是吧|对吧|好吧|行吧|是不是|对不对|好不好|行不行|可不可以|有没有|么"
    r"|(?=[?？]))[啊呀呢]?[?？]?$"
)
NOT_PARTICLE = re.compile(r"[什怎那这多要]么[啊呀呢]?[?？]?$")
# Asked like this, the thing itself is taken for granted, or asserted with force.
TAKEN_AS_GIVEN = re.compile(
    r"不是|难道|不就|还不|没看见|怎么|为什么|为啥|凭什么|干嘛|干吗|什么时候|多久|什么意思|有你这|有你们这"
)

# A question for what, who or how many, with nothing but its mark to show it.
OPEN_QUESTION = re.compile(r"什么|啥|咋|哪|谁|几|多少|如何")

# --- supposition ---

SUPPOSED = re.compile(
    r"如果|要是|假如|假设|假使|倘若|若是|万一|一旦|比如|例如|打个比方|即使|就算|哪怕|除非"
    r"|若(?=[您你我他是有无需])"
)
NOT_SUPPOSED = re.compile(r"[主只需重]$")
CONSEQUENCE = re.compile(r"[，,；;]|就(?!是|算)|那(?!个|种|边|些|里|样)|的话")
SUPPOSED_AFTER = re.compile(r"(?<![说讲您你我他她们骂听样种])的话")
