"""Every setting of the predecessor: what it is called now, or why nothing reads it.

A row is a path (`*` matches any name or position within one part; a row covers what lies below it) and either the
present name or a reason. A path that no row covers is unknown to both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from cli.legacy.files import VOCABULARY_KINDS, LegacyFile, LegacyTree, Where
from cli.legacy.finding import Finding
from shared.config.naming import closest


@dataclass(frozen=True)
class Setting:
    """One row. `now` is the present field; empty when nothing reads the setting, and then `why` says so."""

    path: str
    now: str = ""
    why: str = ""

    def covers(self, where: Where) -> bool:
        """Whether the row is about the value at `where` or about something above it."""
        parts = self.path.split("/")
        return len(where) >= len(parts) and all(fnmatchcase(str(w), p) for w, p in zip(where, parts, strict=False))


def _kept(path: str, now: str = "") -> Setting:
    return Setting(path, now or path.rpartition("/")[2])


def _unread(path: str, why: str) -> Setting:
    return Setting(path, why=why)


_DOCUMENTATION = "documentation of the file itself: version control and comments say it"

SETTINGS: dict[str, tuple[Setting, ...]] = {
    "ingestion_profiles": (
        _kept("profiles/*/description"),
        _kept("profiles/*/rationale"),
        _kept("profiles/*/signal_requirements/mode"),
        _kept("profiles/*/signal_requirements/exclusion_scopes"),
        _kept("profiles/*/signal_requirements/required_signal_groups/*/group_id"),
        _kept("profiles/*/signal_requirements/required_signal_groups/*/description"),
        _kept("profiles/*/signal_requirements/required_signal_groups/*/scopes"),
        _kept("profiles/*/signal_requirements/required_signal_groups/*/min_matches"),
        _kept("profiles/*/signal_requirements/required_signal_groups/*/weight"),
        _kept("profiles/*/signal_requirements/combination_logic"),
        _kept("profiles/*/signal_requirements/minimum_total_weight"),
        _kept("profiles/*/applicable_contexts/source_types", "source_types"),
        _kept("metadata/global_config/minimum_text_length", "profiles.*.minimum_text_length"),
        _unread("profiles/*/signal_requirements/*_requirements", "it names conditions that no signal group defines"),
        _unread("profiles/*/strategy", "mode already says how a profile decides"),
        _unread("profiles/*/applicable_contexts/company_scopes", "a source names its profile; no scope chooses it"),
        _unread("profiles/*/applicable_contexts/domains", "ingestion decides before any domain is known"),
        _unread("profiles/*/runtime_config", "finding a term is certain, so that no threshold applies; in doubt a "
                "profile drops"),
        _unread("metadata/strategy_implementations", "mode already says how a profile decides"),
        _unread("metadata/global_config/signal_detection_method", "there is one way to find terms"),
        _unread("metadata/global_config/case_sensitive", "case is a rule of the single term"),
        _unread("metadata/global_config/partial_matching", "terms match whole words only"),
        _unread("metadata/referenced_scopes", "a second list of what the profiles name; the check follows references"),
        _unread("metadata/*", _DOCUMENTATION),
    ),
    "scoring_rules": (
        _kept("event_type_weights/*"),
        _kept("domain_priority_weights/*"),
        _kept("contextual_penalties/*"),
        _kept("other_factors/recency_decay_half_life_days", "recency_decay_half_life_days"),
        _kept("other_factors/signal_depth_bonus", "signal_depth_bonus"),
        _kept("other_factors/source_type_weight_corporate", "source_type_weights.press_corporate"),
        _kept("other_factors/source_type_weight_sector", "source_type_weights.press_sector"),
        _kept("other_factors/pure_player_bonus", "pure_player_bonus"),
        _kept("other_factors/hybrid_company_bonus", "hybrid_company_bonus"),
        _kept("other_factors/technology_bonus", "technology_bonus"),
        _kept("other_factors/molecule_bonus", "molecule_bonus"),
        _kept("other_factors/trademark_bonus", "trademark_bonus"),
        _kept("other_factors/signal_quality_weight_*", "signal_quality_weights.*"),
        _kept("selection_thresholds/min_score", "min_score"),
        _unread("other_factors/source_type_weight_*", "no source has this type"),
        _unread("other_factors/match_confidence_multiplier_*", "a score is a sum: match_confidence_weights are added, "
                "and no factor can be turned into an addend"),
        _unread("other_factors/*_scope", "a company carries its type (pure_player, hybrid) itself"),
        _unread("other_factors/competitor_company_bonus", "no list says who competes with a client"),
        _unread("other_factors/key_molecule_bonus", "molecule_bonus already rewards the same signal"),
        _unread("other_factors/pure_player_context_bonus", "nothing defines when the context holds"),
        _unread("other_factors/regulatory_bonus", "regulatory_trademark_bonus asks for a trademark besides"),
        _unread("other_factors/no_*_penalty", "an item that matches no domain is never scored"),
        _unread("other_factors/negative_term_penalty", "negative terms reject a match instead of lowering its score"),
        _unread("other_factors/*_penalty", "penalties belong to exclusion scopes: contextual_penalties"),
        _unread("contextual_scoring", "the company's type, its bonus and the match clauses decide"),
        _unread("contextual_bonuses", "event_type_weights and the entity bonuses say it once"),
        _unread("recency_bonuses", "recency is one half-life for all"),
        _unread("selection_thresholds/min_items_per_section", "it fills sections with items below the threshold; "
                "fill_min_score fills a thin issue, from core players only"),
    ),
    "domain_matching_rules": (
        _kept("technology_profiles/*/description"),
        _kept("technology_profiles/*/signal_requirements/*/categories"),
        _kept("technology_profiles/*/signal_requirements/*/min_matches"),
        _kept("technology_profiles/*/signal_requirements/*/action", "reject_if"),
        _kept("technology_profiles/*/entity_requirements/company_scope_modifiers/*_scopes", "the companies' type"),
        _kept("technology_profiles/*/combination_logic", "match, reject_if"),
        _kept("*/match_mode", "match"),
        _kept("*/dimensions", "match"),
        _kept("*/description", "description"),
        _unread("technology_profiles/*/signal_requirements/*/weight", "signal_quality_weights say it"),
        _unread("technology_profiles/*/signal_requirements/excluded_categories", "a signal lists what counts"),
        _unread("technology_profiles/*/entity_requirements/company_scope_modifiers/*_rule", "it names a rule that "
                "nothing defines"),
        _unread("technology_profiles/*/entity_requirements/*", "match clauses say which entities are needed"),
        _unread("*/pattern_matching", "patterns of whole texts have no scope; write regex: terms in a category"),
    ),
    "event_type_definitions": (_kept("*/description"),),
    "event_type_patterns": (
        _kept("event_types/*/label"),
        _kept("event_types/*/description"),
        _kept("event_types/*/title_keywords", "title_patterns"),
        _kept("event_types/*/body_keywords", "body_patterns"),
        _kept("event_types/*/negative_keywords", "negative_patterns"),
        _unread("event_types/*/typical_sources", "the type follows from the text, whoever publishes it"),
    ),
    "source_catalog": (
        *(_kept(f"sources/*/{name}") for name in (
            "source_key", "company_id", "homepage_url", "ingestion_mode", "enabled", "source_type",
            "default_language", "tags", "ingestion_profile", "notes")),
        _kept("sources/*/url"),
        _kept("sources/*/rss_url", "url"),
        _kept("sources/*/html_url", "url"),
        _kept("bouquets/*/bouquet_id"),
        _kept("bouquets/*/description"),
        _kept("bouquets/*/source_keys"),
        _unread("sources/*/vertical_tags", "bouquets and clients choose sources; notes go into tags"),
    ),
    "html_extractors": (
        _kept("extractors/*/description"),
        _kept("extractors/*/selectors"),
        _kept("extractors/*/date_format"),
        _kept("extractors/*/max_items", "max_items of the source"),
        _unread("extractors/*/base_url", "links are resolved against the page that was read"),
        _unread("extractors/*/ssl_verify", "certificates are always verified"),
        _unread("extractors/*/notes", "description is the field for it"),
        _unread("global_settings/extraction_timeout", "time limits belong to the service's settings"),
        _unread("global_settings/default_max_items", "max_items of a source has its own default"),
        _unread("global_settings/default_date_patterns", "the generic reader knows the usual forms of dates"),
        _unread("global_settings/fallback_selectors", "the generic reader is the fallback"),
    ),
    "client": (
        *(_kept(f"client_profile/{name}") for name in ("name", "client_id", "language", "tone", "voice")),
        _kept("pipeline/default_period_days"),
        _kept("pipeline/notes", "notes"),
        *(_kept(f"watch_domains/*/{name}") for name in (
            "id", "type", "priority", "enabled", "technology_scope", "company_scope", "molecule_scope",
            "trademark_scope", "indication_scope", "technology_profile", "notes")),
        _kept("source_config/source_bouquets_enabled"),
        _kept("source_config/sources_extra_enabled"),
        _kept("scoring_config/event_type_weight_overrides"),
        _kept("scoring_config/selection_overrides/min_score", "scoring_config.min_score"),
        _kept("scoring_config/selection_overrides/max_items_total", "selection.max_items_total"),
        *(_kept(f"newsletter_layout/sections/*/{name}") for name in (
            "id", "title", "source_domains", "max_items", "filter_event_types", "sort_by")),
        _kept("newsletter_delivery/include_tldr"),
        _kept("newsletter_delivery/include_intro"),
        _kept("newsletter_delivery/notification_email", "newsletter_delivery.recipients"),
        _unread("client_profile/frequency", "schedule.edition says when"),
        _unread("client_profile/target_audience", "tone and voice say how to write"),
        _unread("watch_domains/*/matching_profile", "technology_profile says how a domain matches"),
        _unread("source_config/bouquet_ingestion_overrides", "overrides are per source: ingestion_profile_overrides"),
        _unread("ingestion_overrides", "profiles are canonical; a client chooses one per source"),
        _unread("matching_config", "technology_profile of a domain says how it matches, match clauses what counts"),
        _unread("scoring_config/client_specific_bonuses", "bonuses are canonical: pure_player_bonus, trademark_bonus, "
                "molecule_bonus, hybrid_company_bonus"),
        _unread("scoring_config/selection_overrides/min_items_per_section", "it fills sections with items below the "
                "threshold; fill_min_score fills a thin issue, from core players only"),
        _unread("newsletter_layout/sections/*/filter_domains", "source_domains says the same"),
        _unread("newsletter_delivery/format", "every edition is written in all formats"),
        _unread("newsletter_delivery/include_metrics", "the closing line always says what was covered"),
        _unread("newsletter_delivery/metrics_config", "the closing line always says what was covered"),
        _unread("newsletter_delivery/delivery_method", "editions are always stored, and mailed to the recipients"),
        _unread("metadata", _DOCUMENTATION),
    ),
    "prompts": (_unread("*", "prompts are built from event types and scopes, so that they cannot disagree with them"),),
}  # fmt: skip
"""Settings by kind of file; the first row that covers a path decides."""


def setting_findings(tree: LegacyTree) -> Iterator[Finding]:
    """Settings that nothing reads, once a file and row (with the number of places), and settings nobody knows."""
    for file in tree.files:
        if file.kind in SETTINGS and isinstance(file.value, dict):
            yield from _of_file(file, SETTINGS[file.kind])
        elif file.kind in VOCABULARY_KINDS and isinstance(file.value, dict):
            yield from _scalars(file)


def _of_file(file: LegacyFile, rows: tuple[Setting, ...]) -> Iterator[Finding]:
    unread: dict[tuple[Setting, Where], int] = {}
    for where in _leaves(file.value, ()):
        row = next((row for row in rows if row.covers(where)), None)
        if row is None:
            yield file.finding(where, f"nothing reads {_shown(where)}: it is not a known setting", _near(where, rows))
        elif not row.now:
            top = where[: row.path.count("/") + 1]
            unread.setdefault((row, top), 0)
    yield from _grouped(file, list(unread))


def _grouped(file: LegacyFile, unread: list[tuple[Setting, Where]]) -> Iterator[Finding]:
    for row in dict.fromkeys(row for row, _ in unread):
        places = sorted((file.line(where), where) for found, where in unread if found is row)
        if "*" in row.path.rpartition("/")[2]:
            yield from (file.finding(w, f"nothing reads {_shown(w)}: {row.why}", "remove it") for _, w in places)
            continue
        more = f" ({len(places)} places, this is the first)" if len(places) > 1 else ""
        yield file.finding(places[0][1], f"nothing reads {_shown(places[0][1])}{more}: {row.why}", "remove it")


def _leaves(value: Any, where: Where) -> Iterator[Where]:
    """The way to every plain value and every empty collection."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*where, key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*where, index))
    elif where:
        yield where


def _scalars(file: LegacyFile) -> Iterator[Finding]:
    for where in _leaves(file.value, ()):
        value: Any = file.value
        for part in where:
            value = value[part]
        known = len(where) == 3 and where[1:] in ((("_metadata"), "profile"), ("_metadata", "description"))
        if not isinstance(value, list | dict) and not known:
            yield file.finding(where, f"nothing reads {_shown(where)}: scopes are lists of terms", "remove it")


def _shown(where: Where) -> str:
    return ".".join(str(part) for part in where)


def _near(where: Where, rows: tuple[Setting, ...]) -> str:
    names = {name for row in rows for name in row.path.split("/") if "*" not in name}
    return closest(str(where[-1]), names)
