"""Orders to the reading software inside a text: they stand in the source, and are no fact to tell a reader."""

import re
from itertools import pairwise

from shared.grounding.sentences import sentence_spans

_READERS = (
    r"(?:automated|machine|artificial|AI|LLM|digital)[ -](?:readers?|systems?|assistants?|summari[sz]ers?|agents?|"
    r"classifiers?|models?|tools?|software|reviewers?|crawlers?)"
)
_VERBS = (
    r"(?:must|should|shall|please|ignore|disregard|report|set|classify|include|add|treat|mark|label|tag|print|keep|output"
    r"|answer|respond|return|write|rate|score)"
)
_FIELDS = r"(?:keep|relevance|event[ _]type|score|priority|category|confidence|role)"
_ASKED = r"(?:must|should|shall|please|(?:are|is) (?:asked|instructed|told|required) to)"
_ADDRESSED = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass) (?:(?:all|any|every|the|your|these|of|previous|prior|earlier|above"
    r"|preceding|existing|system|other) ){1,5}(?:instructions?|prompts?|guidelines|filters?)\b"
    r"|\b(?:ignore|disregard|forget) (?:all|any|every|your|these) (?:\w+ ){0,2}rules\b"
    r"|\b(?:ignore|disregard|forget) (?:everything |all of the |all the |the )?(?:\w+ )?above\b"
    rf"|\b{_READERS}\b.{{0,60}}\b{_ASKED}\b.{{0,30}}\b{_VERBS}\b|\b{_READERS}\s*[:,].{{0,120}}\b{_VERBS}\b"
    rf"|\b(?:note|message|instructions?|attention|notice) (?:to|for) (?:the |all |any )?(?:AI|LLM|bots?|assistants?|"
    r"summari[sz]ers?|classifiers?|crawlers?|language models?|models?|systems?)\b"
    r"|\b(?:hinweis|anweisung|nachricht|note|message|consigne|nota|mensaje|aviso|avviso|messaggio|meddelande|besked|bericht)"
    r" (?:an|à|aux|pour|a|para|ai|per|till|til|aan) (?:die |alle |les |las? |los |i |de )?(?:KI|IA|AI|LLM)\b"
    rf"|^\W*(?:output|return|emit|respond with|answer with) (?:the )?{_FIELDS}\b"
    rf"|^\W*(?:assistant|system|AI|LLM|bot|classifier|model)\s*[,:].{{0,120}}\b{_VERBS}\b"
    rf"|\bsystem prompt\b|\blanguage models?\b.{{0,60}}\b{_ASKED}\b.{{0,30}}\b{_VERBS}\b"
    r"|\b(?:set|change|mark|classify|label|tag|rate) (?:the|this) (?:event type|item|article|story|news|text|page)\b"
    rf"|\b(?:set|assign|change) (?:the |its )?{_FIELDS}\b.{{0,12}}\b(?:to|as|=|true|false)\b"
    r"|\b(?:keep|relevance|event[ _]type)\s?[=:]\s?(?:true|false|\d+|[a-z_]+)\b"
    r"|\b(?:this|the) (?:item|article|text|page) (?:must|should) be "
    r"(?:kept|classified|printed|included|marked|dropped)\b"
    r"|\badd .{1,80} to (?:the |your )?(?:entities|list of (?:entities|companies)|output|answer)\b"
    r"|\b"
    r"(?:ignore[rz]|oublie[rz]|ignorier(?:e|en|t)|vergiss|ignora[rd]?|ignorare|olvida|dimentica|negeer)\b"
    r".{0,40}\b(?:instructions?|consignes|r[èe]gles|anweisungen|regeln|vorgaben|instrucciones|reglas|istruzioni|regole"
    r"|instruktioner|regler|instructies)\b"
    r"|(?:指示|命令|ルール|プロンプト).{0,8}(?:無視|忘れ)|(?:지시|명령|규칙|프롬프트).{0,8}무시|(?:忽略|无视|忽視).{0,12}(?:指令|指示|规则)",
    re.IGNORECASE,
)


_RULER = re.compile(r"[#=*~_<>|-]{3,}")
"""What a text puts around something that is not its own."""


def addresses_software(sentence: str) -> bool:
    """Whether a sentence gives orders to whoever processes it."""
    return bool(_ADDRESSED.search(sentence))


def without_orders(text: str) -> str:
    """`text` with spaces in place of each sentence that addresses software; offsets stay."""
    if not _ADDRESSED.search(text):
        return text
    for start, end in _pieces(text):
        if addresses_software(text[start:end]):
            text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def _pieces(text: str) -> list[tuple[int, int]]:
    """Where the sentences of `text` are, those apart that a ruler parts."""
    pieces = []
    for start, end in sentence_spans(text):
        places = [start, *(ruler.start() for ruler in _RULER.finditer(text, start, end)), end]
        pieces += list(pairwise(places))
    return pieces
