"""Names, addresses, e-mail addresses and licence plates in what people say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa_analyzer.analysis.pii_numbers import PiiKind, PiiSpan
from qa_analyzer.calls.call import Role
from qa_analyzer.speech.transcript import Turn

_DIGITS = "0-9０-９零〇一二三四五六七八九十百幺两"
_EMAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+\-]*\s*(?:@|＠|艾特|圈[aA]|\bat\b)\s*[A-Za-z0-9一二三四五六七八九零\-]+"
    r"(?:\s*(?:[.。]|点|dot)\s*(?:com|cn|net|org|edu|gov|康姆?))+",
    re.IGNORECASE,
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s?[A-HJ-Za-hj-z][\s·•\-]?"
    rf"(?:[A-HJ-NP-Za-hj-np-z{_DIGITS}][\s、,，]?){{4,5}}[A-HJ-NP-Za-hj-np-z{_DIGITS}学警港澳]"
)

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊"
    "白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖樊文兰殷施洪翟安倪牛温芦季俞章鲁葛毕耿焦柳邢岳齐梅庄辛管祝左涂谷祁"
    "舒耶尚欧柯阮凌霍滕佟裴苗詹解关费纪靳路童翁甘游简饶宁丛栗隋卞晏佘邬冉傅宫柴匡车瞿楼古褚单屈祖项明申闵喻"
)
_COMPOUND = "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|端木|南宫"
_SURNAME = rf"(?:{_COMPOUND}|[{_SURNAMES}])"
# Given names end before these; a recogniser leaves no comma.
_NOT_GIVEN = (
    "我你您他她它想要是的了呢啊吧呀啦嘛吗哦嗯就这那在有身电手卡家来住先女本机户也还都"
    "不没说问跟和对给把请可能会号什么谁哪怎个"
)
_ANY_GIVEN = rf"(?![{_NOT_GIVEN}])[\u4e00-\u9fff]"
_NAME = rf"{_SURNAME}(?:{_ANY_GIVEN}){{1,2}}"
_OWN_NAME = re.compile(
    rf"(?:我(?:的名字)?(?:就)?(?:叫做?|名叫)|(?:我的?|本人的?)(?:名字|姓名)(?:就)?[是叫为]?"
    rf"|本人叫?)[\s:：,，]*({_NAME})"
)
_ASKED_NAME = re.compile(
    rf"(?:机主|户主|户名|客户|用户|开户人?|登记|联系人|收件人|业主|本人)(?:的?(?:姓名"
    rf"|名字))?(?:就)?[是叫为:：][\s]*({_NAME})|(?:姓名|名字)[是叫为:：]\s*({_NAME})"
)
_SURNAME_ONLY = re.compile(rf"(?:(?<![贵什])姓|免贵)(?:是|姓)?({_SURNAME})(?![名氏])")
_SPELLED = re.compile(
    r"(?:弓长|立早|耳东|木子|口天|双口|古月|双木|言午|三横|人可|走肖|草头|三点水的?"
    r"|干钩)([张章陈李吴吕胡林许王何赵黄江于])"
)
_TITLED = re.compile(
    rf"(?<![\u4e00-\u9fff])({_NAME})(?=先生|女士|小姐|同志)|(?:是|叫|为)({_NAME})(?=先生|女士|小姐|本人)"
)

_NUMBER = rf"(?:[{_DIGITS}]+(?:[\-－杠之][{_DIGITS}]+)*|[A-Za-z甲乙丙丁东西南北])"
_HOUSE = rf"{_NUMBER}\s?(?:号楼|号院|号|栋|幢|座|弄|单元|期)"
_BUILDING = rf"{_NUMBER}\s?(?:号楼|号院|号|栋|幢|座|弄|单元|楼|层|室|门|户|组|期)"
_FLAT = rf"(?:[\s,，、的]{{0,2}}{_BUILDING})*(?:[\s,，、的]{{0,2}}[{_DIGITS}]{{2,5}}(?:室|户|号)?)?"
_STREET = (
    r"(?:路|街|大道|(?<![知频渠管报])道|巷|胡同|弄堂|小区"
    r"|花园|公寓|大厦|家园|新村|嘉园|苑|广场|山庄|庄园|社区|街道|村|新城|名城|花苑|雅苑|华庭|府邸|大院|宿舍)"
)
_REGION = r"(?:省|自治区|市|区|县|旗|镇|乡|开发区|新区)"
_HAN = "[\u4e00-\u9fff]"
_ADDRESS = re.compile(
    # A street or an estate with a number: 兴业路一百二十号二单元五零三.
    rf"{_HAN}{{1,18}}?{_STREET}[\s,，、的]{{0,2}}{_HOUSE}(?:[\s,，、的]{{0,2}}{_BUILDING}){{0,5}}(?:[\s,，、]{{0,2}}[{_DIGITS}]{{2,5}}(?:室"
    rf"|户)?)?"
    # A region and a street or an estate in it: 朝阳区望京小区.
    rf"|{_HAN}{{1,12}}?{_REGION}{_HAN}{{1,12}}?{_STREET}{_FLAT}"
    # Inside a house: 三号楼二单元五零三.
    rf"|(?:{_NUMBER}\s?(?:号楼|号|栋|幢|座"
    rf"|期)[\s,，、]{{0,2}}){{0,2}}[{_DIGITS}]{{1,3}}\s?单元[\s,，、]{{0,2}}[{_DIGITS}]{{1,5}}(?:室|号|户)?"
    rf"|{_NUMBER}\s?(?:号楼|栋|幢)[\s,，、]{{0,2}}[{_DIGITS}]{{2,5}}(?:室|户)?"
)
# Streets and regions in general.
_NOWHERE = re.compile(
    r"[那这哪每整][条个边些]|市中心|市区|什么|小区里|一路|道路|[有没修]路|网路|铁路|线路|公路上|多少|几号"
    r"|街上|村里"
)
# Where the words before an address end and the address begins.
_LEAD_IN = re.compile(
    r".*(?:地址(?:就)?[是在为]?|位于|住址是?|(?<!所)住在?|搬[到去]|移[到机]?到?|装[到在]|送[到去]|寄到|改到"
    r"|迁到|家[在住是]|人在|我[是们在家住]|就?在|是|到|去|往|从|叫|个|的|了|呢|啊|嗯|哦"
    r"|那[边个]?|这[边个]?|给|把|帮|您|你|我|他)"
)


def find_words(turn: Turn) -> Iterator[PiiSpan]:
    """Yield names, addresses, e-mail addresses and plates of one turn.

    The agent's own name is part of the service and stays; names of others in his words do not.
    """
    for form, kind in ((_EMAIL, PiiKind.EMAIL), (_PLATE, PiiKind.PLATE)):
        for found in form.finditer(turn.text):
            yield PiiSpan(turn.index, found.start(), found.end(), kind)
    name_forms = [_ASKED_NAME, _TITLED]
    if turn.role is not Role.AGENT:
        name_forms += [_OWN_NAME, _SURNAME_ONLY, _SPELLED]
    for form in name_forms:
        for found in form.finditer(turn.text):
            if form is _SPELLED:
                yield PiiSpan(turn.index, found.start(), found.end(), PiiKind.NAME)
                continue
            if form is _TITLED and re.fullmatch(_COMPOUND, found.group(1) or found.group(2)):
                continue  # a surname alone
            group = next(number for number in range(1, form.groups + 1) if found.group(number) is not None)
            yield PiiSpan(turn.index, found.start(group), found.end(group), PiiKind.NAME)
    for found in _ADDRESS.finditer(turn.text):
        if _NOWHERE.search(found.group()):
            continue
        start = found.start()
        street = re.search(_STREET, found.group())
        region = re.search(_REGION, found.group())
        heads = [part.start() for part in (street, region) if part is not None]
        if heads:
            lead = _LEAD_IN.match(found.group()[: min(heads)])
            start += lead.end() if lead is not None else 0
        yield PiiSpan(turn.index, start, found.end(), PiiKind.ADDRESS)
