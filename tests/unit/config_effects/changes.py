"""For every setting a change that must be felt."""

from typing import Any

from tests.unit.config_effects.market import Files, changed, renamed

COMPANIES = "canonical/scopes/company_scopes.yaml"
MOLECULES = "canonical/scopes/molecule_scopes.yaml"
TRADEMARKS = "canonical/scopes/trademark_scopes.yaml"
TECHNOLOGY = "canonical/scopes/technology_scopes.yaml"
INDICATIONS = "canonical/scopes/indication_scopes.yaml"
EXCLUSIONS = "canonical/scopes/exclusion_scopes.yaml"
PROFILES = "canonical/ingestion_profiles.yaml"
MATCHING = "canonical/matching/domain_matching_rules.yaml"
STORIES = "canonical/matching/story_rules.yaml"
SCORING = "canonical/scoring/scoring_rules.yaml"
EVENTS = "canonical/events/event_types.yaml"
WORDS = "canonical/events/event_words.yaml"
CATALOG = "canonical/sources/source_catalog.yaml"
EXTRACTORS = "canonical/sources/html_extractors.yaml"
PRICES = "canonical/models/model_prices.yaml"
CLIENT = "clients/nightly.yaml"

Where = tuple[str | int, ...]
_CORE: Where = ("scopes", "slowlight", "categories", "core")
_ACRONYM: Where = (*_CORE, 1)
_SIGNALS: Where = ("profiles", "narrow", "signal_requirements")
_LIGHT: Where = (*_SIGNALS, "required_signal_groups", 0)
_SLOW: Where = ("technology_profiles", "slow")
_SELECTORS: Where = ("extractors", "glimmer_site", "selectors")
_SECTION: Where = ("newsletter_layout", "sections", 0)
_DOMAIN: Where = ("watch_domains", 0)
_EVENT: Where = ("event_types", "regulatory")
_SALES: Where = ("event_types", "product_performance")
_COMMON = ("glow", "lamp", "maker", "eveni", "week", "reade")
_SITE: Where = ("sources", 0)
_FEED: Where = ("sources", 1)

SETS: dict[str, tuple[str, Where, Any]] = {
    "Term.term": (TECHNOLOGY, (*_CORE, 0), "fast lantern"),
    "Term.case": (TECHNOLOGY, (*_ACRONYM, "case"), "ignore"),
    "Term.requires_any": (TECHNOLOGY, (*_ACRONYM, "requires_any"), ["unseen"]),
    "Term.excludes_any": (TECHNOLOGY, (*_ACRONYM, "excludes_any"), ["lamp"]),
    "Company.name": (COMPANIES, ("entities", 0, "name"), "Dimmerworks"),
    "Company.case": (COMPANIES, ("entities", 3, "case"), "ignore"),
    "Company.requires_any": (COMPANIES, ("entities", 3, "requires_any"), ["unseen"]),
    "Company.type": (COMPANIES, ("entities", 0, "type"), "hybrid"),
    "CompanyScopes.scopes": (COMPANIES, ("scopes", "makers"), ["lanternhouse"]),
    "Molecule.name": (MOLECULES, ("entities", 0, "name"), "dimmerin"),
    "Molecule.case": (MOLECULES, ("entities", 1, "case"), "ignore"),
    "Molecule.requires_any": (MOLECULES, ("entities", 1, "requires_any"), ["unseen"]),
    "MoleculeScopes.scopes": (MOLECULES, ("scopes", "substances"), ["wicksol"]),
    "MoleculeScopes.name_endings": (MOLECULES, ("name_endings",), ["merol"]),
    "Trademark.name": (TRADEMARKS, ("entities", 0, "name"), "SHORTLITE"),
    "Trademark.case": (TRADEMARKS, ("entities", 1, "case"), "ignore"),
    "Trademark.requires_any": (TRADEMARKS, ("entities", 1, "requires_any"), ["unseen"]),
    "Trademark.molecule_id": (TRADEMARKS, ("entities", 0, "molecule_id"), "wicksol"),
    "Trademark.company_id": (TRADEMARKS, ("entities", 0, "company_id"), "bigbulb"),
    "TrademarkScopes.scopes": (TRADEMARKS, ("scopes", "marks"), ["emberon"]),
    "TechnologyScope.profile": (TECHNOLOGY, ("scopes", "slowlight", "profile"), "deals"),
    "ExclusionScope.match_in": (EXCLUSIONS, ("scopes", "hiring", "match_in"), "text"),
    "IngestionProfile.source_types": (PROFILES, ("profiles", "narrow", "source_types"), ["pubmed"]),
    "IngestionProfile.minimum_text_length": (PROFILES, ("profiles", "narrow", "minimum_text_length"), 60),
    "SignalGroup.group_id": (PROFILES, (*_LIGHT, "group_id"), "glow"),
    "SignalGroup.scopes": (PROFILES, (*_LIGHT, "scopes"), ["slowlight.support"]),
    "SignalGroup.min_matches": (PROFILES, (*_LIGHT, "min_matches"), 2),
    "SignalGroup.weight": (PROFILES, (*_LIGHT, "weight"), 0),
    "SignalGroup.match_in": (PROFILES, (*_LIGHT, "match_in"), "title"),
    "SignalRequirements.mode": (PROFILES, ("profiles", "broad", "signal_requirements"), {"mode": "ingest_all"}),
    "SignalRequirements.exclusion_scopes": (PROFILES, (*_SIGNALS, "exclusion_scopes"), ["hiring"]),
    "SignalRequirements.combination_logic": (PROFILES, (*_SIGNALS, "combination_logic"), "light"),
    "SignalRequirements.rescue_logic": (PROFILES, (*_SIGNALS, "rescue_logic"), "NOT light"),
    "SignalRequirements.minimum_total_weight": (PROFILES, (*_SIGNALS, "minimum_total_weight"), 0.5),
    "MatchSignal.categories": (MATCHING, (*_SLOW, "signals", "core", "categories"), ["support"]),
    "MatchSignal.min_matches": (MATCHING, (*_SLOW, "signals", "core", "min_matches"), 2),
    "MatchClause.id": (MATCHING, (*_SLOW, "match", 0, "id"), "ruling"),
    "MatchClause.when": (MATCHING, (*_SLOW, "match", 0, "when"), "trademark AND NOT event_regulatory"),
    "MatchClause.confidence": (MATCHING, (*_SLOW, "match", 0, "confidence"), "low"),
    "DomainMatchingRules.domain_types": (MATCHING, ("domain_types", "regulatory"), "slow"),
    "StoryRules.news_days": (STORIES, ("news_days",), 0),
    "StoryRules.repost_days": (STORIES, ("repost_days",), 5),
    "StoryRules.repost_similarity": (STORIES, ("repost_similarity",), 100),
    "StoryRules.alike_similarity": (STORIES, ("alike_similarity",), 100),
    "StoryRules.related_similarity": (STORIES, ("related_similarity",), 100),
    "StoryRules.party_steps": (STORIES, ("party_steps",), []),
    "ScoringRules.event_type_weights": (SCORING, ("event_type_weights", "regulatory"), 9),
    "ScoringRules.domain_priority_weights": (SCORING, ("domain_priority_weights", "high"), 5),
    "ScoringRules.match_confidence_weights": (SCORING, ("match_confidence_weights", "high"), 5),
    "ScoringRules.source_type_weights": (SCORING, ("source_type_weights", "press_sector"), 5),
    "ScoringRules.recency_weight": (SCORING, ("recency_weight",), 5),
    "ScoringRules.recency_decay_half_life_days": (SCORING, ("recency_decay_half_life_days",), 2),
    "ScoringRules.signal_depth_bonus": (SCORING, ("signal_depth_bonus",), 2),
    "ScoringRules.signal_depth_max": (SCORING, ("signal_depth_max",), 0),
    "ScoringRules.signal_quality_weights": (SCORING, ("signal_quality_weights", "core"), 7),
    "ScoringRules.pure_player_bonus": (SCORING, ("pure_player_bonus",), 7),
    "ScoringRules.hybrid_company_bonus": (SCORING, ("hybrid_company_bonus",), 7),
    "ScoringRules.trademark_bonus": (SCORING, ("trademark_bonus",), 7),
    "ScoringRules.molecule_bonus": (SCORING, ("molecule_bonus",), 7),
    "ScoringRules.technology_bonus": (SCORING, ("technology_bonus",), 7),
    "ScoringRules.regulatory_trademark_bonus": (SCORING, ("regulatory_trademark_bonus",), 7),
    "ScoringRules.contextual_penalties": (SCORING, ("contextual_penalties", "hiring"), -1),
    "ScoringRules.min_score": (SCORING, ("min_score",), 14),
    "ScoringRules.fill_min_score": (SCORING, ("fill_min_score",), 9.5),
    "EventType.label": (EVENTS, (*_SALES, "label"), "Sales of today"),
    "EventType.translations": (EVENTS, (*_SALES, "translations"), {"fr": "Ventes du jour"}),
    "EventType.description": (EVENTS, (*_EVENT, "description"), "another description"),
    "EventType.newsworthy": (EVENTS, (*_EVENT, "newsworthy"), False),
    "EventType.priority": (EVENTS, ("event_types", "partnership", "priority"), 20),
    "EventWords.texts": (WORDS, ("texts", "recruitment"), 10**18),
    "EventWords.words": (WORDS, ("words",), {word: {"recruitment": 3} for word in _COMMON}),
    "Source.name": (CATALOG, (*_SITE, "name"), "Glimmer Bulletin"),
    "Source.company_id": (CATALOG, (*_SITE, "company_id"), "bigbulb"),
    "Source.url": (CATALOG, (*_SITE, "url"), "https://glimmer.example.org/other"),
    "Source.ingestion_mode": (CATALOG, (*_FEED, "ingestion_mode"), "html"),
    "Source.enabled": (CATALOG, (*_SITE, "enabled"), False),
    "Source.source_type": (CATALOG, (*_SITE, "source_type"), "press_sector"),
    "Source.default_language": (CATALOG, (*_SITE, "default_language"), "fr"),
    "Source.timezone": (CATALOG, (*_FEED, "timezone"), "UTC"),
    "Source.ingestion_profile": (CATALOG, (*_FEED, "ingestion_profile"), "broad"),
    "Source.content_enrichment": (CATALOG, (*_SITE, "content_enrichment"), False),
    "Source.max_items": (CATALOG, (*_SITE, "max_items"), 1),
    "Source.query": (CATALOG, ("sources", 2, "query"), "fast lantern"),
    "Bouquet.bouquet_id": (CATALOG, ("bouquets", 0, "bouquet_id"), "others"),
    "Bouquet.source_keys": (CATALOG, ("bouquets", 0, "source_keys"), ["glimmer_site"]),
    "Selectors.container": (EXTRACTORS, (*_SELECTORS, "container"), "body"),
    "Selectors.item": (EXTRACTORS, (*_SELECTORS, "item"), "div.it b"),
    "Selectors.title": (EXTRACTORS, (*_SELECTORS, "title"), "h3"),
    "Selectors.url": (EXTRACTORS, (*_SELECTORS, "url"), "a:not(.u)"),
    "Selectors.date": (EXTRACTORS, (*_SELECTORS, "date"), "time"),
    "Selectors.description": (EXTRACTORS, (*_SELECTORS, "description"), "p"),
    "Selectors.next_page": (EXTRACTORS, (*_SELECTORS, "next_page"), "a.nowhere"),
    "HtmlExtractor.date_format": (EXTRACTORS, ("extractors", "glimmer_site", "date_format"), "%m.%d.%Y"),
    "HtmlExtractor.max_pages": (EXTRACTORS, ("extractors", "glimmer_site", "max_pages"), 1),
    "ModelPrice.input_per_million": (PRICES, ("prices", "test-model", "input_per_million"), 9),
    "ModelPrice.output_per_million": (PRICES, ("prices", "test-model", "output_per_million"), 99),
    "ClientProfile.name": (CLIENT, ("client_profile", "name"), "Another Glow"),
    "ClientProfile.language": (CLIENT, ("client_profile", "language"), "fr"),
    "ClientProfile.tone": (CLIENT, ("client_profile", "tone"), "playful"),
    "ClientProfile.voice": (CLIENT, ("client_profile", "voice"), "long"),
    "ClientProfile.timezone": (CLIENT, ("client_profile", "timezone"), "UTC"),
    "Pipeline.default_period_days": (CLIENT, ("pipeline", "default_period_days"), 30),
    "Pipeline.on_model_failure": (CLIENT, ("pipeline", "on_model_failure"), "rules"),
    "Pipeline.normalizer": (CLIENT, ("pipeline", "normalizer"), "rules"),
    "Schedule.collect": (CLIENT, ("schedule", "collect"), "rate(1 hour)"),
    "Schedule.edition": (CLIENT, ("schedule", "edition"), "rate(1 day)"),
    "WatchDomain.type": (CLIENT, (*_DOMAIN, "type"), "regulatory"),
    "WatchDomain.priority": (CLIENT, (*_DOMAIN, "priority"), "low"),
    "WatchDomain.enabled": (CLIENT, (*_DOMAIN, "enabled"), False),
    "WatchDomain.technology_scope": (CLIENT, (*_DOMAIN, "technology_scope"), None),
    "WatchDomain.company_scope": (CLIENT, (*_DOMAIN, "company_scope"), "core"),
    "WatchDomain.molecule_scope": (CLIENT, (*_DOMAIN, "molecule_scope"), None),
    "WatchDomain.trademark_scope": (CLIENT, (*_DOMAIN, "trademark_scope"), None),
    "WatchDomain.indication_scope": (CLIENT, (*_DOMAIN, "indication_scope"), None),
    "WatchDomain.technology_profile": (CLIENT, (*_DOMAIN, "technology_profile"), "deals"),
    "SourceConfig.source_bouquets_enabled": (CLIENT, ("source_config",), {"sources_extra_enabled": ["papers"]}),
    "SourceConfig.sources_extra_enabled": (CLIENT, ("source_config", "sources_extra_enabled"), ["foreign_wire"]),
    "SourceConfig.ingestion_profile_overrides": (
        CLIENT, ("source_config", "ingestion_profile_overrides"), {"night_post": "broad"},
    ),
    "ScoringConfig.event_type_weight_overrides": (
        CLIENT, ("scoring_config", "event_type_weight_overrides"), {"regulatory": 1},
    ),
    "ScoringConfig.min_score": (CLIENT, ("scoring_config", "min_score"), 14),
    "ScoringConfig.fill_min_score": (CLIENT, ("scoring_config", "fill_min_score"), 9.5),
    "SectionConfig.title": (CLIENT, (*_SECTION, "title"), "Decisions"),
    "SectionConfig.filter_event_types": (CLIENT, (*_SECTION, "filter_event_types"), ["partnership"]),
    "SectionConfig.source_domains": (CLIENT, (*_SECTION, "source_domains"), ["rules"]),
    "SectionConfig.max_items": (CLIENT, (*_SECTION, "max_items"), 1),
    "SectionConfig.sort_by": (CLIENT, ("newsletter_layout", "sections", 1, "sort_by"), "date_desc"),
    "Selection.max_items_total": (CLIENT, ("selection", "max_items_total"), 1),
    "Selection.thin_below": (CLIENT, ("selection", "thin_below"), 0),
    "NewsletterDelivery.mode": (CLIENT, ("newsletter_delivery", "mode"), "review"),
    "NewsletterDelivery.recipients": (CLIENT, ("newsletter_delivery", "recipients"), ["bob@example.org"]),
    "NewsletterDelivery.reviewers": (CLIENT, ("newsletter_delivery", "reviewers"), ["boss@example.org"]),
    "NewsletterDelivery.from_address": (CLIENT, ("newsletter_delivery", "from_address"), "other@example.org"),
    "NewsletterDelivery.reply_to": (CLIENT, ("newsletter_delivery", "reply_to"), "other@example.org"),
    "NewsletterDelivery.include_intro": (CLIENT, ("newsletter_delivery", "include_intro"), False),
    "NewsletterDelivery.include_tldr": (CLIENT, ("newsletter_delivery", "include_tldr"), False),
    "NewsletterDelivery.quiet_week": (CLIENT, ("newsletter_delivery", "quiet_week"), "skip"),
    "Budget.monthly_usd": (CLIENT, ("budget", "monthly_usd"), 100),
    "Budget.on_exceeded": (CLIENT, ("budget", "on_exceeded"), "stop"),
}  # fmt: skip

LISTS: dict[str, tuple[str, Where, Any]] = {
    "Company.aliases": (COMPANIES, ("entities", 1, "aliases"), []),
    "Molecule.aliases": (MOLECULES, ("entities", 0, "aliases"), ["quiet evening"]),
    "Trademark.aliases": (TRADEMARKS, ("entities", 0, "aliases"), []),
    "TechnologyScope.categories": (TECHNOLOGY, ("scopes", "slowlight", "categories", "support"), []),
    "IndicationScopes.scopes": (INDICATIONS, ("scopes", "darkness"), []),
    "ExclusionScope.terms": (EXCLUSIONS, ("scopes", "hiring", "terms"), ["unseen"]),
    "SignalRequirements.required_signal_groups": (PROFILES, (*_SIGNALS, "required_signal_groups", 1, "scopes"), []),
    "TechnologyProfile.match": (MATCHING, (*_SLOW, "match"), [{"id": "none", "when": "hybrid AND NOT hybrid"}]),
    "TechnologyProfile.reject_if": (MATCHING, (*_SLOW, "reject_if"), []),
    "EventType.title_patterns": (EVENTS, (*_EVENT, "title_patterns"), []),
    "EventType.body_patterns": (EVENTS, (*_EVENT, "body_patterns"), ["lamp"]),
    "EventType.telltale_patterns": (EVENTS, (*_EVENT, "telltale_patterns"), ["lamp"]),
    "EventType.negative_patterns": (EVENTS, (*_EVENT, "negative_patterns"), ["winter"]),
    "StoryRules.plain": (STORIES, ("plain",), ["carefully", "cheerily"]),
    "StoryRules.steps": (STORIES, ("steps",), {"deal": []}),
    "StoryRules.facets": (STORIES, ("facets",), {"season": {"winter": ["hills"], "summer": ["hill"]}}),
    "HtmlExtractors.link_only_titles": (EXTRACTORS, ("link_only_titles",), ["Fetch lamp"]),
}
"""Lists of terms, groups and clauses: what they hold is walked as well, but the place of the list may be unread."""

RENAMES: dict[str, tuple[str, str]] = {
    "Company.id": ("glimmerworks", "glowworks"),
    "Molecule.id": ("phosphorin", "phosphorine"),
    "Trademark.id": ("longlite", "long-lite"),
    "Source.source_key": ("glimmer_site", "glow_site"),
    "ClientProfile.client_id": ("nightly", "daily"),
    "WatchDomain.id": ("tech", "technique"),
    "SectionConfig.id": ("rulings", "decisions"),
}

REFUSED = {"Bouquet.bouquet_id", "SignalGroup.group_id", "IngestionProfile.source_types"}
"""References: to change one side alone makes the tree invalid, and it is refused."""


def apply(setting: str, files: Files) -> Files:
    """The files with `setting` changed. Raises KeyError for a setting without a change."""
    if setting in RENAMES:
        return renamed(files, *RENAMES[setting])
    path, where, value = (SETS | LISTS)[setting]
    return changed(files, path, where, value)
