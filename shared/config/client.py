"""clients/{client_id}.yaml"""

from typing import Literal

from pydantic import Field

from shared.config.terms import Note
from shared.contracts.base import Contract, Language


class ClientProfile(Contract):
    """Who the newsletter is for."""

    client_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    name: str
    language: Language = "en"
    tone: str = "executive"
    voice: str = "concise"
    timezone: str = "UTC"


class Pipeline(Contract):
    """`default_period_days` is used when neither event nor a sent edition says where a window starts."""

    default_period_days: int = Field(default=7, ge=1, le=3660)
    on_model_failure: Literal["fail", "rules"] = "fail"
    normalizer: Literal["model", "rules"] = "model"


class Schedule(Contract):
    """EventBridge Scheduler expressions (rate(...) or cron(...)), in the client's time zone; empty means none."""

    collect: str = ""
    edition: str = ""


class WatchDomain(Contract):
    """What the client watches: scopes, the profile that combines them, and how much it matters."""

    id: str
    type: Literal["technology", "regulatory", "indication"]
    priority: Literal["high", "medium", "low"] = "medium"
    enabled: bool = True
    technology_scope: str | None = None
    company_scope: str | None = None
    molecule_scope: str | None = None
    trademark_scope: str | None = None
    indication_scope: str | None = None
    technology_profile: str | None = None
    notes: Note = ""


class SourceConfig(Contract):
    """Bouquets and single sources; overrides give a source another ingestion profile for this client."""

    source_bouquets_enabled: tuple[str, ...] = ()
    sources_extra_enabled: tuple[str, ...] = ()
    ingestion_profile_overrides: dict[str, str] = Field(default_factory=dict)


class ScoringConfig(Contract):
    """The client's own weights, over the canonical ones."""

    event_type_weight_overrides: dict[str, float] = Field(default_factory=dict)
    min_score: float | None = None
    fill_min_score: float | None = None


class SectionConfig(Contract):
    """A section: which event types (empty: any) and domains (empty: any) it takes, how many, in which order."""

    id: str
    title: str
    filter_event_types: tuple[str, ...] = ()
    source_domains: tuple[str, ...] = ()
    max_items: int = Field(default=5, ge=1, le=100)
    sort_by: Literal["score_desc", "date_desc"] = "score_desc"

    @property
    def mixed(self) -> bool:
        """Whether it takes several event types, so that its title does not say an item's kind."""
        return len(self.filter_event_types) != 1


class NewsletterLayout(Contract):
    """Sections, in printing order; an item goes to the first section that takes it and has room."""

    sections: tuple[SectionConfig, ...] = Field(min_length=1)


class Selection(Contract):
    """`max_items_total` printed at most. Below `thin_below` items, weaker ones of core players between fill_min_score
    and min_score fill up (owner's rule 4), to at most `thin_below`."""

    max_items_total: int = Field(default=15, ge=1, le=200)
    thin_below: int = Field(default=3, ge=0, le=50)


class NewsletterDelivery(Contract):
    """How an edition leaves. `mode: review` holds it as a draft until approved; `auto` sends it.

    `reviewers` get each draft by mail, with links that approve or drop it.
    """

    mode: Literal["review", "auto"] = "review"
    recipients: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    from_address: str
    reply_to: str = ""
    include_intro: bool = True
    include_tldr: bool = True
    quiet_week: Literal["send", "skip"] = "send"


class Budget(Contract):
    """US dollars a month; null: no cap. `on_exceeded` is what normalize does then."""

    monthly_usd: float | None = Field(default=None, ge=0)
    on_exceeded: Literal["rules", "stop"] = "rules"


class ClientConfig(Contract):
    """A whole client file."""

    client_profile: ClientProfile
    pipeline: Pipeline = Pipeline()
    schedule: Schedule = Schedule()
    watch_domains: tuple[WatchDomain, ...] = Field(min_length=1)
    source_config: SourceConfig
    scoring_config: ScoringConfig = ScoringConfig()
    newsletter_layout: NewsletterLayout
    selection: Selection = Selection()
    newsletter_delivery: NewsletterDelivery
    budget: Budget = Budget()
    notes: Note = ""

    @property
    def client_id(self) -> str:
        return self.client_profile.client_id
