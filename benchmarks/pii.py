"""How much personal data is masked, and how much else with it: generated and hand-written cases.

    python benchmarks/pii.py [--seed N] [--cases N] [--misses N]

Prints a Markdown table of recall and precision by kind. A datum is found when at least 80 % of its letters,
digits and characters are masked; a mask is false when it touches no datum. Turns are separated by "|", spoken
alternately by customer and agent; data are marked {kind:text}.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from qa_analyzer.analysis.pii import PiiSpan, find_pii
from qa_analyzer.calls.call import Role
from qa_analyzer.speech.transcript import Turn

_MARK = re.compile(r"\{(\w+):([^{}]*)\}")
_SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
_READ = str.maketrans("0123456789", "零一二三四五六七八九")

HAND_WRITTEN = (
    "我电话{phone:幺三九八八六六幺二三四}你打这个",
    "你记一下啊，{phone:一五零}|嗯|{phone:七七八八}|好的|{phone:九九零零}",
    "{phone:138 1234 5678}，就这个号|您尾号是{phone:5678}对吧",
    "我那个号是{phone:一八六，二二零零，三三四四}|{phone:一八六二二零零三三四四}，没错吧",
    "我姓{name:欧阳}|欧阳女士您好",
    "机主是{name:刘建国}，不是我|机主是{name:刘建国}先生是吧",
    "我叫{name:陈晓雯}是去年办的卡",
    "免贵姓{name:胡}|胡先生请问还有什么可以帮您",
    "我叫{name:何静}，我妈的号",
    "叫我怎么相信你们|您先别着急",
    "我叫你们领导来|我帮您转",
    "我名字叫{name:周文斌}啊，{name:周文斌}",
    "{address:滨河路二十六号楼三单元五零一}|好的，{address:滨河路二十六号楼三单元五零一}对吗",
    "我住{address:花园小区六栋二零三}",
    "地址是{address:城东区建设大街幺二八号金色家园七号楼}",
    "装到{address:和平路88号3单元1201室}行不行",
    "我在{address:高新区科技路}那边信号不好",
    "你们营业厅在哪条路上|在市中心那条街",
    "邮箱{email:liu_1990@qq.com}",
    "你发到{email:wangfang 艾特 一六三 点 com}",
    "车牌号{plate:苏A8K56Z}办的ETC套餐",
    "身份证号{id_card:320102199003078515}",
    "身份证{id_card:三二零一零二一九九零零三零七八五一五}",
    "银行卡号{bank_card:6222021234567890128}",
    "验证码{credential:八八二三四一}|您不用告诉我验证码",
    "密码是{credential:123456}|您自己保管好",
    "我二零二六年十一月十六号打过一次，第二次是十八号",
    "一个月一百二十九，用了三十五个G，还剩一千二百兆",
    "你打10086或者12315都行，也可以打一零零八六",
    "工单号是2026111612345，您记一下|好",
    "一会儿一下一起一共五六个人，二三十块钱吧",
    "八点半到九点，十二点之前，二十四小时以内",
    "三三两两，七七八八，一来二去",
    "我打了四五次了，每次都等十几二十分钟",
    "工号六零二七为您服务|你好",
    "我宽带五百兆的，测出来八九十兆|您先重启一下光猫",
    "我家在五楼|好的",
    "一号楼和二号楼都没信号吗|对",
    "订单编号8812345678|我看到了",
    "那条路一直在修，路上都是坑|嗯",
)


@dataclass(frozen=True)
class Case:
    """Turns and the personal data in them."""

    turns: tuple[Turn, ...]
    gold: tuple[tuple[int, int, int, str], ...]


def parse(marked: str) -> Case:
    """Turn marked text into turns and data."""
    turns: list[Turn] = []
    gold: list[tuple[int, int, int, str]] = []
    for index, part in enumerate(marked.split("|")):
        text = ""
        cursor = 0
        for found in _MARK.finditer(part):
            text += part[cursor : found.start()]
            gold.append((index, len(text), len(text) + len(found.group(2)), found.group(1)))
            text += found.group(2)
            cursor = found.end()
        turns.append(Turn(index, (Role.CUSTOMER, Role.AGENT)[index % 2], text + part[cursor:]))
    return Case(tuple(turns), tuple(gold))


_NAME_SENTENCES = (
    "我叫{}", "我叫{}，帮我查一下", "我名字叫{}我要改套餐", "机主姓名是{}", "户主是{}对吧",
    "您好|请问是{}先生吗", "嗯|您是{}女士对吗", "我的名字是{}啊",
)  # fmt: skip
# Every # is a digit.
_HARMLESS = (
    "这个月扣了##块钱", "我202#年#月1#号办的", "还剩###兆流量，一共##个G", "打了#次10086",
    "我要打12315投诉你们",
    "工单号############", "等了##分钟", "下载只有##兆，签的是五百兆", "帮我看一下，一共几个，一个月多少",
    "#点到#点之间来", "我是你们十几年的老用户了", "我叫他自己来办", "我们小区##户都没网", "楼上楼下都没信号",
    "套餐是一百二十九的那个", "你叫什么名字", "先生您尾号####", "网速三百兆，一年一千二百块",
)  # fmt: skip


class Generator:
    """Made-up data in made-up sentences."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def case(self) -> str:
        makers: tuple[Callable[[], str], ...] = (
            self.phone, self.phone, self.id_card, self.bank_card, self.name, self.address, self.email,
            self.plate, self.credential, self.harmless, self.harmless, self.harmless,
        )  # fmt: skip
        return self._random.choice(makers)()

    def _digits(self, count: int) -> str:
        return "".join(self._random.choice("0123456789") for _ in range(count))

    def _said(self, digits: str, sizes: tuple[int, ...], kind: str) -> str:
        """Write or say a number, in groups, perhaps dictated over several turns."""
        pick = self._random.choice
        said = pick((digits, digits.translate(_SPOKEN), digits.translate(_READ)))
        if self._random.random() < 0.3:
            return f"{{{kind}:{said}}}"
        groups: list[str] = []
        for size in sizes:
            groups.append(said[:size])
            said = said[size:]
        groups = [group for group in [*groups, said] if group]
        if self._random.random() < 0.4:
            return pick(("|嗯|", "|好的|", "|嗯您说|", "|对|")).join(
                f"{{{kind}:{group}}}" for group in groups
            )
        return f"{{{kind}:{pick((' ', '，', '、', '，嗯，', '-')).join(groups)}}}"

    def phone(self) -> str:
        digits = "1" + self._random.choice("3456789") + self._digits(9)
        said = self._said(digits, (3, 4, 4), "phone")
        return self._random.choice(("我手机号是{}", "你打{}吧", "联系电话{}", "{}", "就是{}这个号码")).format(
            said
        )

    def id_card(self) -> str:
        region = self._random.choice(("110105", "320102", "440304", "510107"))
        body = f"{region}{self._random.randint(1950, 2006)}"
        body += f"{self._random.randint(1, 12):02d}{self._random.randint(1, 28):02d}{self._digits(3)}"
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        check = "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
        return "身份证号码是" + self._said(body + check, (6, 8, 4), "id_card")

    def bank_card(self) -> str:
        body = "62" + self._digits(self._random.choice((13, 16)))
        doubled = (
            int(digit) * 2 if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(body))
        )
        total = sum(value - 9 if value > 9 else value for value in doubled)
        return "银行卡是" + self._said(body + str(-total % 10), (4, 4, 4, 4), "bank_card")

    def name(self) -> str:
        surname = self._random.choice("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗")
        given = "".join(
            self._random.choice("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚")
            for _ in range(self._random.choice((1, 2)))
        )
        name = f"{{name:{surname}{given}}}"
        return self._random.choice(_NAME_SENTENCES).format(name)

    def address(self) -> str:
        pick = self._random.choice
        number = str(self._random.randint(2, 198))
        region = pick(("", "新华区", "城北区", "临江市", "东山县", "青阳镇"))
        street = pick(("人民", "解放", "迎宾", "文化", "学府", "滨江", "长青")) + pick(
            ("路", "街", "大道", "巷")
        )
        estate = pick(("阳光", "翠湖", "金桂", "书香", "锦绣")) + pick(("小区", "花园", "公寓", "家园"))
        house, stairs, door = (
            self._random.randint(1, 30),
            self._random.randint(1, 6),
            self._random.randint(101, 2803),
        )
        flat = f"{house}号楼{stairs}单元{door}"
        place = pick(
            (
                f"{region}{street}{number}号",
                f"{region}{estate}{flat}",
                f"{region}{street}{number}号{estate}{flat}",
                flat,
            )
        )
        if self._random.random() < 0.5:
            place = place.translate(_READ)
        return pick(("我家住在{}", "地址是{}", "宽带装在{}", "师傅到{}来", "我搬到{}了")).format(
            f"{{address:{place}}}"
        )

    def email(self) -> str:
        user = "".join(self._random.choice("abcdefghklmnrstwxyz") for _ in range(6)) + self._digits(2)
        host = self._random.choice(("163.com", "qq.com", "sina.cn", "outlook.com"))
        said = self._random.choice((f"{user}@{host}", f"{user} 艾特 {host.replace('.', ' 点 ')}"))
        return f"发票发到{{email:{said}}}"

    def plate(self) -> str:
        number = "".join(self._random.choice("ABCDEFGHJK0123456789") for _ in range(5))
        return (
            f"车牌是{{plate:{self._random.choice('京沪粤苏浙川鲁')}{self._random.choice('ABCDE')}{number}}}"
        )

    def credential(self) -> str:
        digits = self._digits(self._random.choice((4, 6)))
        return f"验证码是{{credential:{self._random.choice((digits, digits.translate(_READ)))}}}"

    def harmless(self) -> str:
        sentence = self._random.choice(_HARMLESS)
        return re.sub(r"#+", lambda found: self._digits(len(found.group())).replace("0", "1"), sentence)


def covered(text: str, start: int, end: int, spans: list[PiiSpan]) -> float:
    """Return the share of the letters and digits of a stretch that is masked."""
    places = [place for place in range(start, end) if text[place].isalnum()]
    masked = [place for place in places if any(span.char_start <= place < span.char_end for span in spans)]
    return len(masked) / max(1, len(places))


def measure(cases: list[str], misses: int) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    shown = 0
    for marked in cases:
        case = parse(marked)
        spans = find_pii(case.turns)
        wrong: list[str] = []
        for index, start, end, kind in case.gold:
            own = [span for span in spans if span.turn_index == index]
            found = covered(case.turns[index].text, start, end, own) >= 0.8
            counts.setdefault(kind, Counter()).update(said=1, found=found)
            if not found:
                wrong.append(f"missed {kind} {case.turns[index].text[start:end]}")
        for span in spans:
            touched = any(
                span.turn_index == index and span.char_start < end and span.char_end > start
                for index, start, end, _ in case.gold
            )
            counts.setdefault(span.kind.value, Counter()).update(masked=1, right=touched)
            if not touched:
                quote = case.turns[span.turn_index].text[span.char_start : span.char_end]
                wrong.append(f"false {span.kind.value} {quote}")
        if wrong and shown < misses:
            shown += 1
            print(f"    {marked}: {'; '.join(wrong)}")
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--misses", type=int, default=0, help="list this many cases that went wrong")
    options = parser.parse_args()
    generator = Generator(options.seed)
    generated = [generator.case() for _ in range(options.cases)]
    for title, cases in (("generated", generated), ("hand-written", list(HAND_WRITTEN))):
        counts = measure(cases, options.misses)
        counts["all"] = sum(counts.values(), Counter())
        print(f"\n{title}: {len(cases)} cases\n")
        print("| kind | said | recall | masks | precision |\n|---|---|---|---|---|")
        for kind, count in sorted(counts.items()):
            recall = f"{count['found'] / count['said']:.3f}" if count["said"] else "-"
            precision = f"{count['right'] / count['masked']:.3f}" if count["masked"] else "-"
            print(f"| {kind} | {count['said']} | {recall} | {count['masked']} | {precision} |")


if __name__ == "__main__":
    main()
