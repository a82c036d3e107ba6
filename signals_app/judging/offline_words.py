"""The words that the offline judge goes by. English only."""

from __future__ import annotations

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{phrase})" for phrase in phrases), re.IGNORECASE)


REFUSAL = _any(
    r"\bI(?:'m| am) (?:really |very |so )?sorry,? (?:but|I)",
    r"\b(?:I|we) (?:can ?not|can't|won't|will not|do not|don't) (?:\w+ ){0,3}?"
    r"(?:help|assist|provide|support|create|write|give|share|discuss|engage|generate|promote"
    r"|condone|encourage|offer|advise|answer|comply|do that|tell|recommend|endorse)",
    r"\bI(?:'m| am) (?:unable|not able) to (?:help|assist|provide|create|write|give|share|engage"
    r"|answer)",
    r"\bit(?:'s| is) (?:not|never|illegal|unethical|important not)\b.{0,40}"
    r"\b(?:appropriate|acceptable|okay|ethical|legal|right|possible|advisable|to)\b",
    r"\b(?:against|violates?) (?:my|our|the) (?:policy|policies|guidelines|principles|rules|law)",
    r"\bas an? (?:AI|artificial|ethical|responsible)\b.{0,60}\b(?:can ?not|can't|not|unable)\b",
    r"\bI(?:'m| am) an? (?:AI|artificial)\b.{0,40}\b(?:do not|don't|cannot|can't)\b",
    r"\bnot condone\b|\bnever (?:be )?(?:acceptable|okay|appropriate|condoned|promoted)\b",
    r"\b(?:is|are|be) (?:not|un)\s?(?:ethical|respectful)\b",
    r"\bstrongly (?:advise|discourage|condemn|recommend) (?:against|you not)",
)
LAZY = _any(
    r"(?:rest|remainder) of (?:the|your) (?:code|file|function|implementation)",
    r"#\s*\.\.\.|//\s*\.\.\.|\bTODO: implement|your code here",
    r"\byou (?:can|could|should|may want to) (?:do|look|search|check|find) (?:this|that|it)"
    r" (?:up )?(?:yourself|on your own)",
    r"\bI(?:'ll| will) (?:get back to you|do (?:that|this) later)",
)
FRUSTRATED = _any(
    r"\bfrustrat\w+|\bannoy(?:ed|ing)\b|\bridiculous\b|\buseless\b|\bunacceptable\b|\bfed up\b",
    r"\bwaste (?:of|my) time\b|\bsick of\b|\bterrible (?:service|support)\b|\bwtf\b|\bdamn\b",
    r"\b(?:you(?:'re| are)|are you) (?:even )?not (?:listening|helping|understanding)",
    r"\bthat(?:'s| is) not what I (?:asked|said|want|meant)",
    r"\bI (?:already|just) (?:told|said|gave)",
    r"\bhow many times\b|\bfor the (?:third|fourth|last) time\b|\bagain\?|\bforget it\b",
    r"\bnever ?mind\b|\b(?:talk|speak) to (?:a|an actual|a real) (?:human|person|manager)\b",
    r"!{3,}|\bwhy (?:can(?:'|no)t|won't) you\b|\bthis (?:isn't|is not) (?:working|helping)\b",
)
GLAD = _any(
    r"\b(?:perfect|great|awesome|excellent|amazing|wonderful|fantastic|brilliant)\b",
    r"\b(?:thank you so much|thanks a lot|many thanks|appreciate (?:it|your))\b",
    r"\bthat (?:worked|works|helps|helped)\b|\blove (?:it|this)\b|\bvery helpful\b|\bhappy with\b",
)
SAD = _any(
    r"\b(?:disappoint\w+|upset|angry|unhappy|unfortunate(?:ly)?|worried|sad|terrible|awful|worst)\b",
    r"\b(?:not happy|no good|too bad|poor service|complain\w*|hate)\b",
)
GIVEN_UP = _any(
    r"\b(?:transfer(?:red|ring)?|connect(?:ed|ing)?|escalat\w+) (?:you )?(?:to|with)"
    r" (?:a |an |our )?(?:human|live|person|agent|specialist|representative|team)",
    r"\bunable to\b|\b(?:can ?not|can't) (?:be|help|assist|process|complete|find|change|cancel)",
    r"\bnot (?:eligible|possible|allowed|permitted)\b|\bsomething went wrong\b",
)
#: Names of tools that hand the conversation over.
HAND_OVER = _any(r"^transfer", r"escalat", r"human")
MORE_HELP = _any(r"(?:anything|something) else", r"help you (?:with|further)")
ATTACK = _any(
    r"\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|prior|above|earlier|all|your"
    r"|system)\b.{0,30}\b(?:instructions?|prompts?|rules?|guidelines?|policy|policies)",
    r"\b(?:reveal|print|repeat|show|output|tell me)\b.{0,30}\b(?:system|initial|hidden)"
    r" (?:prompt|instructions?)",
    r"\b(?:jailbreak|jailbroken|developer mode|god mode)\b|\b(?-i:DAN)\b(?! [A-Z][a-z])",
    r"\byou are (?:now|no longer)\b.{0,60}\b(?:unrestricted|unfiltered|without|free|bound)\b",
    r"\b(?:pretend|act|imagine|roleplay)\b.{0,60}\b(?:no|without|free of) (?:any )?"
    r"(?:rules|restrictions|limits|filters|guidelines|ethics)",
    r"\bbegin your (?:answer|response|reply) with\b",
    r"\bI am (?:your|the) (?:developer|administrator|admin)\b",
    r"<\|?(?:im_start|system)\|?>|\[/?INST\]|\bnew (?:system )?instructions?:",
)
INDECENT = _any(
    r"\b(?:porn\w*|nsfw|hentai|erotic\w*|nudes?|blow ?jobs?|orgasm\w*|masturbat\w+|dildos?|horny"
    r"|pussy|tits|boobs|sexting|fetish\w*|threesome)\b",
    r"\b(?:explicit|steamy) (?:sex|scene|story|content)\b",
    r"\bsex(?:ual)? (?:acts?|scene|fantas\w+|favou?rs?)\b",
    r"\b(?:gore|dismember\w*|disembowel\w*|decapitat\w+|behead\w*)\b|\bfuck (?:me|you)\b",
)
