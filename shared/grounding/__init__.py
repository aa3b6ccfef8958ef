"""Grounding: whether what a text claims stands in its source (the owner's rule: nothing printed that is not there).

`Source` holds the source text; `sentence_findings` lists what of a sentence it does not support; `find` locates a
name, `quote` a passage. Pure functions without configuration.
"""

from shared.grounding.check import Finding, FindingKind, Vocabulary, figure_findings, sentence_findings
from shared.grounding.sentences import split_sentences
from shared.grounding.source import Mention, Source

__all__ = [
    "Finding",
    "FindingKind",
    "Mention",
    "Source",
    "Vocabulary",
    "figure_findings",
    "sentence_findings",
    "split_sentences",
]
